"""WhatsApp and SMS on loopback for tests that are not asynchronous, and the accounts tenants of a room have there."""

import secrets
import uuid
from typing import Any, TypeVar

from psycopg.types.json import Jsonb

from app.secrets import Vault
from devstack.providers.pushing import PushingProvider
from devstack.providers.sms import Sms
from devstack.providers.sms.messages import Account
from devstack.providers.whatsapp import WhatsApp
from devstack.providers.whatsapp.numbers import Number
from tests.db.helpers import Tenant
from tests.support.loopback import Provided
from tests.workers.harness import Room

PUBLIC = "https://parley.example.com"
"""Where the internet reaches a room's functions, as Twilio is told and signs."""


def phone() -> str:
    """A number nobody else in the run has."""
    return f"+1555{uuid.uuid4().int % 10**7:07d}"


P = TypeVar("P", bound=PushingProvider)


class Provider(Provided[P]):
    """A provider that tells webhooks."""

    def pending(self) -> int:
        """Calls to webhooks that are still to be made."""
        return int(self.loopback.do(lambda: self.provider.pusher.pending))


class WhatsApps(Provider[WhatsApp]):
    """A Cloud API."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(WhatsApp(seed=seed))
        self._next = 106_540_352_242_000

    def connect(self, room: Room, tenant: Tenant) -> tuple[Number, uuid.UUID]:
        """A new number whose webhook is the real function, and the account of a tenant that has its token."""
        self._next += 1
        display, token, app_secret, verify = phone(), secrets.token_hex(16), secrets.token_hex(16), secrets.token_hex(8)
        session = account(room, tenant, "whatsapp", "whatsapp_cloud", display, {"phone_number_id": str(self._next)},
                          access_token=token, app_secret=app_secret, verify_token=verify)  # fmt: skip
        number: Number = self.loopback.do(
            self.provider.add_number, str(self._next), display, token=token, app_secret=app_secret
        )
        url = f"http://127.0.0.1:{room.functions_port}/functions/v1/whatsapp-webhook/{session}"
        self.loopback.run(self.provider.subscribe(number, url, verify))
        return number, session

    def write(self, number: Number, person: str, text: str | None = None, **members: Any) -> dict[str, Any]:
        """A person writes to a number."""
        said: dict[str, Any] = self.loopback.do(
            self.provider.write, number, person.lstrip("+"), text, **members
        )  # fmt: skip
        return said


class Smses(Provider[Sms]):
    """An SMS provider."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(Sms(seed=seed))

    def connect(self, room: Room, tenant: Tenant) -> tuple[Account, uuid.UUID]:
        """A new account whose number tells the real function, and the account of a tenant that has its token."""
        sid, token, number = "AC" + secrets.token_hex(16), secrets.token_hex(16), phone()
        session = account(room, tenant, "sms", "twilio", number, {"account_sid": sid}, auth_token=token)
        self.provider.pusher.reach = {PUBLIC: f"http://127.0.0.1:{room.functions_port}"}
        made: Account = self.loopback.do(
            self.provider.add_account, sid, token, number, f"{PUBLIC}/functions/v1/sms-webhook/{session}"
        )
        return made, session

    def write(self, account: Account, person: str, text: str, **members: Any) -> dict[str, Any]:
        """A person writes to a number."""
        said: dict[str, Any] = self.loopback.do(self.provider.write, account, person, text, **members)
        return said


def account(
    room: Room, tenant: Tenant, channel: str, provider: str, address: str, config: dict[str, Any], **given: str
) -> uuid.UUID:
    """A connected account with sealed secrets."""
    session: uuid.UUID = room.world.value(
        "insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, status, config)"
        " values (%s, %s, %s, 'Desk', %s, 'connected', %s) returning id",
        tenant.id, channel, provider, address, Jsonb(config),
    )  # fmt: skip
    vault = Vault(room.settings.secret_keys())
    for name, secret in given.items():
        room.world.owner.execute(
            "select private.put_channel_secret(%s, %s, %s, %s)", [tenant.id, session, name, vault.seal(secret)]
        )
    return session
