"""Users and their identities: rows of `auth.users` and `auth.identities`, and their JSON as hosted writes it."""

import re
import uuid
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncCursor, sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from devstack.surface.auth.problems import invalid
from devstack.surface.database import Connection

NO_INSTANCE = uuid.UUID(int=0)
AUDIENCE = "authenticated"
_EMAIL = re.compile(r"[^\s@\x00-\x1f\"(),:;<>\[\\\]]+@[a-z0-9-]+(\.[a-z0-9-]+)*", re.IGNORECASE)


@dataclass(frozen=True)
class User:
    """A row of `auth.users`, with the user's identities and factors as JSON."""

    id: uuid.UUID
    aud: str
    role: str
    email: str
    phone: str
    encrypted_password: str
    email_confirmed_at: datetime | None
    phone_confirmed_at: datetime | None
    confirmed_at: datetime | None
    invited_at: datetime | None
    confirmation_sent_at: datetime | None
    recovery_sent_at: datetime | None
    email_change: str
    email_change_sent_at: datetime | None
    email_change_confirm_status: int
    reauthentication_sent_at: datetime | None
    last_sign_in_at: datetime | None
    raw_app_meta_data: dict[str, Any]
    raw_user_meta_data: dict[str, Any]
    created_at: datetime | None
    updated_at: datetime | None
    banned_until: datetime | None
    deleted_at: datetime | None
    is_anonymous: bool
    identities: list[dict[str, Any]]
    factors: list[dict[str, Any]]

    @property
    def is_confirmed(self) -> bool:
        """Whether the e-mail address is known to be the user's."""
        return self.email_confirmed_at is not None

    @property
    def is_banned(self) -> bool:
        """Whether the user is kept out at the moment."""
        return self.banned_until is not None and self.banned_until > datetime.now(UTC)

    def to_json(self) -> dict[str, Any]:
        """The user object of every answer. Times that are not set are left out, as hosted does."""
        times = {
            "email_confirmed_at": self.email_confirmed_at, "phone_confirmed_at": self.phone_confirmed_at,
            "confirmed_at": self.confirmed_at, "invited_at": self.invited_at,
            "confirmation_sent_at": self.confirmation_sent_at, "recovery_sent_at": self.recovery_sent_at,
            "email_change_sent_at": self.email_change_sent_at,
            "reauthentication_sent_at": self.reauthentication_sent_at, "last_sign_in_at": self.last_sign_in_at,
            "banned_until": self.banned_until, "deleted_at": self.deleted_at,
        }  # fmt: skip
        beginning = datetime(1970, 1, 1, tzinfo=UTC)
        return {
            "id": str(self.id), "aud": self.aud, "role": self.role, "email": self.email, "phone": self.phone,
            **{name: stamp(value) for name, value in times.items() if value},
            **({"new_email": self.email_change} if self.email_change else {}),
            "app_metadata": self.raw_app_meta_data, "user_metadata": self.raw_user_meta_data,
            **({"factors": self.factors} if self.factors else {}),
            "identities": [_stamped(one) for one in self.identities],
            "created_at": stamp(self.created_at or beginning),
            "updated_at": stamp(self.updated_at or self.created_at or beginning), "is_anonymous": self.is_anonymous,
        }  # fmt: skip


_DERIVED = {
    "aud": "coalesce(nullif(u.aud, ''), 'authenticated')",
    "role": "coalesce(u.role, '')",
    "email": "coalesce(u.email, '')",
    "phone": "coalesce(u.phone, '')",
    "encrypted_password": "coalesce(u.encrypted_password, '')",
    "email_change": "coalesce(u.email_change, '')",
    "email_change_confirm_status": "coalesce(u.email_change_confirm_status, 0)",
    "raw_app_meta_data": "coalesce(nullif(u.raw_app_meta_data, 'null'), '{}')",
    "raw_user_meta_data": "coalesce(nullif(u.raw_user_meta_data, 'null'), '{}')",
    "identities": "coalesce((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('identity_id', i.id,"
    " 'id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data, 'provider', i.provider,"
    " 'last_sign_in_at', i.last_sign_in_at, 'created_at', i.created_at, 'updated_at', i.updated_at, 'email', i.email))"
    " order by i.created_at, i.id) from auth.identities as i where i.user_id = u.id), '[]')",
    "factors": "coalesce((select jsonb_agg(jsonb_build_object('id', f.id, 'friendly_name', f.friendly_name,"
    " 'factor_type', f.factor_type, 'status', f.status, 'created_at', f.created_at, 'updated_at', f.updated_at))"
    " from auth.mfa_factors as f where f.user_id = u.id), '[]')",
}
"""Columns that rows of other origin (a seed, an import) leave null, and what belongs to a user in other tables."""
_COLUMNS = sql.SQL(", ").join(
    sql.SQL("{} as {}").format(sql.SQL(_DERIVED.get(one.name, f"u.{one.name}")), sql.Identifier(one.name))
    for one in fields(User)
)


def _stamped(identity: dict[str, Any]) -> dict[str, Any]:
    """An identity whose times are written like all others."""
    times = {name: identity[name] for name in ("last_sign_in_at", "created_at", "updated_at") if identity.get(name)}
    return {**identity, **{name: stamp(datetime.fromisoformat(text)) for name, text in times.items()}}


def stamp(moment: datetime) -> str:
    """A time as hosted writes it, and as every client reads it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _cursor(connection: Connection) -> AsyncCursor[User]:
    return connection.cursor(row_factory=class_row(User))


async def by_id(connection: Connection, user_id: uuid.UUID | str, *, lock: bool = False) -> User | None:
    """The user, with `lock` for an update in the same transaction."""
    query = sql.SQL("select {} from auth.users as u where u.id = %s{}").format(
        _COLUMNS, sql.SQL(" for update of u" if lock else "")
    )
    cursor = await _cursor(connection).execute(query, [user_id])
    return await cursor.fetchone()


async def by_email(connection: Connection, email: str) -> User | None:
    """The user with this address."""
    query = sql.SQL(
        "select {} from auth.users as u where lower(u.email) = %s and not u.is_sso_user order by u.created_at limit 1"
    ).format(_COLUMNS)
    cursor = await _cursor(connection).execute(query, [email.lower()])
    return await cursor.fetchone()


async def page(connection: Connection, number: int, size: int, text: str) -> tuple[list[User], int]:
    """One page of all users, newest first, and how many there are. `text` is looked for in address and name."""
    matching = sql.SQL(
        "where u.aud = %(aud)s and (%(text)s = '' or u.email ilike %(like)s"
        " or u.raw_user_meta_data ->> 'full_name' ilike %(like)s)"
    )
    like = "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
    values = {"aud": AUDIENCE, "text": text, "like": like, "size": size, "skip": (number - 1) * size}
    counted = await connection.execute(sql.SQL("select count(*) from auth.users as u {}").format(matching), values)
    row = await counted.fetchone()
    cursor = await _cursor(connection).execute(
        sql.SQL(
            "select {} from auth.users as u {} order by u.created_at desc, u.id limit %(size)s offset %(skip)s"
        ).format(_COLUMNS, matching), values,
    )  # fmt: skip
    return await cursor.fetchall(), int(row[0]) if row else 0


async def create(connection: Connection, **values: Any) -> User:
    """A new user with these columns. Raises psycopg.errors.UniqueViolation when the address is taken."""
    row = {
        "id": uuid.uuid4(), "instance_id": NO_INSTANCE, "aud": AUDIENCE, "role": AUDIENCE, "confirmation_token": "",
        "recovery_token": "", "email_change_token_new": "", "email_change": "", **values,
    }  # fmt: skip
    query = sql.SQL(
        "insert into auth.users as u ({}, created_at, updated_at) values ({}, now(), now()) returning {}"
    ).format(sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(sql.Placeholder() * len(row)), _COLUMNS)
    cursor = await _cursor(connection).execute(query, [_value(value) for value in row.values()])
    made = await cursor.fetchone()
    assert made is not None
    return made


async def update(connection: Connection, user_id: uuid.UUID, **values: Any) -> User:
    """Set these columns and return the user anew. `...` as a value stands for the database's `now()`."""
    sets = [
        sql.SQL("{} = now()").format(sql.Identifier(name)) if value is ... else
        sql.SQL("{} = %s").format(sql.Identifier(name)) for name, value in values.items()
    ]  # fmt: skip
    query = sql.SQL("update auth.users as u set {} where u.id = %s returning {}").format(
        sql.SQL(", ").join([*sets, sql.SQL("updated_at = now()")]), _COLUMNS
    )
    arguments = [_value(value) for value in values.values() if value is not ...]
    cursor = await _cursor(connection).execute(query, [*arguments, user_id])
    changed = await cursor.fetchone()
    assert changed is not None
    return changed


def _value(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict) else value


async def set_identity(
    connection: Connection, user_id: uuid.UUID, provider: str, data: dict[str, Any]
) -> dict[str, Any]:
    """Make the user's identity at `provider`, or add `data` to it. Returns all of its data."""
    whole = {"sub": str(user_id), "email_verified": False, "phone_verified": False, **data}
    cursor = await connection.execute(
        "insert into auth.identities as i (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at,"
        " updated_at) values (%s, %s, %s, %s, now(), now(), now())"
        " on conflict (provider_id, provider) do update set identity_data = i.identity_data || %s, updated_at = now()"
        " returning identity_data",
        [str(user_id), user_id, Jsonb(whole), provider, Jsonb(data)],
    )
    row = await cursor.fetchone()
    assert row is not None
    return dict(row[0])


async def set_providers(connection: Connection, user: User) -> User:
    """Have `app_metadata` name the providers of the user's identities."""
    fresh = await by_id(connection, user.id)
    names = sorted({str(one["provider"]) for one in fresh.identities}) if fresh else []
    if not names:
        return fresh or user
    merged = {**user.raw_app_meta_data, "provider": names[0], "providers": names}
    return await update(connection, user.id, raw_app_meta_data=merged)


async def confirm(connection: Connection, user: User) -> User:
    """The address is the user's: say so in the user, his metadata and his identity."""
    metadata = {**user.raw_user_meta_data, "email_verified": True}
    if any(one["provider"] == "email" for one in user.identities):
        await set_identity(connection, user.id, "email", {"email_verified": True})
    return await update(connection, user.id, email_confirmed_at=..., confirmation_token="", raw_user_meta_data=metadata)


def merged(old: dict[str, Any], new: dict[str, Any] | None) -> dict[str, Any]:
    """Metadata with `new` added; null takes a member away."""
    return {name: value for name, value in {**old, **(new or {})}.items() if value is not None}


def checked_email(email: str | None) -> str:
    """The address in lower case. Raises Problem."""
    if not email:
        raise invalid("An email address is required")
    if len(email) > 255:
        raise invalid("An email address is too long")
    if not _EMAIL.fullmatch(email):
        raise invalid("Unable to validate email address: invalid format")
    return email.lower()
