"""A file from its upload to the people it is for, on every channel that carries files."""

import base64
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cryptography.fernet import Fernet
from psycopg.types.json import Jsonb

from app.channels.email.resend import ResendAdapter
from app.channels.sms.twilio import TwilioAdapter
from app.channels.telegram.adapter import TelegramAdapter
from app.channels.whatsapp.cloud import CloudAdapter
from app.domain.channels import Adapter
from app.domain.work import Claim
from app.secrets import Vault
from devstack.providers.sms import Sms
from devstack.providers.telegram import Telegram
from devstack.providers.whatsapp import WhatsApp
from tests.channels.email.mail_apis import KEY, Resend, serve
from tests.db.helpers import Tenant, World
from tests.support.database import Database
from workers.loop import open_pool
from workers.outbound import OutboundHandler

PUBLIC = "https://parley.example.com"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
BOT = "700001:AAtestTESTtestTESTtestTESTtestTESTte"


class Way(ABC):
    """A provider with one account of ours: how the account is set up, whom we write to, and what they got."""

    channel = address = person = ""
    config: dict[str, Any]
    secrets: dict[str, str]
    adapter: Adapter

    @abstractmethod
    def got(self) -> list[bytes]:
        """The bytes of every file that arrived."""


class ByTelegram(Way):
    """A bot somebody wrote to."""

    channel, address, person = "telegram", "700001", "4242"
    config, secrets = {}, {"token": BOT}

    def __init__(self, provider: Telegram, url: str) -> None:
        self.provider, self.adapter = provider, TelegramAdapter(url, max_attachment_bytes=1)
        self.bot = provider.add_bot(BOT)
        provider.write(BOT, int(self.person), "Hello")

    def got(self) -> list[bytes]:
        """Of the album."""
        return [self.bot.files[one["message"]["photo"][-1]["file_id"]][1] for one in self.provider.deliveries]


class ByWhatsApp(Way):
    """A number of the Cloud API."""

    channel, address, person = "whatsapp", "+15550783881", "+16505551234"
    config, secrets = {"phone_number_id": "106540352242922"}, {"access_token": "EAAtest", "app_secret": "shh"}

    def __init__(self, provider: WhatsApp, url: str) -> None:
        self.provider, self.adapter = provider, CloudAdapter(url, max_attachment_bytes=1)
        number = provider.add_number("106540352242922", self.address, token="EAAtest", app_secret="shh")
        provider.write(number, self.person[1:], "Hello")

    def got(self) -> list[bytes]:
        """Of the picture."""
        return [self.provider.files.held[one["message"]["image"]["id"]].data for one in self.provider.deliveries]


class ByMail(Way):
    """An account at a mail provider with an HTTP API."""

    channel, address, person = "email", "", "ann@people.test"
    config, secrets = {}, {"api_key": KEY}

    def __init__(self, api: Any) -> None:
        self.api, self.adapter = api, ResendAdapter(f"http://127.0.0.1:{api.port}")

    def got(self) -> list[bytes]:
        """Of the mail."""
        return [base64.b64decode(file["content"]) for mail in self.api.mails for file in mail["attachments"]]


class ByMms(Way):
    """A number of a provider that fetches files from us."""

    channel, address, person = "sms", "+15550783881", "+16505551234"
    config, secrets = {"account_sid": "AC" + "a1" * 16}, {"auth_token": "testTESTtest"}

    def __init__(self, provider: Sms, url: str, world: World) -> None:
        self.provider, self.world = provider, world
        self.adapter = TwilioAdapter(url, public_url=PUBLIC, max_attachment_bytes=1)
        provider.add_account("AC" + "a1" * 16, "testTESTtest", self.address)

    def got(self) -> list[bytes]:
        """What its edge answers at the addresses in the message."""
        ids = [
            one.removeprefix(f"{PUBLIC}/functions/v1/media/")
            for sent in self.provider.deliveries
            for one in sent["media"]
        ]
        rows = [self.world.ingress.execute("select data from private.linked_file(%s)", [one]).fetchone() for one in ids]
        return [bytes(row["data"]) for row in rows if row]


@asynccontextmanager
async def way(channel: str, world: World) -> AsyncIterator[Way]:
    """A channel with its provider on loopback."""
    if channel == "email":
        with serve(Resend()) as api:
            yield ByMail(api)
        return
    provider: Any = {"telegram": Telegram, "whatsapp": WhatsApp, "sms": Sms}[channel]()
    async with provider.serving() as url:
        if channel == "sms":
            yield ByMms(provider, url, world)
        else:
            yield ByTelegram(provider, url) if channel == "telegram" else ByWhatsApp(provider, url)


def open_account(world: World, tenant: Tenant, over: Way, vault: Vault) -> Any:
    """The account of a way, and a thread in which its person has written to it."""
    world.providers[over.channel] = over.adapter.capabilities.provider
    address = over.address or tenant.mailbox
    session = tenant.session if over.channel == "email" else world.session(tenant.id, over.channel, address)
    world.owner.execute(
        "update public.et_channel_sessions set config = %s, provider = %s where id = %s",
        [Jsonb(over.config), over.adapter.capabilities.provider, session],
    )
    for name, value in over.secrets.items():
        world.owner.execute("insert into private.channel_secrets (tenant_id, session_id, name, ciphertext)"
                            " values (%s, %s, %s, %s)", [tenant.id, session, name, vault.seal(value)])  # fmt: skip
    return world.arrive(tenant, over.person, channel=over.channel, channel_session_id=session)["thread_id"]


@pytest.mark.parametrize("channel", ["email", "telegram", "whatsapp", "sms"])
async def test_an_uploaded_file_arrives(world: World, module_database: Database, channel: str) -> None:
    """Upload, send, route: the provider got the bytes, as many files as it takes, and the row says sent."""
    settings = module_database.settings(secrets_keys=Fernet.generate_key().decode(), public_url=PUBLIC)
    tenant, pool = world.tenant("agent"), open_pool(settings, "test")
    agent = tenant.people["agent"]
    async with way(channel, world) as over:
        await pool.open()
        handler = OutboundHandler(settings, {over.adapter.capabilities.provider: over.adapter})
        thread = open_account(world, tenant, over, Vault(settings.secret_keys()))
        sizes = [PNG, PNG + b"2"][: over.adapter.capabilities.max_attachments]
        files = [world.upload(tenant, agent, data, "boiler.png", "image/png")["attachment_id"] for data in sizes]
        sent = world.rpc(agent, tenant, "send_message(p_thread_id => %s, p_body => 'Look', p_attachments => %s)",
                         thread, files)  # fmt: skip
        async with pool.connection() as connection:
            (job,) = await handler.claim(connection, Claim(worker="test", limit=5))
        assert await handler.handle(pool, job) == "sent"
        assert over.got() == sizes
        await handler.close()
        await pool.close()
    assert world.status(sent["message_id"]) == "sent" and world.violations(tenant) == {}
