"""Host names: which ends of words are domains at all. From the public suffix list that tldextract ships; nothing is fetched."""

import re
from functools import cache, lru_cache

import tldextract

PROVIDERS = {
    "gmail": "com", "googlemail": "com", "yahoo": "com", "ymail": "com", "hotmail": "com", "outlook": "com", "live": "com",
    "msn": "com", "icloud": "com", "aol": "com", "protonmail": "com", "proton": "me", "gmx": "com", "zoho": "com",
    "comcast": "net", "verizon": "net", "sbcglobal": "net", "yandex": "ru", "rocketmail": "com", "fastmail": "com",
    "tutanota": "com", "hey": "com", "att": "net", "bellsouth": "net", "charter": "net", "btinternet": "com",
}  # fmt: skip
"""Names that say e-mail by themselves, and the ending that is meant when none is written."""
SURE_PROVIDERS = frozenset(PROVIDERS) - {"live", "hey", "att", "charter", "proton", "verizon", "comcast", "msn"}

COMMON = frozenset(
    "com net org info biz io co us uk ca de fr es it nl be ch at se dk pl pt ie au nz br mx ru cn jp in eu app dev shop "
    "site online store xyz ai tv cc ly gl gg ee fi cz hu gov edu mil pro tech cloud design agency services homes house "
    "construction contractors plumbing solar repair email chat link live page web club ltd llc inc company group".split()
)
"""Endings believed behind a bare name (`name.shop`)."""
WORDS_TOO = frozenset("in it is at be me to so no us my as am do id st pro page live link shop store online site house homes web design solar repair group company club inc email chat construction plumbing contractors services cloud tech tv cc co de es ca".split())  # fmt: skip
"""Endings that are words as well: `fine.in the morning` is no address."""

LABELS = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}[a-z]{2,24}")


@cache
def _extractor() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)


@lru_cache(maxsize=4096)
def registered(host: str) -> str:
    """The registered domain of a host name (`a.b.co.uk` → `b.co.uk`), or '' when its ending is none."""
    if not LABELS.fullmatch(host):
        return ""
    parts = _extractor().extract_str(host)
    return parts.top_domain_under_public_suffix


def is_within(host: str, domains: frozenset[str]) -> bool:
    """Whether a host is one of `domains` or below one."""
    labels = host.split(".")
    return any(".".join(labels[start:]) in domains for start in range(len(labels) - 1))
