"""The Auth room in a thread of the tests, on a real database, with a real mail catcher beside it."""

import dataclasses
import email
import email.policy
import re
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from aiosmtpd.smtp import SMTP
from supabase.lib.client_options import AsyncClientOptions

from app.settings import Settings
from devstack.catcher import Catcher
from devstack.keys import LOGINS, ensure_keys
from devstack.surface.auth import config
from devstack.surface.auth.room import Room
from devstack.surface.context import Context, make_context
from devstack.surface.cors import Cors
from devstack.surface.main import Surface
from supabase import AsyncClient, Client, ClientOptions, acreate_client, create_client
from tests.support.database import Database
from tests.support.threaded import InThread
from tests.support.web import Web, a_listener

GOOD = "correct horse battery"
ANOTHER = "staple of another horse"
NOBODY = "6f1d9a06-6b6c-4a35-9c0e-0f3f0f2b9f11"


class MailServer(InThread):
    """The stack's own catcher."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.catcher = Catcher(folder)

    async def listen(self) -> None:
        """Listen on any free port."""
        self.server = await self.loop.create_server(lambda: SMTP(self.catcher, loop=self.loop), "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop_listening(self) -> None:
        """Hang up."""
        self.server.close()


@dataclasses.dataclass(frozen=True)
class Mail:
    """A mail of Auth, taken apart."""

    subject: str
    text: str

    @property
    def code(self) -> str:
        """The code in it."""
        return re.findall(r"code: (\d+)", self.text)[0]

    @property
    def link(self) -> str:
        """The link in it."""
        return re.findall(r"http\S+", self.text)[0]

    @property
    def token(self) -> str:
        """What the link carries."""
        return parse_qs(urlsplit(self.link).query)["token"][0]


@dataclasses.dataclass(frozen=True)
class Local:
    """The running room and what tests need to know of it."""

    url: str
    database: Database
    context: Context
    keys: dict[str, str]
    mailbox: Path
    room: Room

    @property
    def config(self) -> config.Config:
        """The settings in force."""
        return self.room._auth.config

    def client(self, key: str = "", **options: Any) -> Client:
        """supabase-py, with the key a browser has or another one."""
        said = {"flow_type": "implicit", "auto_refresh_token": False, **options}
        return create_client(self.url, key or self.keys["publishable_key"], ClientOptions(**said))

    async def async_client(self, **options: Any) -> AsyncClient:
        """The asynchronous one."""
        said = {"flow_type": "implicit", "auto_refresh_token": False, **options}
        return await acreate_client(self.url, self.keys["publishable_key"], AsyncClientOptions(**said))

    def admin(self) -> Client:
        """supabase-py with the key only a server has."""
        return self.client(self.keys["secret_key"], persist_session=False)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request below `/auth/v1`, with the publishable key unless `apikey` says otherwise; no redirect is
        followed."""
        headers = {"apikey": self.keys["publishable_key"], **{k.replace("_", "-"): v for k, v in headers.items()}}
        return httpx.request(method, f"{self.url}/auth/v1{path}", json=body, headers=headers, follow_redirects=False)

    def as_user(self, token: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request with a user's token."""
        return self.ask(method, path, body, authorization=f"Bearer {token}")

    def person(self, password: str = GOOD, **fields: Any) -> str:
        """A new, confirmed user's address."""
        address = new_address()
        self.admin().auth.admin.create_user({"email": address, "password": password, "email_confirm": True, **fields})
        return address

    def signed_in(self, address: str = "", password: str = GOOD) -> Client:
        """A client in which a (new) user is signed in."""
        client = self.client()
        client.auth.sign_in_with_password({"email": address or self.person(), "password": password})
        return client

    def mails(self, address: str) -> list[Mail]:
        """What `address` was sent, the oldest first."""
        found = []
        for path in sorted((self.mailbox / "new").iterdir()):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            if message["X-Parley-Envelope-To"] == address:
                body = message.get_body(("plain",))
                assert body is not None
                found.append(Mail(str(message["Subject"]), body.get_content()))
        return found

    def mail(self, address: str) -> Mail:
        """The last of them."""
        return self.mails(address)[-1]

    def execute(self, query: str, *arguments: Any) -> list[Any]:
        """Run SQL as the superuser."""
        with self.database.connect("admin") as connection:
            cursor = connection.execute(query, arguments or None)
            return cursor.fetchall() if cursor.description else []


def new_address() -> str:
    """An address nobody has."""
    return f"{uuid.uuid4().hex[:12]}@example.com"


def fragment(response: httpx.Response) -> dict[str, str]:
    """What the fragment of a redirect says."""
    assert response.status_code == 303, response.text
    parts = parse_qs(urlsplit(response.headers["location"]).fragment, keep_blank_values=True)
    return {name: values[0] for name, values in parts.items()}


def query(response: httpx.Response) -> dict[str, str]:
    """What the query of a redirect says."""
    assert response.status_code == 303, response.text
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}


@contextmanager
def serving(database: Database, folder: Path, **changes: Any) -> Iterator[Local]:
    """The room on `database`. `changes` are settings other than those of `supabase/config.toml`; unless they say so,
    hashing is cheap and nobody is slowed down."""
    calm = {"bcrypt_cost": 4, "max_frequency_s": 0.0, "failed_logins": 10_000, "failed_verifications": 10_000,
            "sign_ups": 10_000, "anonymous_sign_ins": 10_000}  # fmt: skip
    with ExitStack() as stack:
        mail_server = stack.enter_context(MailServer(folder / "mail"))
        listener = stack.enter_context(a_listener())
        port = listener.getsockname()[1]
        settings = Settings(
            database_url=database.url(), supabase_port=port, supabase_url=f"http://127.0.0.1:{port}", home=str(folder),
            catcher_port=mail_server.port,
        )  # fmt: skip
        keys = ensure_keys(folder)
        keys |= {member: database.cluster.passwords[role] for role, member in LOGINS.values()}
        context = make_context(settings, keys)
        room = Room(context, dataclasses.replace(config.read(), **{**calm, **changes}))
        stack.enter_context(Web(Cors(Surface({"/auth/v1": room})), listener))
        yield Local(context.url, database, context, keys, folder / "mail", room)
