"""DKIM (RFC 6376): a mail says which domain answers for it, and nobody on the way can change it unnoticed.

Account: config `{"dkim": {"domain", "selector"}}` and secret `dkim_private_key`; `parley dkim` makes both. Signed
relaxed/relaxed with RSA, From twice, so that no second From can be added.
"""

import base64
import re
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2048
_SIGNED = (
    b"from", b"from", b"to", b"subject", b"date", b"message-id", b"in-reply-to", b"references", b"reply-to",
    b"mime-version", b"content-type", b"content-transfer-encoding", b"auto-submitted", b"list-unsubscribe",
    b"list-unsubscribe-post",
)  # fmt: skip
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)*")


class DkimError(ValueError):
    """The account's key or settings cannot sign this mail."""


def sign(content: bytes, sender: str, config: Any, secrets: dict[str, str]) -> bytes:
    """The mail with its signature in front; as it is for an account without a key. Raises DkimError."""
    key = secrets.get("dkim_private_key")
    if not key:
        return content
    given = config if isinstance(config, dict) else {}
    sent_from = sender.rpartition("@")[2]
    domain, selector = str(given.get("domain") or sent_from), str(given.get("selector") or "parley")
    if not _LABEL.fullmatch(domain) or not _LABEL.fullmatch(selector):
        raise DkimError("config.dkim names no domain or selector")
    if sent_from != domain and not sent_from.endswith("." + domain):
        # Such a signature would count for nothing: DMARC wants it to speak for the From address.
        raise DkimError(f"the key is for {domain}, the mail is from {sent_from}")
    # Imported here: the library brings a DNS client along, which every worker would pay for at its start.
    import dkim

    try:
        signature = dkim.sign(
            content, selector.encode(), domain.encode(), key.encode(), canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name for name in _SIGNED if name == b"from" or _has(content, name)],
        )  # fmt: skip
    except (dkim.DKIMException, ValueError) as error:
        raise DkimError(f"the DKIM key cannot sign: {type(error).__name__}") from None
    return bytes(signature) + content


def new_key() -> str:
    """A new private key, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()


def dns_record(private_key: str) -> str:
    """The TXT record that proves a key: what to publish at `<selector>._domainkey.<domain>`."""
    key = serialization.load_pem_private_key(private_key.encode(), None)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def _has(content: bytes, name: bytes) -> bool:
    head = content[: content.find(b"\r\n\r\n") + 2]
    return re.search(rb"(?im)^" + re.escape(name) + rb"[ \t]*:", head) is not None
