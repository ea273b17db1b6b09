"""A small world to try the SQL in: tenants, people, mail that arrives, workers and clients, each over its own login.

Nothing here knows what is right: helpers call one SQL function each and hand back what it said.
"""

import contextlib
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from app.db.worker import to_plain
from app.domain.channels import Adapter
from tests.support.database import Database, as_user

Row = dict[str, Any]
CLASSES = {"email": "N", "whatsapp": "I"}
RULES = {"whatsapp": {"window_hours": 24}}
"""What the providers of the test world declare beside their class."""


@dataclass(frozen=True)
class Tenant:
    """One tenant with a verified mailbox; `people` maps a role to the user who has it."""

    id: uuid.UUID
    slug: str
    session: uuid.UUID
    mailbox: str
    people: dict[str, uuid.UUID] = field(default_factory=dict)


class World:
    """Connections to one database and the verbs tests are written in."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.providers: dict[str, str] = {}
        """The provider new sessions of a channel use; `test_<channel>` unless named."""
        self.owner = database.connect(row_factory=dict_row)
        self.worker = database.connect("parley_worker", row_factory=dict_row)
        self.api = database.connect("parley_api", row_factory=dict_row)
        self.ingress = database.connect("parley_ingress", row_factory=dict_row)

    def close(self) -> None:
        """Hang up."""
        for connection in (self.owner, self.worker, self.api, self.ingress):
            connection.close()

    def calm(self) -> None:
        """Take away the work other tests left, so that a claim finds only what this test makes."""
        for table in ("inbound_work", "outbound_work", "insight_work", "breakers", "assist_work", "webhook_work",
                      "notification_pushes", "moderation_work"):  # fmt: skip
            self.owner.execute(f"delete from private.{table}")

    def let_others_finish(self) -> None:
        """Wait until every transaction of the cluster that runs now is over: feeds and seals stop below the oldest,
        and other tests' transactions count, whatever their database."""
        newest = self.value("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        deadline = time.monotonic() + 60
        while self.value("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint") < newest:
            assert time.monotonic() < deadline, "a transaction of another test does not end"
            time.sleep(0.01)

    # ── who there is ─────────────────────────────────────────────────────────────────────────────────────────────

    def user(self, email: str | None = None, *, confirmed: bool = True, phone: str | None = None) -> uuid.UUID:
        """A new sign-in."""
        made = uuid.uuid4()
        self.owner.execute(
            "insert into auth.users (id, email, email_confirmed_at, phone, phone_confirmed_at, aud, role)"
            " values (%s, %s, case when %s then now() end, %s, case when %s then now() end, 'authenticated',"
            " 'authenticated')",
            [made, email or f"{made.hex}@people.test", confirmed, phone, confirmed and phone is not None],
        )
        return made

    def tenant(self, *roles: str, **settings: Any) -> Tenant:
        """A new tenant with an owner, a verified mailbox and one member for each further role."""
        slug = f"t{uuid.uuid4().hex[:10]}"
        made = self.one("insert into public.tenants (slug, name) values (%s, %s) returning id", slug, slug)["id"]
        people = {role: self.member(made, role) for role in ("owner", *roles)}
        mailbox = f"desk@{slug}.test"
        tenant = Tenant(made, slug, self.session(made, "email", mailbox), mailbox, people)
        self.configure(tenant, **settings)
        return tenant

    def session(self, tenant_id: uuid.UUID, channel: str, address: str, *, verified: bool = True) -> uuid.UUID:
        """A channel session, connected and verified."""
        made: uuid.UUID = self.one(
            "insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, status, verified_at)"
            " values (%s, %s, %s, 'Desk', %s, 'connected', case when %s then now() end) returning id",
            tenant_id, channel, self.providers.get(channel, f"test_{channel}"), address, verified,
        )["id"]  # fmt: skip
        return made

    def configure(self, tenant: Tenant, **settings: Any) -> None:
        """Set columns of tenant_settings."""
        if settings:
            changes = psycopg.sql.SQL(", ").join(
                psycopg.sql.SQL("{} = %s").format(psycopg.sql.Identifier(name)) for name in settings
            )
            values = [Jsonb(value) if isinstance(value, dict | list) else value for value in settings.values()]
            query = psycopg.sql.SQL("update public.tenant_settings set {} where tenant_id = %s").format(changes)
            self.owner.execute(query, [*values, tenant.id])

    def member(self, tenant_id: uuid.UUID, role: str) -> uuid.UUID:
        """A new sign-in that belongs to the tenant."""
        user = self.user()
        self.owner.execute(
            "insert into public.tenant_members (tenant_id, user_id, role) values (%s, %s, %s)", [tenant_id, user, role]
        )
        return user

    # ── reading and writing ──────────────────────────────────────────────────────────────────────────────────────

    def all(self, query: str, *values: Any) -> list[Row]:
        """Every row, as the owner sees it."""
        return self.owner.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> Row:
        """The single row of a query, as the owner sees it."""
        rows = self.all(query, *values)
        assert len(rows) == 1, f"{len(rows)} rows: {query}"
        return rows[0]

    def value(self, query: str, *values: Any) -> Any:
        """The single value of a query, as the owner sees it."""
        return next(iter(self.one(query, *values).values()))

    def message(self, message_id: Any) -> Row:
        """One message."""
        return self.one("select * from public.et_messages where id = %s", message_id)

    def status(self, message_id: Any) -> str:
        """The delivery status of a message."""
        return str(self.message(message_id)["delivery_status"])

    def thread(self, thread_id: Any) -> Row:
        """One thread."""
        return self.one("select * from public.et_threads where id = %s", thread_id)

    def queue(self, message_id: Any) -> Row:
        """The queue row of a message."""
        return self.one("select * from public.et_outbound_queue where message_id = %s", message_id)

    def violations(self, tenant: Tenant) -> dict[str, list[Row]]:
        """Invariants broken in one tenant, with the rows that break them."""
        broken = {}
        for check in self.all("select name, query from private.invariants"):
            rows = self.all(f"select q.* from ({check['query']}) as q where q.tenant_id = %s", tenant.id)
            if rows:
                broken[check["name"]] = rows
        return broken

    @contextlib.contextmanager
    def acting(self, user: Any, tenant: Tenant | uuid.UUID | None = None, **claims: Any) -> Iterator[Any]:
        """A transaction as a signed-in user, over the API's login."""
        tenant_id = tenant.id if isinstance(tenant, Tenant) else tenant
        with as_user(self.api, user, tenant_id, **claims) as connection:
            yield connection

    def rpc(self, user: Any, tenant: Tenant | uuid.UUID | None, call: str, *values: Any, **claims: Any) -> Any:
        """`select public.<call>` as a user, e.g. rpc(user, tenant, "close_thread(%s)", thread_id)."""
        with self.acting(user, tenant, **claims) as connection:
            row = connection.execute(f"select public.{call} as answer", values).fetchone()
        return row["answer"]

    # ── inbound ──────────────────────────────────────────────────────────────────────────────────────────────────

    def deliver(
        self,
        tenant: Tenant,
        sender: str = "ann@people.test",
        body: str = "Hello",
        *,
        external_id: str | None = None,
        connection: psycopg.Connection[Any] | None = None,
        **columns: Any,
    ) -> Row | None:
        """A message arrives as the receiver writes it; None when it was a duplicate."""
        values: dict[str, Any] = {
            "tenant_id": tenant.id, "channel": "email", "channel_session_id": tenant.session, "direction": "inbound",
            "delivery_status": "received", "sender_kind": "contact", "sender": "", "sender_address": sender,
            "body": body, "external_message_id": external_id or f"{uuid.uuid4().hex}@people.test",
            "content_digest": hashlib.sha256(f"{sender}\n{body}".encode()).digest(),
        }  # fmt: skip
        values |= {name: Jsonb(value) if isinstance(value, dict) else value for name, value in columns.items()}
        values.setdefault("metadata", Jsonb({"message_id": values["external_message_id"]}))
        names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, values))
        marks = psycopg.sql.SQL(", ").join([psycopg.sql.Placeholder()] * len(values))
        query = psycopg.sql.SQL("insert into public.et_messages ({}) values ({}) returning *").format(names, marks)
        used = connection or self.worker
        with used.transaction():
            used.execute("select set_config('parley.tenant_id', %s, true)", [str(tenant.id)])
            with used.cursor(row_factory=dict_row) as cursor:
                return cursor.execute(query, list(values.values())).fetchone()

    def arrive(self, tenant: Tenant, sender: str = "ann@people.test", body: str = "Hello", **columns: Any) -> Row:
        """`deliver` for a message that is no duplicate."""
        row = self.deliver(tenant, sender, body, **columns)
        assert row is not None
        return row

    def push(self, session_id: Any, event_id: str | None = None, payload: bytes = b"{}", **headers: str) -> str:
        """A provider calls, as the edge keeps it: stored, duplicate or unknown."""
        row = self.ingress.execute(
            "select private.accept_webhook(%s, %s, %s, %s) as r",
            [session_id, event_id or uuid.uuid4().hex, Jsonb(headers), payload],
        ).fetchone()
        return str(row["r"])  # type: ignore[index]

    def claim(
        self, limit: int = 10, worker: str = "w1", connection: psycopg.Connection[Any] | None = None
    ) -> list[Row]:
        """Claim inbound work, oldest first."""
        cursor = (connection or self.worker).cursor(row_factory=dict_row)
        return cursor.execute("select * from private.claim_inbound(%s, %s)", [worker, limit]).fetchall()

    def complete(self, claim: Row, action: str = "auto_reply", **more: Any) -> Row:
        """Record a decision on a claim."""
        decision = {"action": action, "reply": "Thanks, we are on it.", "decider": "test", "confidence": 0.9}
        decision |= {"control_epoch": claim["control_epoch"], **more}
        if action not in ("auto_reply", "follow_up"):
            decision.pop("reply")
        row = self.worker.execute(
            "select private.complete_inbound(%s, %s, %s, %s, %s) as result",
            [claim["tenant_id"], claim["thread_id"], claim["fence"], claim["last_seq"], Jsonb(decision)],
        ).fetchone()
        return dict(row["result"])  # type: ignore[index]

    def complete_together(self, bursts: Sequence[tuple[Row, Row]], connection: Any = None) -> list[Row]:
        """Record many decisions in one call; what became of each, in the order they were given."""
        document = [
            {"tenant_id": str(claim["tenant_id"]), "thread_id": str(claim["thread_id"]), "fence": claim["fence"],
             "last_seq": claim["last_seq"], "decision": decision} for claim, decision in bursts
        ]  # fmt: skip
        cursor = (connection or self.worker).cursor(row_factory=dict_row)
        rows = cursor.execute("select * from private.complete_inbound_batch(%s)", [Jsonb(document)]).fetchall()
        assert len(rows) == len(bursts)
        return [dict(row["result"]) for row in sorted(rows, key=lambda row: row["ord"])]

    def record_insight(self, claim: Row, insight: Row | None) -> str:
        """Record an insight on a claim, or that nothing moved: recorded or lost."""
        one = {"tenant_id": claim["tenant_id"], "thread_id": claim["thread_id"], "fence": claim["fence"]}
        done = self.worker.execute(
            "select result from private.complete_insights(%s)",
            [Jsonb([{name: str(value) for name, value in one.items()} | {"insight": insight}])],
        ).fetchone()
        return str(done["result"])  # type: ignore[index]

    def answered(self, tenant: Tenant, sender: str = "ann@people.test", **columns: Any) -> Row:
        """A message arrives and an AI reply is queued; answers what complete_inbound said."""
        arrived = self.arrive(tenant, sender, **columns)
        claim = next(row for row in self.claim() if row["thread_id"] == arrived["thread_id"])
        return self.complete(claim) | {"thread_id": arrived["thread_id"], "inbound_id": arrived["id"]}

    def expire_leases(self, table: str = "inbound_work") -> None:
        """Let every lease run out, so long ago that a suspect has rested."""
        self.owner.execute(
            f"update private.{table} set lease_until = clock_timestamp() - interval '1 day' where lease_until is not null"
        )

    def end_rests(self, table: str = "inbound_work") -> None:
        """Let whatever waits for its time be due."""
        self.owner.execute(f"update private.{table} set run_at = least(run_at, clock_timestamp())")

    # ── outbound ─────────────────────────────────────────────────────────────────────────────────────────────────

    def enqueue(self, thread: Row, body: str = "Hello from us", kind: str = "agent", **options: Any) -> Row:
        """Queue a message in a thread."""
        row = self.worker.execute(
            "select * from private.enqueue_outbound(%s, %s, %s, %s, %s, %s)",
            [thread["tenant_id"], thread["thread_id"], body, kind, kind, Jsonb(options)],
        ).fetchone()
        assert row is not None
        return dict(row)

    def consent(
        self,
        tenant: Tenant,
        contact: Any,
        purpose: str = "marketing",
        *,
        granted: bool = True,
        channel: str = "email",
        source: str = "form",
    ) -> Any:
        """What a contact agreed to or took back, as the owner of the schema writes it; the row's id."""
        return self.value(
            "insert into public.contact_consents (tenant_id, contact_id, channel, purpose, granted, source, recorded_by,"
            " recorded_at) values (%s, %s, %s, %s, %s, %s, 'x', clock_timestamp()) returning id",
            tenant.id, contact, channel, purpose, granted, source,
        )  # fmt: skip

    def upload(
        self,
        tenant: Tenant,
        user: Any,
        data: bytes = b"%PDF-1.7",
        name: str = "quote.pdf",
        kind: str = "application/pdf",
    ) -> Row:
        """Upload a file to be sent, as a member."""
        return dict(self.rpc(user, tenant, "upload_attachment(%s, %s, %s)", name, kind, data))

    def claim_out(self, limit: int = 10, worker: str = "o1", classes: Any = None, connection: Any = None) -> list[Row]:
        """Claim outbound work; `classes` tells each channel's delivery class."""
        self.register({channel: {"delivery_class": kind} for channel, kind in (classes or CLASSES).items()})
        cursor = (connection or self.worker).cursor(row_factory=dict_row)
        return cursor.execute("select * from private.claim_outbound(%s, %s)", [worker, limit]).fetchall()

    def register(self, channels: dict[str, Row]) -> None:
        """Declare what the provider `test_<channel>` of each channel can do, as a router does at start-up."""
        self.declare(*(
            {"provider": f"test_{name}", "channel": name, "max_attachments": 10, "max_attachment_bytes": 1_000_000,
             **RULES.get(name, {}), **more}
            for name, more in channels.items()
        ))  # fmt: skip

    def declare_adapters(self, adapters: Iterable[Adapter]) -> None:
        """Declare what real adapters can do, as a router does at start-up."""
        self.declare(*(to_plain(adapter.capabilities) for adapter in adapters))

    def declare(self, *providers: Row) -> None:
        """Declare what providers can do; class N unless they say otherwise."""
        declared = [{"delivery_class": "N", "max_body_chars": 100_000, **one} for one in providers]
        with self.database.connect("parley_worker") as connection:
            connection.execute("select private.register_providers(%s)", [Jsonb(declared)])

    def start(self, claim: Row) -> str:
        """Say that the provider's call begins."""
        row = self.worker.execute(
            "select private.mark_send_started(%s, %s, %s) as r", [claim["tenant_id"], claim["queue_id"], claim["fence"]]
        ).fetchone()
        return str(row["r"])  # type: ignore[index]

    def finish(self, claim: Row, kind: str = "accepted", *, start: bool = True, **more: Any) -> str:
        """Start (unless told not to) and end one try."""
        if start:
            assert self.start(claim) == "ok"
        row = self.worker.execute(
            "select private.complete_outbound(%s, %s, %s, %s) as r",
            [claim["tenant_id"], claim["queue_id"], claim["fence"], Jsonb({"kind": kind, "provider": "test", **more})],
        ).fetchone()
        return str(row["r"])  # type: ignore[index]

    def receipt(self, tenant: Tenant, kind: str, external_id: str, event: str | None = None, **more: Any) -> Row:
        """A delivery receipt comes in."""
        receipt = {"provider": "test", "event_id": event or uuid.uuid4().hex, "kind": kind, "channel": "email"}
        receipt |= {"external_message_id": external_id, **more}
        row = self.worker.execute("select private.record_receipt(%s, %s) as r", [tenant.id, Jsonb(receipt)]).fetchone()
        return dict(row["r"])  # type: ignore[index]

    # ── many at once ─────────────────────────────────────────────────────────────────────────────────────────────

    def together(
        self, workers: int, work: Callable[[psycopg.Connection[Any], int], Any], role: str = "parley_worker"
    ) -> list[Any]:
        """Run `work(connection, number)` in threads, each with a connection of its own; answers all results."""

        def run(number: int) -> Any:
            with self.database.connect(role, row_factory=dict_row) as connection:
                return work(connection, number)

        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(run, range(workers)))


def detail(error: psycopg.Error) -> Row:
    """The machine-readable DETAIL of an error our functions raise."""
    return dict(json.loads(error.diag.message_detail or "{}"))


@contextlib.contextmanager
def refused(*states: str, code: str | None = None) -> Iterator[list[psycopg.Error]]:
    """The block must fail with one of these SQLSTATEs (and this code in DETAIL)."""
    caught: list[psycopg.Error] = []
    try:
        yield caught
    except psycopg.Error as error:
        assert error.sqlstate in states, f"{error.sqlstate}: {error}"
        if code is not None:
            assert detail(error).get("code") == code, error.diag.message_detail
        caught.append(error)
    else:
        raise AssertionError(f"nothing was refused; expected {' or '.join(states)}")


def listening(database: Database, *channels: str) -> psycopg.Connection[Any]:
    """A connection that listens."""
    connection = database.connect("parley_worker")
    for channel in channels:
        connection.execute(psycopg.sql.SQL("listen {}").format(psycopg.sql.Identifier(channel)))
    return connection


def heard(connection: psycopg.Connection[Any]) -> Sequence[psycopg.Notify]:
    """Every notification of what is committed by now: a backend hands them over before it has answered a query."""
    connection.execute("select 1")
    return list(connection.notifies(timeout=0.05))
