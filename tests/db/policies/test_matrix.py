"""Row level security as a table: who sees how many of tenant A's rows, and who can write any."""

import contextlib
import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.db.helpers import Row, Tenant, World, refused

MATRIX: Row = json.loads(Path(__file__).with_name("matrix.json").read_text())
TABLES = sorted(MATRIX["rows_of_a"])
SUBJECTS = sorted(MATRIX["subjects"])


@dataclass(frozen=True)
class Scene:
    """Two tenants with a row in every table, and the users of the matrix."""

    world: World
    a: Tenant
    b: Tenant
    users: dict[str, Any]
    key: uuid.UUID

    @contextlib.contextmanager
    def acting(self, subject: str) -> Iterator[psycopg.Connection[Any]]:
        """A transaction as a subject of the matrix; always rolled back."""
        if subject.startswith("worker"):
            with self.world.worker.transaction(force_rollback=True):
                chosen = str(self.a.id) if subject == "worker_a" else ""
                self.world.worker.execute("select set_config('parley.tenant_id', %s, true)", [chosen])
                yield self.world.worker
            return
        extra = {"api_key_id": str(self.key), "role": "authenticated"} if subject == "key_a" else {}
        tenant = self.b if subject == "member_b" else self.a if subject not in ("stranger", "anonymous") else None
        try:
            with self.world.acting(self.users.get(subject), tenant, **extra) as connection:
                yield connection
                raise RollBack
        except RollBack:
            pass


class RollBack(Exception):
    """Ends a tried transaction."""


def fill(world: World, tenant: Tenant) -> None:
    """At least one row in every table of a tenant."""
    done = world.answered(tenant)
    claim = world.claim_out()[0]
    world.finish(claim)
    world.arrive(tenant, "second@people.test")
    world.receipt(tenant, "delivered", world.message(done["message_id"])["external_message_id"])
    values = {"t": tenant.id, "m": done["inbound_id"], "th": done["thread_id"], "s": tenant.session,
              "c": world.thread(done["thread_id"])["contact_id"], "d": done["decision_id"]}  # fmt: skip
    for statement in (
        "insert into public.tenant_invitations (tenant_id, address, role, token_digest) values (%(t)s,"
        " 'x@y.z', 'agent', '')",
        "insert into public.message_limits values (%(t)s, 'sms', 'body_chars', 9)",
        "insert into public.contact_consents (tenant_id, contact_id, channel, purpose, granted, source, recorded_by)"
        " values (%(t)s, %(c)s, 'email', 'marketing', true, 'x', 'x')",
        "insert into public.context_participants (tenant_id, context_kind, context_id, contact_id)"
        " values (%(t)s, 'job', '1', %(c)s)",
        "insert into public.contact_blocks (tenant_id, contact_id, blocked_contact_id)"
        " select %(t)s, %(c)s, c.id from public.contacts as c where c.tenant_id = %(t)s and c.id <> %(c)s limit 1",
        "insert into public.thread_aliases (tenant_id, scope_key, thread_id) values (%(t)s, 'x:alias', %(th)s)",
        "insert into public.message_attachments (tenant_id, message_id, filename, content_type, size_bytes)"
        " values (%(t)s, %(m)s, 'a.txt', 'text/plain', 1)",
        "insert into public.faq_entries (tenant_id, question, keywords, answer) values (%(t)s, 'q', '{k}', 'a')",
        "insert into public.rollups (tenant_id, metric, step, at, channel, label, n)"
        " values (%(t)s, 'messages', 'hour', now(), 'email', 'inbound:contact', 1)",
        "insert into public.thread_notes (tenant_id, thread_id, note, author) values (%(t)s, %(th)s, 'n', 'user:x')",
        "insert into public.folder_words (tenant_id, thread_id, contact_id, folder, detected, spam_score, auto_class, said_by)"
        " values (%(t)s, %(th)s, %(c)s, 'inbox', 'spam', 0.97, 'none', 'user:x')",
        "insert into public.canned_replies (tenant_id, intent, body) values (%(t)s, 'i', 'b')",
        "insert into public.suppressions (tenant_id, kind, address, scope, reason)"
        " values (%(t)s, 'email', 'no@people.test', 'all', 'manual')",
        "insert into public.et_thread_insights (tenant_id, thread_id, summary, read_seq, model)"
        " values (%(t)s, %(th)s, 's', 1, 'm')",
        "insert into public.thread_insight_versions (tenant_id, thread_id, version, summary, read_seq, model)"
        " values (%(t)s, %(th)s, 1, 's', 1, 'm')",
        "insert into public.notifications (tenant_id, kind, title) values (%(t)s, 'k', 't')",
        "insert into public.message_templates (tenant_id, session_id, name, language, status, category, shape, components)"
        " select s.tenant_id, s.id, 'hello', 'en', 'approved', 'utility', '{}', '[]' from public.et_channel_sessions as s"
        " where s.tenant_id = %(t)s limit 1",
        "insert into public.notification_reads (tenant_id, user_id, notification_id)"
        " select n.tenant_id, u.user_id, n.id from public.notifications as n inner join public.tenant_members as u"
        " on u.tenant_id = n.tenant_id and u.role = 'owner' where n.tenant_id = %(t)s and n.kind = 'k'",
        "insert into public.manual_tasks (tenant_id, kind, title, target, queue_id, message_id, thread_id)"
        " select tenant_id, 'call', 't', recipient, id, message_id, thread_id from public.et_outbound_queue"
        " where tenant_id = %(t)s",
        "insert into public.projects (tenant_id, customer_id, title) values (%(t)s, %(c)s, 'p')",
        "insert into public.held_words (tenant_id, kind, row_id, field, words, written_by)"
        " select p.tenant_id, 'project', p.id, 'title', '\"x\"', p.customer_id from public.projects as p"
        " where p.tenant_id = %(t)s",
        "insert into public.bid_cards (tenant_id, customer_id, title, status) values (%(t)s, %(c)s, 'b', 'published')",
        "insert into public.contractor_bids (tenant_id, bid_card_id, customer_id, provider_id, amount)"
        " select b.tenant_id, b.id, b.customer_id, o.id, 1 from public.bid_cards as b inner join public.contacts as o"
        " on o.tenant_id = b.tenant_id and o.id <> b.customer_id where b.tenant_id = %(t)s limit 1",
        "insert into public.bookings (tenant_id, customer_id, provider_id, title)"
        " select b.tenant_id, b.customer_id, b.provider_id, 'v' from public.contractor_bids as b where b.tenant_id = %(t)s",
        "insert into public.connection_fees (tenant_id, bid_id, provider_id, amount)"
        " select b.tenant_id, b.id, b.provider_id, 1 from public.contractor_bids as b where b.tenant_id = %(t)s",
        "insert into public.referral_tracking (tenant_id, code, referrer_id) values (%(t)s, 'abcdef', %(c)s)",
        "insert into public.broadcasts (tenant_id, thread_id, message_id, segment_kind, created_by)"
        " values (%(t)s, %(th)s, %(m)s, 'all', 'x')",
        "insert into public.broadcast_recipients (tenant_id, broadcast_id, contact_id, thread_id, message_id, seq)"
        " select b.tenant_id, b.id, %(c)s, b.thread_id, b.message_id, 1 from public.broadcasts as b where b.tenant_id = %(t)s",
        "insert into public.moderation_policies (tenant_id, version, document, created_by) values (%(t)s, 1, '{}', 'x')",
        "insert into public.active_moderation (tenant_id, version, activated_by) values (%(t)s, 1, 'x')",
        "insert into public.contact_reveals (tenant_id, thread_id, event, revealed_by) values (%(t)s, %(th)s, 'staff', 'x')",
        "insert into public.moderation_verdicts (tenant_id, message_id, thread_id, lane, stage, policy_version, decider,"
        " decision, confidence, digest) values (%(t)s, %(m)s, %(th)s, 'people', 'before', 1, 'rules', 'blocked', 1, '')",
        "insert into public.blocked_messages_log (tenant_id, message_id, verdict_id, thread_id, kinds, policy_version)"
        " select v.tenant_id, v.message_id, v.id, v.thread_id, '{}', 1 from public.moderation_verdicts as v"
        " where v.tenant_id = %(t)s",
        "insert into public.moderation_reviews (tenant_id, message_id, thread_id, verdict_id, digest, origin, lane, kinds,"
        " policy_version, due_at) select v.tenant_id, v.message_id, v.thread_id, v.id, '', 'appeal', 'people', '{}', 1,"
        " now() from public.moderation_verdicts as v where v.tenant_id = %(t)s",
        "insert into public.contact_strikes (tenant_id, contact_id, reason, weight, verdict_id)"
        " select v.tenant_id, %(c)s, 'blocked', 1, v.id from public.moderation_verdicts as v where v.tenant_id = %(t)s",
        "insert into public.contact_mutes (tenant_id, contact_id, reason, score, reasons, until)"
        " values (%(t)s, %(c)s, 'blocked', 9, '[]', now() + interval '1 day')",
        "insert into public.escalations (tenant_id, thread_id, message_id, lane, stage, rule, policy_version, signal, value,"
        " action, verdict_id, until) select v.tenant_id, v.thread_id, v.message_id, 'people', 'before', 'angry', 1, 'score',"
        " 1, 'notify', v.id, now() + interval '1 day' from public.moderation_verdicts as v where v.tenant_id = %(t)s",
        "insert into public.agent_comments (tenant_id, message_id, visibility, comment, created_by)"
        " values (%(t)s, %(m)s, 'staff', 'b', 'x')",
        "insert into public.shadow_decisions (tenant_id, decision_id, candidate) values (%(t)s, %(d)s, 'rules')",
        """select private.reserve_ai_call(%(t)s, '{"purpose": "decision", "model": "m", "prompt_version": "p",
        "most_usd": 0.01}')""",
        "insert into public.access_denials (tenant_id, actor, surface, action, object_kind, object_id)"
        " values (%(t)s, 'x', 'rpc', 'x', 'thread', 'x')",
        "select private.audit(%(t)s, 'test', 'test', null)",
    ):
        world.owner.execute(statement, values)
    world.let_others_finish()
    world.owner.execute("select private.checkpoint_audit(%s)", [tenant.id])


@pytest.fixture(scope="module")
def scene(module_world: World) -> Scene:
    """The people of the matrix and their rows."""
    world = module_world
    a, b = world.tenant("viewer", "agent"), world.tenant()
    for tenant in (a, b):
        fill(world, tenant)
    participant, removed = world.user(), world.member(a.id, "agent")
    world.owner.execute("delete from public.tenant_members where user_id = %s", [removed])
    thread = world.value(
        "insert into public.et_threads (tenant_id, kind, channel, scope_rule, scope_key, staff_readable)"
        " values (%s, 'direct', 'in_app', 'explicit', 'x:direct', false) returning id", a.id,
    )  # fmt: skip
    world.owner.execute(
        "insert into public.thread_participants (tenant_id, thread_id, user_id) values (%s, %s, %s)",
        [a.id, thread, participant],
    )
    for moderation in ("approved", "pending"):
        world.owner.execute(
            "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status,"
            " moderation_status,"
            " sender_kind, sender, body) values (%s, %s, 'in_app', 'internal', 'sent', %s, 'participant', 'x', 'hi')",
            [a.id, thread, moderation],
        )
    key, _ = (
        world.value(
            "insert into public.api_keys (tenant_id, name, secret_digest, hint, scopes)"
            " values (%s, 'k', %s, 'pk', '{read}') returning id", tenant.id, hashlib.sha256(b"x").digest(),
        )
        for tenant in (a, b)
    )  # fmt: skip
    users = {"owner_a": a.people["owner"], "viewer_a": a.people["viewer"], "member_b": b.people["owner"],
             "forger": b.people["owner"], "removed": removed, "stranger": world.user(), "participant": participant,
             "key_a": uuid.uuid4()}  # fmt: skip
    return Scene(world, a, b, users, key)


def column(table: str) -> str:
    """The tenant column of a table."""
    return "id" if table == "tenants" else "tenant_id"


def test_the_matrix_is_not_vacuous(scene: Scene) -> None:
    """Every table has rows of both tenants, and the matrix names every tenant table of public."""
    for table in TABLES:
        for tenant in (scene.a, scene.b):
            rows = scene.world.value(f"select count(*) from public.{table} where {column(table)} = %s", tenant.id)
            assert rows > 0 or (table == "thread_participants" and tenant is scene.b), table
    listed = scene.world.all(
        "select c.relname as name from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'"
    )
    assert {row["name"] for row in listed} - {"active_tenants"} == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_select(scene: Scene, table: str) -> None:
    """Each subject sees exactly the rows of A the matrix grants him: of everybody else's, none."""
    expected = MATRIX["rows_of_a"][table]
    for subject in SUBJECTS:
        wanted = "42501" if subject == "anonymous" else expected.get(subject, 0)
        with scene.acting(subject) as connection:
            try:
                row = connection.execute(
                    f"select count(*) filter (where {column(table)} = %s) as a, count(*) filter (where"
                    f" {column(table)} = %s)"
                    f" as b, count(*) as n from public.{table}",
                    [scene.a.id, scene.b.id],
                ).fetchone()
            except psycopg.Error as error:
                assert error.sqlstate == wanted, (subject, table, error)
                continue
            assert row is not None and row["a"] == wanted, (subject, table, row)
            if subject not in ("member_b", "forger"):
                assert row["b"] == 0, (subject, table)
            if subject == "member_b":
                assert row["b"] > 0 or table in ("thread_participants", "contact_blocks"), table


WRITES = {
    "update_all": "update public.{t} set {c} = {c}",
    "give_away": "update public.{t} set {c} = '{other}'",
    "take": "update public.{t} set {c} = {c} where {c} = '{other}'",
    "delete_all": "delete from public.{t}",
    "insert": "insert into public.{t} ({c}) values ('{own}')",
}


@pytest.mark.parametrize("write", sorted(WRITES))
def test_clients_and_workers_write_nothing_directly(scene: Scene, write: str) -> None:
    """Blind updates and deletes, moving rows over, bare inserts: refused for every subject on every table."""
    for table in TABLES:
        statement = WRITES[write].format(t=table, c=column(table), other=scene.b.id, own=scene.a.id)
        for subject in SUBJECTS:
            if write == "insert" and subject.startswith("worker") and table in ("et_messages", "message_attachments"):
                continue  # the receiver's own inserts; tests/db/assign tries them for the wrong tenant
            with refused("42501"), scene.acting(subject) as connection:
                connection.execute(statement)


@pytest.mark.parametrize(
    "table",
    [
        "inbound_work",
        "outbound_work",
        "insight_work",
        "notification_pushes",
        "assist_work",
        "suggestion_drafts",
        "message_translations",
        "decision_knowledge",
        "channel_secrets",
        "attachment_blobs",
        "send_buckets",
        "breakers",
        "send_slots",
        "receiver_cursors",
        "send_counters",
        "feed_epochs",
        "invariants",
    ],
)
def test_private_tables_are_closed_to_clients(scene: Scene, table: str) -> None:
    """No client reads private; a worker sees at most the rows of the tenant it set, and writes none."""
    for subject in SUBJECTS:
        with scene.acting(subject) as connection:
            if not subject.startswith("worker"):
                with refused("42501"), connection.transaction():
                    connection.execute(f"select 1 from private.{table}")
                continue
            try:
                with connection.transaction():
                    rows = connection.execute(f"select * from private.{table}").fetchall()
            except psycopg.errors.InsufficientPrivilege:
                continue
            if table != "feed_epochs":
                assert {row["tenant_id"] for row in rows} <= ({scene.a.id} if subject == "worker_a" else set())
            with refused("42501"), connection.transaction():
                connection.execute(f"delete from private.{table}")


def test_secrets_and_digests_are_no_column_of_a_client(scene: Scene) -> None:
    """Digests of keys and invitations and the origin of a denied attempt are not even selectable."""
    for table, columns in {"api_keys": ["secret_digest"], "tenant_invitations": ["token_digest"],
                           "access_denials": ["actor", "actor_tenant_id"]}.items():  # fmt: skip
        for name in columns:
            with refused("42501"), scene.acting("owner_a") as connection:
                connection.execute(f"select {name} from public.{table}")


def test_views_show_their_reader_what_the_tables_do(scene: Scene) -> None:
    """Old names lead to the same rows: nobody sees through a view what a table hides."""
    world = scene.world
    views = [row["name"] for row in world.all(
        "select c.relname as name from pg_class as c where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace"
    )]  # fmt: skip
    for view in views:
        for subject in ("forger", "removed", "stranger"):
            with scene.acting(subject) as connection:
                row = connection.execute(
                    f"select count(*) as n from public.{view} where tenant_id = %s", [scene.a.id]
                ).fetchone()
                assert row == {"n": 0}, (view, subject)
        # A view over several tables takes no writes to begin with; what a later rule could open is closed by grants.
        with refused("42501", "55000"), scene.acting("owner_a") as connection:
            connection.execute(f"delete from public.{view}")
        for role in ("authenticated", "service_role", "anon"):
            writes = "has_table_privilege(%s, %s, 'insert, update, delete, truncate')"
            assert not world.value(f"select {writes}", role, f"public.{view}"), (view, role)


def test_a_participant_who_left_sees_nothing(scene: Scene) -> None:
    """left_at closes the thread to him, at once."""
    user = scene.users["participant"]
    with scene.world.owner.transaction(force_rollback=True):
        scene.world.owner.execute("update public.thread_participants set left_at = now() where user_id = %s", [user])
        scene.world.owner.execute("set local role authenticated")
        scene.world.owner.execute("select set_config('request.jwt.claims', %s, true)",
                                  [json.dumps({"role": "authenticated", "sub": str(user)})])  # fmt: skip
        assert scene.world.value("select count(*) from public.et_messages") == 0
        assert scene.world.value("select count(*) from public.et_threads") == 0


def test_service_role_sees_all_and_still_cannot_rewrite_history(scene: Scene) -> None:
    """The backend role passes by policies (that is what makes the zeros above mean something), not by grants."""
    with scene.world.database.connect("admin") as admin, admin.transaction():
        admin.execute("set local role service_role")
        for table in TABLES:
            row = admin.execute(f"select count(distinct {column(table)}) from public.{table}").fetchone()
            assert row is not None and row[0] >= (1 if table == "thread_participants" else 2), table
        for statement in (
            "update public.audit_log set actor = 'x'",
            "delete from public.audit_log",
            "insert into public.audit_log (tenant_id, actor, action, object_kind) select id, 'x', 'x', 'x'"
            " from public.tenants",
            "update public.access_denials set actor = 'x'",
            "update public.et_threads set last_seq = 99",
            "delete from public.et_messages",
            "update public.et_outbound_queue set status = 'sent'",
        ):
            with refused("42501"), admin.transaction():
                admin.execute(statement)
