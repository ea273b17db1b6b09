"""Amazon as the edge meets it: a proxy that ends TLS for sns.<region>.amazonaws.com, with a certificate we made.

Deno is told to use the proxy and to trust our authority; nothing in the functions knows of either.
"""

import base64
import contextlib
import datetime
import json
import socket
import ssl
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.db.helpers import Row

REGION = "eu-central-1"
HOST = f"sns.{REGION}.amazonaws.com"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:mail-events"
Key = rsa.RSAPrivateKey


def certificate(
    name: str, key: Key, issuer: tuple[x509.Certificate, Key] | None = None, days: int = 30
) -> x509.Certificate:
    """A certificate for `name`, signed by `issuer` or by itself; negative `days`: it is over."""
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60)).not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )  # fmt: skip
    if issuer:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256())


def pem(made: x509.Certificate) -> bytes:
    """A certificate as text."""
    return made.public_bytes(serialization.Encoding.PEM)


class Amazon:
    """The proxy, the signing key, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.signing = pem(certificate("sns.amazonaws.com", self.key))
        authority_key, server_key = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
        authority = certificate("Test authority", authority_key)
        self.authority, server = folder / "authority.pem", folder / "server.pem"
        self.authority.write_bytes(pem(authority))
        server.write_bytes(pem(certificate(HOST, server_key, (authority, authority_key))) + server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(server)
        self.reset()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def reset(self) -> None:
        """Nothing was asked yet, and the certificate is one nobody has fetched before."""
        self.certificate = f"https://{HOST}/SimpleNotificationService-{uuid.uuid4().hex}.pem"
        self.asked: list[str] = []
        self.answers: Callable[[str], tuple[int, bytes]] = self.answer

    def environment(self) -> dict[str, str]:
        """What makes Deno come here."""
        return {"HTTPS_PROXY": f"http://127.0.0.1:{self.port}", "DENO_CERT": str(self.authority)}

    def answer(self, target: str) -> tuple[int, bytes]:
        """The certificate, a confirmed subscription, or nothing."""
        if target == urlsplit(self.certificate).path:
            return 200, self.signing
        if parse_qs(urlsplit(target).query).get("Action") == ["ConfirmSubscription"]:
            return 200, b"<ConfirmSubscriptionResponse/>"
        return 404, b""

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError), client:
            asked = client.recv(4096).split(b" ")[1].decode()
            self.asked.append(asked)
            if asked != f"{HOST}:443":
                return
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with self.context.wrap_socket(client, server_side=True) as secure:
                target = secure.recv(65536).split(b" ")[1].decode()
                self.asked.append(target)
                status, body = self.answers(target)
                secure.sendall(
                    f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body
                )

    def close(self) -> None:
        """Serve no more."""
        self.listener.close()

    def sign(self, message: Row, version: str = "2") -> bytes:
        """A message of SNS, signed: its JSON."""
        names = [
            "Message",
            "MessageId",
            *(["Subject"] if "Subject" in message else []),
            "Timestamp",
            "TopicArn",
            "Type",
        ]
        if message["Type"] != "Notification":
            names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        text = "".join(f"{name}\n{message[name]}\n" for name in names)
        hash_ = hashes.SHA256() if version == "2" else hashes.SHA1()
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hash_)
        signed = {
            "SigningCertURL": self.certificate,
            "SignatureVersion": version,
            "Signature": base64.b64encode(signature).decode(),
        }
        return json.dumps({**message, **signed}).encode()


def notification(event: str = "e", **members: str) -> Row:
    """What SNS delivers of one SES event."""
    return {"Type": "Notification", "MessageId": str(uuid.uuid5(uuid.NAMESPACE_OID, event)), "TopicArn": TOPIC,
            "Message": json.dumps({"eventType": "Delivery", "mail": {"messageId": event}}),
            "Timestamp": "2026-11-21T10:00:00.000Z", **members}  # fmt: skip


def subscription(**members: str) -> Row:
    """The question whether a topic may send here."""
    return {"Type": "SubscriptionConfirmation", "MessageId": str(uuid.uuid4()), "TopicArn": TOPIC,
            "Message": "You have chosen to subscribe", "Token": "2336412f37fb687f5d51e6e2425e929f",
            "SubscribeURL": f"https://{HOST}/?Action=ConfirmSubscription", "Timestamp": "2026-11-21T10:00:00.000Z",
            **members}  # fmt: skip


def said(body: bytes) -> object:
    """What a body says that Amazon would have to stand for: changed white space, or the case of a host, is no change."""
    try:
        message = json.loads(body)
        where = urlsplit(str(message["SigningCertURL"]))
        kept = {
            name: message.get(name) for name in ("Type", "MessageId", "TopicArn", "Message", "Timestamp", "Subject")
        }
        return kept, where.scheme.lower(), where.netloc.lower(), where.path, base64.b64decode(message["Signature"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return body
