"""What the API's tests are made of: two tenants, tokens, a served API, and clients."""

import contextlib
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import psycopg
import uvicorn

from app.http.main import make_app
from app.settings import Settings
from tests.support.database import Database

SECRET = "a-secret-for-tests-only-0123456789abcdef"


def token(user_id: Any, tenant_id: Any = None, *, secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    """A user's access token; `claims` replace the usual ones, None takes one away."""
    made: dict[str, Any] = {
        "sub": str(user_id), "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + 3600,
        "app_metadata": {"tenant_id": str(tenant_id)} if tenant_id else {}, **claims,
    }  # fmt: skip
    return jwt.encode({k: v for k, v in made.items() if v is not None}, secret, algorithm=algorithm)


@dataclass
class Tenant:
    """A tenant with a mailbox, an owner, an agent and a viewer."""

    id: uuid.UUID
    session_id: uuid.UUID
    people: dict[str, uuid.UUID] = field(default_factory=dict)

    def token(self, role: str = "agent", **claims: Any) -> str:
        """A token of the person with this role."""
        return token(self.people[role], self.id, **claims)


class World:
    """A database with two tenants, and shortcuts to put things into it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.db = database.connect()
        self.number = 0
        self.acme, self.birch = self.tenant("acme"), self.tenant("birch")

    def tenant(self, slug: str) -> Tenant:
        """A new tenant with staff and a verified mailbox."""
        tenant_id = self.one("insert into public.tenants (slug, name) values (%s, %s) returning id", slug, slug)
        self.db.execute("update public.tenant_settings set sends_per_minute = 100000 where tenant_id = %s", [tenant_id])
        people = {}
        for role in ("owner", "agent", "viewer"):
            people[role] = self.user(f"{role}@{slug}.test")
            self.join(tenant_id, people[role], role)
        session_id = self.one(
            "insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, status, verified_at)"
            " values (%s, 'email', 'smtp', 'Support', %s, 'connected', now()) returning id",
            tenant_id, f"support@{slug}.test",
        )  # fmt: skip
        return Tenant(tenant_id, session_id, people)

    def user(self, email: str) -> uuid.UUID:
        """A signed-up user with a confirmed address."""
        return self.one(
            "insert into auth.users (id, email, email_confirmed_at, aud, role)"
            " values (gen_random_uuid(), %s, now(), 'authenticated', 'authenticated') returning id", email,
        )  # fmt: skip

    def join(self, tenant_id: uuid.UUID, user_id: uuid.UUID, role: str) -> None:
        """Make a user a member."""
        self.db.execute(
            "insert into public.tenant_members (tenant_id, user_id, role) values (%s, %s, %s)",
            [tenant_id, user_id, role],
        )

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the first row."""
        row = self.db.execute(query, values).fetchone()
        return row[0] if row else None

    def count_for_the_board(self) -> None:
        """Count as the housekeeper does, until all that is committed by now is counted: transactions of the whole
        cluster hold counting up, other tests' included."""
        began = self.one("select clock_timestamp()")
        deadline = time.monotonic() + 60
        while not self.one("select as_of >= %s from private.rollup_state", began):
            assert time.monotonic() < deadline, "a transaction of another test does not end"
            self.db.execute("select private.count_rollups()")

    def mail(
        self, tenant: Tenant, sender: str = "ann@example.com", body: str = "Hello", **columns: Any
    ) -> tuple[Any, Any]:
        """A received message: its id and its thread's."""
        self.number += 1
        values = {
            "tenant_id": tenant.id, "channel": "email", "channel_session_id": tenant.session_id,
            "direction": "inbound", "delivery_status": "received", "sender_kind": "contact", "sender": "",
            "sender_address": sender, "body": body, "subject": "A question",
            "external_message_id": f"{self.number}.{uuid.uuid4().hex}@example.com", **columns,
        }  # fmt: skip
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        with psycopg.connect(self.database.dsn(), autocommit=True) as connection:
            row = connection.execute(
                f"insert into public.et_messages ({names}) values ({marks}) returning id, thread_id",
                list(values.values()),
            ).fetchone()
        assert row
        return row[0], row[1]

    def task(self, tenant: Tenant, address: str) -> uuid.UUID:
        """An open task: somebody is to call and say what is in the queue."""
        _, thread = self.mail(tenant, address)
        return self.one(
            "insert into public.manual_tasks (tenant_id, kind, title, target, queue_id, message_id, thread_id)"
            " select %s, 'call', 't', '+1', e.queue_id, e.message_id, %s"
            " from private.enqueue_outbound(%s, %s, 'x', 'agent', 'agent', '{}') as e returning id",
            tenant.id, thread, tenant.id, thread)  # fmt: skip

    def person(self, tenant: Tenant, kind: str, email: str) -> tuple[uuid.UUID, uuid.UUID]:
        """A contact of a kind with a sign-in linked to it: both ids."""
        user, contact = self.user(email), self.one(
            "insert into public.contacts (tenant_id, kind, display_name) values (%s, %s, %s) returning id",
            tenant.id, kind, email.partition("@")[0],
        )  # fmt: skip
        self.db.execute(
            "insert into public.contact_identities (tenant_id, contact_id, kind, address) values (%s, %s, 'email', %s)",
            [tenant.id, contact, email],
        )
        self.db.execute("update public.contacts set auth_user_id = %s where id = %s", [user, contact])
        return contact, user

    def market(self, tenant: Tenant) -> dict[str, Any]:
        """One row of everything in the marketplace, between two people of a tenant."""
        number = uuid.uuid4().hex
        ann, _ = self.person(tenant, "customer", f"ann-{number}@example.com")
        rob, _ = self.person(tenant, "provider", f"rob-{number}@example.com")
        made: dict[str, Any] = {}
        for kind, query in {
            "project": "insert into public.projects (tenant_id, customer_id, title) values (%(t)s, %(a)s, 'p')",
            "bid_card": "insert into public.bid_cards (tenant_id, customer_id, title, status)"
                        " values (%(t)s, %(a)s, 'c', 'published')",
            "bid": "insert into public.contractor_bids (tenant_id, bid_card_id, customer_id, provider_id, amount)"
                   " values (%(t)s, %(bid_card)s, %(a)s, %(r)s, 5)",
            "booking": "insert into public.bookings (tenant_id, customer_id, provider_id, title)"
                       " values (%(t)s, %(a)s, %(r)s, 'v')",
            "connection_fee": "insert into public.connection_fees (tenant_id, bid_id, provider_id, amount)"
                              " values (%(t)s, %(bid)s, %(r)s, 5)",
            "referral": "insert into public.referral_tracking (tenant_id, code, referrer_id)"
                        f" values (%(t)s, '{number}', %(a)s)",
        }.items():  # fmt: skip
            values = {"t": tenant.id, "a": ann, "r": rob, **made}
            row = self.db.execute(f"{query} returning id", values).fetchone()
            made[kind] = row[0] if row else None
        return made

    def stopped(self, tenant: Tenant, thread: Any, message: Any) -> dict[str, Any]:
        """A review of a message and a mute of its sender, as if it had been stopped."""
        values = {"t": tenant.id, "th": thread, "m": message}
        self.db.execute(
            "insert into public.moderation_policies (tenant_id, version, document, created_by)"
            """ values (%(t)s, 1, '{"lanes": {"people": {}}}', 'x') on conflict do nothing""", values,
        )  # fmt: skip
        row = self.db.execute(
            "with v as (insert into public.moderation_verdicts (tenant_id, message_id, thread_id, lane, stage,"
            " policy_version, decider, decision, confidence, digest) values (%(t)s, %(m)s, %(th)s, 'agent', 'after', 1,"
            " 'rules', 'blocked', 1, 'x') returning *), r as (insert into public.moderation_reviews (tenant_id,"
            " message_id, thread_id, verdict_id, digest, origin, lane, kinds, policy_version, due_at)"
            " select tenant_id, message_id, thread_id, id, digest, 'appeal', lane, '{}', 1, now() from v returning id),"
            " u as (insert into public.contact_mutes (tenant_id, contact_id, reason, score, reasons, until)"
            " select tenant_id, contact_id, 'blocked', 9, '[]', now() + interval '1 day' from public.et_threads"
            " where id = %(th)s returning id)"
            " select r.id, u.id from r, u", values,
        ).fetchone()  # fmt: skip
        assert row
        return {"moderation_review": row[0], "contact_mute": row[1]}

    def denials(self) -> int:
        """How many refused attempts are on record."""
        return int(self.one("select count(*) from public.access_denials"))


class Client:
    """Requests to the served API as somebody."""

    def __init__(self, url: str, bearer: str | None = None) -> None:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """One request; `body` is sent as JSON."""
        if body is not None:
            options["content"] = json.dumps(body)
            options.setdefault("headers", {})["content-type"] = "application/json"
        return self.http.request(method, path, **options)

    def get(self, path: str, **params: Any) -> httpx.Response:
        """GET with query parameters."""
        return self.http.get(path, params=params)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        """POST with a JSON body."""
        return self("POST", path, body)


def seen(answer: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    """What a caller can tell apart: status, bytes, headers without the ones that differ in any two answers."""
    volatile = {"date", "x-request-id"}
    return answer.status_code, answer.content, [pair for pair in answer.headers.items() if pair[0] not in volatile]


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The API served by a real uvicorn in a thread; its URL."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        make_app(settings), loop="uvloop", http="httptools", log_config=None, access_log=False, lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the API did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)
        listener.close()
