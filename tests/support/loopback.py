"""Providers on loopback for tests that are not asynchronous: one thread, one loop, orders from outside."""

import json
import uuid
from collections.abc import Callable
from typing import Any, Generic, Protocol, Self, TypeVar

from app.secrets import Vault
from devstack.providers.faults import Faults
from devstack.providers.telegram import Telegram
from devstack.providers.telegram.bots import Bot, Limits
from tests.db.helpers import Row, Tenant
from tests.support.threaded import InThread
from tests.workers.harness import Room


class Serving(Protocol):
    """What can be served on a port."""

    def serving(self, port: int = 0) -> Any:
        """An async context manager that yields a base URL."""


class Breakable(Serving, Protocol):
    """What also has faults, and remembers what it delivered."""

    faults: Faults

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """In order."""


P = TypeVar("P", bound=Breakable)


class Loopback(InThread):
    """Serves a provider in a thread while the `with` block lasts; `url` is where."""

    def __init__(self, provider: Serving) -> None:
        super().__init__()
        self._serving = provider.serving()
        self.url = ""

    async def listen(self) -> None:
        """Serve on any free port."""
        self.url = await self._serving.__aenter__()

    async def stop_listening(self) -> None:
        """Hang up."""
        await self._serving.__aexit__(None, None, None)

    def do(self, order: Callable[..., Any], *arguments: Any, **members: Any) -> Any:
        """Call `order` in the provider's thread and give back what it says."""

        async def called() -> Any:
            return order(*arguments, **members)

        return self.run(called())


class Provided(Generic[P]):
    """A provider in a thread while the `with` block lasts; `url` is where."""

    def __init__(self, provider: P) -> None:
        self.provider = provider
        self.loopback = Loopback(provider)

    def __enter__(self) -> Self:
        self.loopback.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.loopback.__exit__()

    @property
    def url(self) -> str:
        """Where its API is."""
        return self.loopback.url

    def order(self, kind: str, **options: Any) -> Any:
        """A fault from now on."""
        return self.loopback.do(self.provider.faults.order, kind, **options)

    def delivered(self) -> list[dict[str, Any]]:
        """What people got, in order."""
        return list(self.loopback.do(list, self.provider.deliveries))


class Telegrams(Provided[Telegram]):
    """A Bot API, its bots, and the accounts that tenants of a room have with them."""

    def __init__(self, limits: Limits | None = None, seed: int = 0) -> None:
        super().__init__(Telegram(limits, seed=seed))
        self._next = 700_100

    def connect(self, room: Room, tenant: Tenant, **config: Any) -> tuple[Bot, uuid.UUID]:
        """A new bot and the account of a tenant that has its token."""
        self._next += 1
        token = f"{self._next}:AA{uuid.uuid4().hex}"
        bot: Bot = self.loopback.do(self.provider.add_bot, token, f"bot{self._next}")
        room.world.providers["telegram"] = "telegram"
        session = room.world.session(tenant.id, "telegram", str(bot.id), verified=False)
        room.world.owner.execute(
            "update public.et_channel_sessions set status = 'pending', config = %s::jsonb where id = %s",
            [json.dumps(config), session],
        )
        self.set_token(room, tenant, session, token)
        return bot, session

    def set_token(self, room: Room, tenant: Tenant, session: uuid.UUID, token: str) -> None:
        """The secret `token` of an account, sealed."""
        room.world.owner.execute(
            "insert into private.channel_secrets (tenant_id, session_id, name, ciphertext) values (%s, %s, 'token', %s)"
            " on conflict (tenant_id, session_id, name) do update set ciphertext = excluded.ciphertext",
            [tenant.id, session, Vault(room.settings.secret_keys()).seal(token)],
        )

    def write(self, bot: Bot, person: int, text: str | None = None, **members: Any) -> dict[str, Any]:
        """A person writes to a bot."""
        said: dict[str, Any] = self.loopback.do(self.provider.write, bot.token, person, text, **members)
        return said

    def delivered(self) -> list[dict[str, Any]]:
        """The messages people got."""
        return [one["message"] for one in super().delivered()]


def account(room: Room, session: uuid.UUID) -> Row:
    """A channel session as it is now."""
    return room.world.one("select * from public.et_channel_sessions where id = %s", session)


def stored(room: Room, session: uuid.UUID) -> list[Row]:
    """The inbound messages of an account, in the order of their ids on the channel."""
    return room.world.all(
        "select * from public.et_messages where channel_session_id = %s and direction = 'inbound'"
        " order by split_part(external_message_id, ':', 2)::bigint, split_part(external_message_id, ':', 3)::bigint",
        session,
    )
