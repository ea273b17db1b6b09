"""Accounts to try at providers of this machine, one for every way out there is, and what arrives there."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

from psycopg.types.json import Jsonb

from devstack.providers.http import Request, Response, Server
from devstack.providers.sms import Sms
from devstack.providers.telegram import Telegram
from devstack.providers.whatsapp import WhatsApp
from tests.channels.email.mail_apis import KEY, Api, Resend, SparkPost, serve
from tests.channels.email.smtp_servers import Script, smtp_server
from tests.channels.form.site import site
from tests.channels.push.apple import BUNDLE, apple
from tests.channels.push.apple import PHONE as IPHONE
from tests.channels.push.firebase import PHONE as ANDROID
from tests.channels.push.firebase import PROJECT, firebase
from tests.channels.push.service import push_service
from tests.db.helpers import Row, Tenant, World
from tests.workers.routing import Routing

TEMPLATE = {"name": "trial", "language": "en_US", "variables": ["today"]}
DESK, PERSON = "+15550783881", "+16505551234"


@dataclass
class Trial:
    """An account at a provider of this machine, whom to try it on, and what arrived there."""

    channel: str
    to: str
    got: Callable[[], list[str]]
    address: str = DESK
    config: Row = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    settings: Row = field(default_factory=dict)
    template: Row | None = None
    ends: str = "sent"


@contextlib.asynccontextmanager
async def smtp() -> AsyncIterator[Trial]:
    """A mail server."""
    script = Script()
    async with smtp_server(script) as port:
        yield Trial(
            "email", "me@admin.test", lambda: [read(mail) for mail in script.mails], "desk@acme.test",
            {"smtp": {"host": "127.0.0.1", "port": port, "tls": "none"}},
        )  # fmt: skip


def read(mail: bytes) -> str:
    """The text of a mail."""
    body = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@contextlib.asynccontextmanager
async def over_http(api: Api, provider: str) -> AsyncIterator[Trial]:
    """An e-mail provider's API."""
    with serve(api):
        yield Trial(
            "email", "me@admin.test", lambda: [json.dumps(mail) for mail in api.mails], "desk@acme.test",
            secrets={"api_key": KEY}, settings={f"{provider}_url": f"http://127.0.0.1:{api.port}"},
        )  # fmt: skip


@contextlib.asynccontextmanager
async def twilio() -> AsyncIterator[Trial]:
    """An SMS provider."""
    provider, sid = Sms(), "AC" + "a1" * 16
    async with provider.serving() as url:
        provider.add_account(sid, "token", DESK)
        yield Trial("sms", PERSON, lambda: [str(one) for one in provider.deliveries], DESK, {"account_sid": sid},
                    {"auth_token": "token"}, {"twilio_url": url})  # fmt: skip


@contextlib.asynccontextmanager
async def telegram() -> AsyncIterator[Trial]:
    """A bot the admin has started: Telegram lets no bot write first."""
    provider, token = Telegram(), "700001:AAtestTESTtestTESTtestTESTtestTESTte"
    async with provider.serving() as url:
        provider.add_bot(token)
        provider.write(token, 4242, "/start")
        yield Trial("telegram", "4242", lambda: [one["message"]["text"] for one in provider.deliveries], "700001",
                    secrets={"token": token}, settings={"telegram_url": url})  # fmt: skip


@contextlib.asynccontextmanager
async def whatsapp_cloud() -> AsyncIterator[Trial]:
    """A number nobody has written to: only a template gets through."""
    provider = WhatsApp()
    async with provider.serving() as url:
        number = provider.add_number("106540352242922", DESK, token="access", app_secret="shh")
        number.approve("trial", "en_US", "Hello {{1}}")
        yield Trial(
            "whatsapp", PERSON, lambda: [one["message"]["template"]["name"] for one in provider.deliveries], DESK,
            {"phone_number_id": number.id}, {"access_token": "access", "app_secret": "shh"}, {"whatsapp_url": url},
            TEMPLATE,
        )  # fmt: skip


@contextlib.asynccontextmanager
async def baileys() -> AsyncIterator[Trial]:
    """A bridge that takes what it is asked to send."""
    asked: list[Row] = []

    async def send(request: Request) -> Response:
        asked.append(json.loads(request.body))
        return Response(body=b'{"kind": "accepted"}')

    async with Server(send) as server:
        url = f"http://127.0.0.1:{server.port}"
        yield Trial("whatsapp", PERSON, lambda: [one["body"] for one in asked], settings={"baileys_url": url})


@contextlib.asynccontextmanager
async def webpush() -> AsyncIterator[Trial]:
    """The admin's browser."""
    async with push_service() as browser:
        yield Trial("push", browser.address, lambda: [shown["body"] for _, shown in browser.got], "our-app")


@contextlib.asynccontextmanager
async def fcm() -> AsyncIterator[Trial]:
    """The admin's Android phone."""
    async with firebase() as google:
        yield Trial(
            "push", f"fcm:{PROJECT}/{ANDROID}", lambda: [one["notification"]["body"] for one in google.got], PROJECT,
            secrets={"service_account": google.service_account},
            settings={"fcm_url": google.url, "fcm_oauth_url": google.oauth_url},
        )  # fmt: skip


@contextlib.asynccontextmanager
async def apns() -> AsyncIterator[Trial]:
    """The admin's iPhone."""
    async with apple() as service:
        yield Trial(
            "push", f"apns:{BUNDLE}/{IPHONE}", lambda: [shown["aps"]["alert"]["body"] for _, shown in service.got],
            BUNDLE, service.config, {"key": service.pem}, {"apns_url": service.url},
        )  # fmt: skip


@contextlib.asynccontextmanager
async def webform() -> AsyncIterator[Trial]:
    """A page with a form."""
    with site() as page:
        yield Trial("form", f"{page.url}/api", lambda: [fields["message"] for _, _, fields in page.submitted], "forms",
                    {"values": {"email": "desk@acme.test"}})  # fmt: skip


@contextlib.asynccontextmanager
async def phone() -> AsyncIterator[Trial]:
    """The admin's telephone: somebody is asked to call him."""
    yield Trial("phone", PERSON, list, ends="queued")


@contextlib.asynccontextmanager
async def in_app() -> AsyncIterator[Trial]:
    """The app: the row is the delivery."""
    yield Trial("in_app", "user-1", list, "app")


TRIALS: dict[str, Callable[[], contextlib.AbstractAsyncContextManager[Trial]]] = {
    "smtp": smtp, "imap": smtp, "resend": lambda: over_http(Resend(), "resend"), "twilio": twilio, "telegram": telegram,
    "sparkpost": lambda: over_http(SparkPost(), "sparkpost"), "whatsapp_cloud": whatsapp_cloud, "baileys": baileys,
    "webpush": webpush, "fcm": fcm, "apns": apns, "webform": webform, "phone": phone, "in_app": in_app,
}  # fmt: skip


def connect(world: World, router: Routing, tenant: Tenant, provider: str, trial: Trial) -> Any:
    """The owner connects the account and gives its secrets."""
    owner = tenant.people["owner"]
    made = world.rpc(owner, tenant, "create_channel_session(%s, %s, 'Desk', %s, %s)", trial.channel, provider,
                     trial.address, Jsonb(trial.config))  # fmt: skip
    for name, secret in trial.secrets.items():
        world.owner.execute("select private.put_channel_secret(%s, %s, %s, %s)",
                            [tenant.id, made["session_id"], name, router.handler.vault.seal(secret)])  # fmt: skip
    return made["session_id"]
