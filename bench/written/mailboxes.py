"""Mailboxes written so that a filter does not see them and a person does."""

import random
from collections.abc import Callable, Sequence

from bench.written.case import Case

_LOCALS = [
    "jo.smith",
    "maria77",
    "acme_pl",
    "kitchen.pro",
    "bobby-t",
    "dkowalski",
    "thebuilder",
    "mike.r.jones",
    "info",
    "s.perez1980",
    "handyman_joe",
    "luxtile",
    "annab",
    "contact",
    "rob",
    "k8lynn",
    "office",
    "paul.van.dyk",
    "j_o",
    "roofguy2024",
]
_HOSTS = [
    "gmail.com",
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "aol.com",
    "protonmail.com",
    "acme-build.net",
    "smithroofing.com",
    "web.de",
    "gmx.de",
    "yahoo.co.uk",
    "orange.fr",
    "bigpond.com",
    "kitchens4u.org",
    "mydomain.io",
    "libero.it",
]
_PROVIDERS = ("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com")
_SAID = (
    "{}",
    "email me {}",
    "my email is {}",
    "write to {} please",
    "send the plans to {} thanks",
    "reach me: {}",
    "contact {} for a quote",
    "you can drop the photos at my mail, {}",
    "I prefer email ({})",
    "{} works best",
    "mail: {}",
    "hit me up on {}",
    "it's {} ok?",
    "Shoot me a note at {} and we talk price",
)

_MARKS: dict[str, tuple[str, str]] = {
    "spoken": (" at ", " dot "),
    "shouted": (" AT ", " DOT "),
    "round": ("(at)", "(dot)"),
    "square": (" [at] ", " [dot] "),
    "curly": ("{at}", "{dot}"),
    "angle": ("<at>", "<dot>"),
    "spaced signs": (" @ ", " . "),
    "at only": (" at ", "."),
    "round at": ("(at)", "."),
    "round sign": ("(@)", "."),
    "dot only": ("@", " dot "),
    "dot round": ("@", "(dot)"),
    "dot square": ("@", "[.]"),
    "dashes": (" -at- ", " -dot- "),
    "stars": (" *at* ", " *dot* "),
    "zero width": ("@\u200b", "."),
    "full width": ("\uff20", "\uff0e"),
    "small at": ("\ufe6b", "."),
    "comma": ("@", ","),
    "spaces around": (" @", " ."),
    "spanish": (" arroba ", " punto "),
    "french": (" arobase ", " point "),
    "german": (" ät ", " punkt "),
    "at sign": (" at sign ", " dot "),
    "leet": (" at ", " d0t "),
    "(a)": ("(a)", "."),
    "glued": ("AT", "DOT"),
    "percent": ("%40", "."),
    "entity": ("&#64;", "&#46;"),
    "circled": (" ⓐ ", " . "),
    "quoted": (' "at" ', ' "dot" '),
    "slashes": (" /at/ ", " /dot/ "),
    "symbols": (" (at symbol) ", " (dot) "),
    "newline": ("@\n", "."),
    "portuguese": (" arroba ", " ponto "),
    "italian": (" chiocciola ", " punto "),
    "et": (" [et] ", " [punkt] "),
    "pipes": (" |at| ", " |dot| "),
    "late square signs": ("[@]", "[.]"),
    "late pluses": ("+at+", "+dot+"),
    "late waves": (" ~ at ~ ", " ~ dot ~ "),
    "late bullet": ("(AT)", "•"),
    "late shouted at": ("AT", "."),
    "late said": (", then @, then ", "."),
    "late equals": ("=at=", "=dot="),
    "late commas": (", at, ", ", dot, "),
    "late russian": (" собака ", " точка "),
    "late polish": (" małpa ", " kropka "),
    "late triple": ("@@", ".."),
    "late colons": (" :at: ", " :dot: "),
    "late long": (" (that at thing) ", " (dot) "),
    "late hex": ("&#x40;", "&#x2e;"),
    "late arrow": (" @-> ", "."),
}
"""What stands for the sign and for each dot of the domain."""


def _marked(local: str, host: str, style: str) -> str:
    sign, dot = _MARKS[style]
    return local + sign + host.replace(".", dot)


def _math(text: str) -> str:
    return "".join(chr(0x1D5BA + ord(char) - 97) if "a" <= char <= "z" else char for char in text)


_OTHERS: dict[str, Callable[[str, str], str]] = {
    "all spoken": lambda local, host: _marked(
        local.replace(".", " dot ").replace("_", " underscore ").replace("-", " dash "), host, "spoken"
    ),
    "underscores": lambda local, host: f"{local}_at_{host.replace('.', '_dot_')}",
    "spaces": lambda local, host: f"{' '.join(local)} @ {' '.join(host)}",
    "look-alikes": lambda local, host: f"{local}@{host}".replace("a", "а").replace("o", "о").replace("e", "е"),
    "removed": lambda local, host: f"{local}@NOSPAM{host}",
    "removed before": lambda local, host: f"{local}@{host.partition('.')[0]}.REMOVETHIS.{host.partition('.')[2]}",
    "mailto": lambda local, host: f"mailto:{local}@{host}",
    "math": lambda local, host: _math(f"{local}@{host}"),
    "no dot": lambda local, host: f"{local} at {host.replace('.', ' ')}",
    "provider": lambda local, host: f"{local} at {host.partition('.')[0]}",
    "its on": lambda local, host: f"{host.partition('.')[0]}: {local}",
    "dot com word": lambda local, host: f"{local}@{host.replace('.', 'dot')}",
    "late struck": lambda local, host: "".join(char + "\u0336" for char in f"{local}@{host}"),
    "late apart": lambda local, host: (
        f"{' '.join(local)} at {' '.join(host.partition('.')[0])} dot {host.partition('.')[2]}"
    ),
    "late explained": lambda local, host: f"{local} @ {host} (no spaces)",
    "late two lines": lambda local, host: f"{local}\n@{host}",
    "late user": lambda local, host: f"user {local} domain {host}",
    "late is at": lambda local, host: f"the name is {local} and it is at {host.replace('.', ' dot ')}",
    "late on": lambda local, host: f"{local} on {host.partition('.')[0]}",
}
_PROVIDER_ONLY = frozenset(("no dot", "provider", "its on", "late on"))

LATE_MAILS = tuple(sorted(name for name in (*_MARKS, *_OTHERS) if name.startswith("late")))
"""Ways that were written down when the detectors were done."""
MAILS = tuple(sorted({*_MARKS, *_OTHERS} - set(LATE_MAILS)))


def hidden_mail(dice: random.Random, styles: Sequence[str] = MAILS) -> Case:
    """A mailbox in a sentence, written in one of the ways."""
    style = dice.choice(styles)
    local = dice.choice(_LOCALS)
    host = dice.choice(_PROVIDERS if style in _PROVIDER_ONLY else _HOSTS)
    if style == "underscores":
        local = local.replace("_", "")
    text = _OTHERS[style](local, host) if style in _OTHERS else _marked(local, host, style)
    return Case(dice.choice(_SAID).format(text), "email", f"{local}@{host}", "US", style)
