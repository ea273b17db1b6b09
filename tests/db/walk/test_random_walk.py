"""A random walk over the SQL functions: whatever is done in whatever order, every invariant holds after every step."""

import uuid
from typing import ClassVar

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.db.helpers import Row, Tenant, World

PEOPLE = st.sampled_from(["ann@people.test", "bob@people.test"])
PICK = st.integers(min_value=0, max_value=1000)


class Walk(RuleBasedStateMachine):
    """Two people, two workers of each kind, agents, providers and crashes."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.world.calm()
        self.tenant: Tenant = self.world.tenant("agent", "admin", auto_replies_per_hour=4, sends_per_minute=1000)
        self.mails: list[tuple[str, str]] = []
        self.inbound: list[Row] = []
        self.outbound: list[Row] = []

    # ── what people do ───────────────────────────────────────────────────────────────────────────────────────────

    @rule(sender=PEOPLE)
    def deliver(self, sender: str) -> None:
        """A new mail."""
        key = f"{uuid.uuid4().hex}@x"
        self.mails.append((sender, key))
        self.world.arrive(self.tenant, sender, external_id=key)

    @precondition(lambda self: self.mails)
    @rule(pick=PICK)
    def duplicate(self, pick: int) -> None:
        """An old mail again."""
        sender, key = self.mails[pick % len(self.mails)]
        assert self.world.deliver(self.tenant, sender, external_id=key) is None

    @precondition(lambda self: self.mails)
    @rule(pick=PICK, call=st.sampled_from(["take_over_thread(%s)", "hand_back_thread(%s)", "close_thread(%s)",
                                           "reopen_thread(%s)", "mark_thread_read(%s)",
                                           "send_message(%s, 'from a person')"]))  # fmt: skip
    def act_as_agent(self, pick: int, call: str) -> None:
        """Somebody does something with a thread."""
        threads = self.world.all("select * from public.et_threads where tenant_id = %s order by id", self.tenant.id)
        thread = threads[pick % len(threads)]
        try:
            self.world.rpc(self.tenant.people["agent"], self.tenant, call, thread["id"])
        except psycopg.Error as error:
            assert thread["erased_at"] and error.sqlstate in ("PT409", "PT422"), error

    @rule(pick=PICK)
    def erase(self, pick: int) -> None:
        """Somebody is to be forgotten."""
        rows = self.world.all("select id from public.contacts where tenant_id = %s order by id", self.tenant.id)
        if rows:
            call, contact = "erase_contact(%s, 'request')", rows[pick % len(rows)]["id"]
            self.world.rpc(self.tenant.people["admin"], self.tenant, call, contact)

    @rule(limit=st.integers(1, 5))
    def go_on_erasing(self, limit: int) -> None:
        """The housekeeper empties what is left."""
        self.world.owner.execute(
            "update private.erasure_work set run_at = now() where tenant_id = %s", [self.tenant.id]
        )
        self.world.worker.execute("select private.continue_erasures(%s)", [limit])

    @rule(pick=PICK, resolution=st.sampled_from(["sent", "failed", "resend"]))
    def resolve(self, pick: int, resolution: str) -> None:
        """Somebody looks an unknown dispatch up."""
        rows = self.world.all(
            "select message_id from public.et_outbound_queue where tenant_id = %s and status = 'dispatch_unknown'",
            self.tenant.id,
        )
        if rows:
            message = rows[pick % len(rows)]["message_id"]
            self.on_message(message, "resolve_unknown(%s, %s)", resolution)

    @rule(pick=PICK)
    def retry(self, pick: int) -> None:
        """Somebody sends a failed message through again."""
        rows = self.world.all(
            "select id from public.et_messages where tenant_id = %s and delivery_status = 'inbound_error'",
            self.tenant.id,
        )
        if rows:
            self.on_message(rows[pick % len(rows)]["id"], "retry_inbound(%s)")

    def on_message(self, message: uuid.UUID, call: str, *values: str) -> None:
        """An agent does something with a message; only of what was erased, or is about to be, may it be refused."""
        erased = self.world.value(
            "select t.erased_at from public.et_messages as m inner join public.et_threads as t"
            " on t.tenant_id = m.tenant_id and t.id = m.thread_id where m.id = %s", message,
        )  # fmt: skip
        try:
            self.world.rpc(self.tenant.people["agent"], self.tenant, call, message, *values)
        except psycopg.Error as error:
            assert erased and error.sqlstate in ("PT409", "PT422"), error

    # ── what inbound workers do ──────────────────────────────────────────────────────────────────────────────────

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        """A worker claims; its claims are kept, also after they are lost."""
        self.inbound += self.world.claim(limit)

    @precondition(lambda self: self.inbound)
    @rule(pick=PICK, action=st.sampled_from(["auto_reply", "auto_reply", "no_reply", "human_takeover", "follow_up"]))
    def complete(self, pick: int, action: str) -> None:
        """A decision comes back, early, late, or twice."""
        claim = self.inbound[pick % len(self.inbound)]
        first = self.world.value(
            "select private.first_unanswered(%s, %s, %s)", claim["tenant_id"], claim["thread_id"], claim["first_seq"]
        )
        result = self.world.complete(claim, action, first_seq=first)
        assert result["result"] in ("recorded", "released", "lost")

    @precondition(lambda self: self.inbound)
    @rule(pick=PICK, attempts=st.sampled_from([0, 4]))
    def fail(self, pick: int, attempts: int) -> None:
        """A handler fails, for the first or the last time."""
        claim = self.inbound[pick % len(self.inbound)]
        self.world.worker.execute(
            "select private.fail_inbound(%s, %s, %s, %s, %s, 'boom')",
            [claim["tenant_id"], claim["thread_id"], claim["fence"], claim["last_seq"], attempts],
        )
        self.world.end_rests()

    @rule(table=st.sampled_from(["inbound_work", "outbound_work"]), sweep=st.booleans())
    def expire(self, table: str, sweep: bool) -> None:
        """Workers die; the housekeeper may notice first. Time passes."""
        self.world.expire_leases(table)
        if sweep:
            self.world.worker.execute("select private.release_expired_inbound()")
            self.world.end_rests()

    # ── what routers and providers do ────────────────────────────────────────────────────────────────────────────

    @rule(limit=st.integers(1, 3), kind=st.sampled_from("IN"))
    def claim_out(self, limit: int, kind: str) -> None:
        """A router claims what may leave."""
        self.world.owner.execute("update private.outbound_work set run_at = least(run_at, clock_timestamp())")
        self.world.owner.execute("delete from private.breakers")
        self.outbound += self.world.claim_out(limit, classes={"email": kind})

    @precondition(lambda self: self.outbound)
    @rule(pick=PICK)
    def start(self, pick: int) -> None:
        """The provider's call begins; perhaps nobody comes back from it."""
        assert self.world.start(self.outbound[pick % len(self.outbound)]) in ("ok", "lost", "superseded")

    @precondition(lambda self: self.outbound)
    @rule(pick=PICK, kind=st.sampled_from(["accepted", "accepted", "rejected", "retry", "unknown"]))
    def finish(self, pick: int, kind: str) -> None:
        """A try ends, unless a person took over in the last moment."""
        claim = self.outbound[pick % len(self.outbound)]
        begun = self.world.start(claim)
        if begun == "superseded":
            kind = "refused"
        self.world.finish(claim, kind, start=False)

    @precondition(lambda self: self.outbound)
    @rule(pick=PICK, kind=st.sampled_from(["sent", "delivered", "read", "failed", "delayed"]), repeat=st.booleans())
    def receipt(self, pick: int, kind: str, repeat: bool) -> None:
        """A receipt for something that was tried."""
        message = self.world.message(self.outbound[pick % len(self.outbound)]["message_id"])
        for _ in range(1 + repeat):
            self.world.receipt(self.tenant, kind, message["external_message_id"], f"{message['id']}{kind}")

    # ── what always holds ────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def invariants_hold(self) -> None:
        """The database's own catalogue of promises."""
        broken = self.world.violations(self.tenant)
        assert broken == {}, broken

    def teardown(self) -> None:
        """Everybody comes back to work: nothing may be left undecided or unsent."""
        self.world.expire_leases("inbound_work")
        self.world.expire_leases("outbound_work")
        for _ in range(60):
            self.world.end_rests()
            claims = self.world.claim()
            for claim in claims:
                self.world.complete(claim, "no_reply")
            self.world.owner.execute("update private.outbound_work set run_at = least(run_at, clock_timestamp())")
            self.world.owner.execute("delete from private.breakers")
            sends = self.world.claim_out()
            for claim in sends:
                begun = self.world.start(claim)
                self.world.finish(claim, "accepted" if begun == "ok" else "refused", start=False)
            self.go_on_erasing(100)
            if not claims and not sends and not self.erasing():
                break
        assert self.undone() == self.erasing() == 0
        assert self.world.violations(self.tenant) == {}

    def erasing(self) -> int:
        """Conversations that are not empty yet."""
        return int(self.world.value("select count(*) from private.erasure_work where tenant_id = %s", self.tenant.id))

    def undone(self) -> int:
        """Messages still on their way in or out."""
        return int(self.world.value(
            "select count(*) from public.et_messages where tenant_id = %s and delivery_status in"
            " ('received', 'inbound_processing', 'queued', 'sending')", self.tenant.id,
        ))  # fmt: skip


def walk(world: World, examples: int, steps: int) -> None:
    """Run the machine."""
    Walk.world = world
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks
        ),
    )


def test_short_walks_keep_every_promise(world: World) -> None:
    """Eight hundred steps at most in the normal suite."""
    walk(world, 20, 40)


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_long_walks_keep_every_promise(world: World) -> None:
    """Tens of thousands of steps, by `make prove`."""
    walk(world, 300, 80)


def test_the_walk_would_notice(world: World) -> None:
    """The machine's own check fails when a promise is broken behind the functions' backs."""
    tenant = world.tenant()
    message = world.arrive(tenant)
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute("update public.et_threads set unread_count = 7 where id = %s", [message["thread_id"]])
    assert "thread_head_is_true" in world.violations(tenant)
