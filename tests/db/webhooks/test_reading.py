"""Stored calls: kept once, read in order by one worker at a time, retried, set aside, seen by the staff."""

import uuid
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.db.helpers import Row, Tenant, World, heard, listening, refused


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant for one test."""
    return world.tenant()


def claim(world: World, limit: int = 10, after: Any = None, connection: Any = None) -> list[Row]:
    """Claim accounts."""
    cursor = (connection or world.worker).cursor(row_factory=dict_row)
    return cursor.execute("select * from private.claim_webhooks('i1', %s, %s)", [limit, after]).fetchall()


def claim_one(world: World, session: Any) -> Row:
    """Claim this account."""
    return next(row for row in claim(world, 1000) if row["session_id"] == session)


def following(world: World, job: Row) -> Row | None:
    """The next call of a claimed account."""
    return world.worker.execute(
        "select * from private.next_webhook(%s, %s, %s)", [job["tenant_id"], job["session_id"], job["fence"]]
    ).fetchone()


def complete(world: World, job: Row, call: Row) -> bool:
    """It was read."""
    row = world.worker.execute(
        "select private.complete_webhook(%s, %s, %s, %s) as r",
        [job["tenant_id"], job["session_id"], job["fence"], call["webhook_id"]],
    ).fetchone()
    return bool(row["r"])  # type: ignore[index]


def fail(world: World, job: Row, call: Row, *, final: bool = False) -> str:
    """It could not be read."""
    row = world.worker.execute(
        "select private.fail_webhook(%s, %s, %s, %s, 'oops', %s) as r",
        [job["tenant_id"], job["session_id"], job["fence"], call["webhook_id"], final],
    ).fetchone()
    return str(row["r"])  # type: ignore[index]


def release(world: World, job: Row) -> None:
    """Give the account back."""
    world.worker.execute(
        "select private.release_webhooks(%s, %s, %s)", [job["tenant_id"], job["session_id"], job["fence"]]
    )


def event(world: World, session: Any) -> Row:
    """The one stored call of an account."""
    return world.one("select * from private.webhook_events where session_id = %s", session)


def test_many_copies_at_once_make_one_row(world: World, tenant: Tenant) -> None:
    """Eight connections with the same ids: each id is stored by one of them and a duplicate for the others."""

    def push(connection: psycopg.Connection[Any], _: int) -> list[str]:
        call = "select private.accept_webhook(%s, %s, '{}', 'x') as r"
        return [connection.execute(call, [tenant.session, f"e{n}"]).fetchone()["r"] for n in range(30)]  # type: ignore[index]

    results = world.together(8, push, "parley_ingress")
    assert sum(answers.count("stored") for answers in results) == 30
    assert sum(answers.count("duplicate") for answers in results) == 210
    assert world.value("select count(*) from private.webhook_work where session_id = %s", tenant.session) == 30
    assert world.violations(tenant) == {}


def test_the_same_id_of_two_accounts_is_two_calls(world: World, tenant: Tenant) -> None:
    """Ids are a provider's per account; another tenant's call is never taken for a repetition."""
    other = world.tenant()
    assert [world.push(session, "same") for session in (tenant.session, other.session, tenant.session)] == [
        "stored", "stored", "duplicate",
    ]  # fmt: skip


def test_an_account_is_read_by_one_worker_oldest_first(world: World, tenant: Tenant) -> None:
    """While it is leased nobody else gets it; completing takes payload and work away, and the next is the next oldest."""
    for number in range(3):
        world.push(tenant.session, f"e{number}", str(number).encode(), kind="x")
    job = claim_one(world, tenant.session)
    assert (job["provider"], job["channel"], job["config"]) == ("test_email", "email", {})
    assert [row for row in claim(world, 1000) if row["session_id"] == tenant.session] == []
    seen = []
    while call := following(world, job):
        seen.append((call["event_id"], bytes(call["payload"]), call["headers"]))
        assert complete(world, job, call)
        assert not complete(world, job, call)
    assert seen == [(f"e{n}", str(n).encode(), {"kind": "x"}) for n in range(3)]
    rows = world.all(
        "select payload, processed_at, error from private.webhook_events where session_id = %s", tenant.session
    )
    assert all(row["payload"] is None and row["processed_at"] and row["error"] is None for row in rows)
    assert world.push(tenant.session, "e1") == "duplicate"
    release(world, job)
    world.push(tenant.session, "e4")
    assert claim_one(world, tenant.session)["fence"] > job["fence"]
    assert world.violations(tenant) == {}


def test_a_lost_lease_records_nothing(world: World, tenant: Tenant) -> None:
    """The one who was away too long can neither complete nor fail; the other reads the same call."""
    world.push(tenant.session, "e")
    slow = claim_one(world, tenant.session)
    call = following(world, slow)
    assert call
    world.owner.execute("update private.webhook_leases set lease_until = now() - interval '1 s' where session_id = %s", [tenant.session])  # fmt: skip
    assert not complete(world, slow, call) and fail(world, slow, call) == "lost" and following(world, slow) is None
    quick = claim_one(world, tenant.session)
    again = following(world, quick)
    assert again is not None and again["webhook_id"] == call["webhook_id"]
    assert complete(world, quick, again)


def test_a_failed_call_is_passed_over_and_tried_again(world: World, tenant: Tenant) -> None:
    """The others are not held up; it comes again after a pause that grows."""
    for name in ("bad", "good"):
        world.push(tenant.session, name)
    job = claim_one(world, tenant.session)
    call = following(world, job)
    assert call and call["event_id"] == "bad" and fail(world, job, call) == "retry"
    good = following(world, job)
    assert good and good["event_id"] == "good" and complete(world, job, good)
    assert following(world, job) is None
    pauses = []
    for number in range(2, 5):
        world.owner.execute(
            "update private.webhook_work set run_at = now() where webhook_id = %s", [call["webhook_id"]]
        )
        again = following(world, job)
        assert again and again["attempts"] == number - 1 and fail(world, job, again) == "retry"
        pauses.append(world.value("select extract(epoch from run_at - clock_timestamp())::float8 from private.webhook_work where webhook_id = %s", call["webhook_id"]))  # fmt: skip
    assert pauses == sorted(pauses) and pauses[0] > 2.5
    assert world.violations(tenant) == {}


def test_seven_errors_or_nonsense_set_a_call_aside(world: World, tenant: Tenant) -> None:
    """With its payload and the reason; the staff is told once an hour."""
    for name in ("poison", "nonsense"):
        world.push(tenant.session, name)
    job = claim_one(world, tenant.session)
    results = []
    for _ in range(7):
        call = following(world, job)
        assert call and call["event_id"] == "poison"
        results.append(fail(world, job, call))
        world.owner.execute("update private.webhook_work set run_at = now() where session_id = %s", [tenant.session])
    assert results == ["retry"] * 6 + ["webhook_error"]
    nonsense = following(world, job)
    assert nonsense and fail(world, job, nonsense, final=True) == "webhook_error"
    rows = world.all(
        "select event_id, error, payload from private.webhook_events where session_id = %s", tenant.session
    )
    assert {row["error"] for row in rows} == {"oops"} and all(row["payload"] is not None for row in rows)
    assert world.value("select count(*) from public.notifications where tenant_id = %s and kind = 'webhook_error'", tenant.id) == 1  # fmt: skip
    assert world.violations(tenant) == {}


def test_a_call_that_kills_its_workers_is_found(world: World, tenant: Tenant) -> None:
    """Only the one that was being read is counted, and set aside after twenty; those behind it are read."""
    for name in ("killer", "innocent"):
        world.push(tenant.session, name)
    for _ in range(20):
        job = claim_one(world, tenant.session)
        call = following(world, job)
        assert call and call["event_id"] == "killer"
        world.owner.execute("update private.webhook_leases set lease_until = now() - interval '1 s' where session_id = %s", [tenant.session])  # fmt: skip
    job = claim_one(world, tenant.session)
    call = following(world, job)
    assert call and call["event_id"] == "innocent"
    assert world.value("select expiries from private.webhook_work where webhook_id = %s", call["webhook_id"]) == 0
    assert "did not come back" in world.value("select error from private.webhook_events where event_id = 'killer' and tenant_id = %s", tenant.id)  # fmt: skip


def test_a_paused_account_waits_and_a_deleted_one_takes_nothing(world: World, tenant: Tenant) -> None:
    """Paused: kept, unread, nobody is late. Resumed: read. Deleted: unknown."""
    change = "update public.et_channel_sessions set status = %s where id = %s"
    world.owner.execute(change, ["paused", tenant.session])
    assert world.push(tenant.session) == "stored"
    world.owner.execute(
        "update private.webhook_work set run_at = now() - interval '1 h' where session_id = %s", [tenant.session]
    )
    assert [row for row in claim(world, 1000) if row["session_id"] == tenant.session] == []
    metrics = "select depth, oldest_seconds from private.queue_metrics() where queue = 'ingress' and tenant_id = %s"
    assert world.one(metrics, tenant.id) == {"depth": 1, "oldest_seconds": 0.0}
    world.owner.execute(change, ["connected", tenant.session])
    assert world.one(metrics, tenant.id)["oldest_seconds"] > 3500
    assert claim_one(world, tenant.session)
    world.owner.execute(change, ["deleted", tenant.session])
    assert world.push(tenant.session) == "unknown"


def test_nobodys_flood_hides_anothers_call(world: World, tenant: Tenant) -> None:
    """A claim is shared among tenants, whoever came first and however much waits."""
    for _ in range(20):
        session = world.session(tenant.id, "email", f"{uuid.uuid4().hex}@x.test")
        for number in range(5):
            world.push(session, str(number))
    small = world.tenant()
    world.push(small.session)
    claimed = [row["tenant_id"] for row in claim(world, 4)]
    assert small.id in claimed and claimed.count(tenant.id) == 2


def test_a_commit_wakes_the_worker_once(world: World, tenant: Tenant) -> None:
    """One empty notification a transaction; a duplicate wakes nobody."""
    with listening(world.database, "et_ingress") as connection:
        with world.ingress.transaction():
            for number in range(3):
                world.push(tenant.session, f"wake{number}")
        assert [(note.channel, note.payload) for note in heard(connection)] == [("et_ingress", "")]
        world.push(tenant.session, "wake1")
        assert heard(connection) == []


def test_the_staff_sees_failures_and_has_them_read_again(world: World, tenant: Tenant) -> None:
    """Without payloads; a retry is audited, and only of what failed and is one's own."""
    stranger = world.tenant()
    owner, foreign = tenant.people["owner"], stranger.people["owner"]
    world.push(tenant.session, "e", b"secret text")
    world.ingress.execute("select private.reject_webhook(%s, 'signature') from generate_series(1, 3)", [tenant.session])
    job = claim_one(world, tenant.session)
    call = following(world, job)
    assert call
    assert world.rpc(owner, tenant, "retry_webhook(%s)", call["webhook_id"])["code"] == "not_found"
    fail(world, job, call, final=True)
    listed = world.rpc(owner, tenant, "list_webhook_failures()")
    assert [(one["webhook_id"], one["error"], one["size_bytes"]) for one in listed["failures"]] == [(str(call["webhook_id"]), "oops", 11)]  # fmt: skip
    assert [(one["reason"], one["count"]) for one in listed["refused"]] == [("signature", 3)]
    assert "secret" not in str(listed)
    assert world.rpc(foreign, stranger, "list_webhook_failures()") == {"failures": [], "refused": []}
    assert world.rpc(foreign, stranger, "retry_webhook(%s)", call["webhook_id"])["code"] == "not_found"
    denied = world.one(
        "select action, object_kind from public.access_denials where object_id = %s", str(call["webhook_id"])
    )
    assert denied == {"action": "retry_webhook", "object_kind": "webhook"}
    assert world.rpc(owner, tenant, "retry_webhook(%s)", call["webhook_id"])["retried"] is True
    assert world.one("select action from public.audit_log where object_id = %s", str(call["webhook_id"]))["action"] == "webhook.retried"  # fmt: skip
    again = following(world, job)
    assert again and again["attempts"] == 0 and complete(world, job, again)


def test_refusals_of_a_minute_are_one_row(world: World, tenant: Tenant) -> None:
    """However often somebody knocks; an unknown account leaves nothing, an unknown reason is refused."""
    for _ in range(50):
        world.ingress.execute("select private.reject_webhook(%s, 'signature')", [tenant.session])
    rows = world.all("select count from private.webhook_rejections where tenant_id = %s", tenant.id)
    assert len(rows) <= 2 and sum(row["count"] for row in rows) == 50
    world.ingress.execute("select private.reject_webhook(%s, 'signature')", [uuid.uuid4()])
    with refused("23514"):
        world.ingress.execute("select private.reject_webhook(%s, 'whatever')", [tenant.session])


def test_what_is_over_is_swept_and_what_waits_is_not(world: World, tenant: Tenant) -> None:
    """Read calls after a month, failed ones after three, refusals after a month; waiting ones never."""
    for name in ("read", "failed", "waiting"):
        world.push(tenant.session, name)
    job = claim_one(world, tenant.session)
    call = following(world, job)
    assert call and complete(world, job, call)
    call = following(world, job)
    assert call and fail(world, job, call, final=True)
    world.ingress.execute("select private.reject_webhook(%s, 'stale')", [tenant.session])

    def left() -> set[str]:
        world.worker.execute("select private.sweep_webhooks()")
        return {row["event_id"] for row in world.all("select event_id from private.webhook_events where tenant_id = %s", tenant.id)}  # fmt: skip

    def age(days: int) -> None:
        world.owner.execute(
            "update private.webhook_events set received_at = now() - make_interval(days => %s), processed_at = case"
            " when processed_at is not null then now() - make_interval(days => %s) end where tenant_id = %s",
            [days, days, tenant.id],
        )  # fmt: skip
        world.owner.execute("update private.webhook_rejections set minute = now() - make_interval(days => %s) where tenant_id = %s", [days, tenant.id])  # fmt: skip

    age(29)
    assert left() == {"read", "failed", "waiting"}
    age(31)
    assert left() == {"failed", "waiting"}
    assert world.all("select 1 from private.webhook_rejections where tenant_id = %s", tenant.id) == []
    age(91)
    assert left() == {"waiting"}


def test_work_is_made_again_from_the_calls(world: World, tenant: Tenant) -> None:
    """Throwing the work rows away costs nothing."""
    world.push(tenant.session)
    world.owner.execute("delete from private.webhook_work where tenant_id = %s", [tenant.id])
    assert set(world.violations(tenant)) == {"stored_call_has_work"}
    assert world.one("select * from private.rebuild_work()")["ingress"] >= 1
    assert world.violations(tenant) == {}


@pytest.mark.parametrize(
    ("event_id", "headers", "payload"),
    [
        ("", "{}", b""),
        ("x" * 301, "{}", b""),
        ("x", "[]", b""),
        ("x", '{"a": "%s"}' % ("b" * 4000), b""),
        ("x", "{}", b"x" * 1_048_577),
    ],
    ids=["no id", "long id", "no object", "long headers", "large"],
)
def test_what_the_edge_should_not_store_is_refused(
    world: World, tenant: Tenant, event_id: str, headers: str, payload: bytes
) -> None:
    """Sizes and shapes are the table's own rules."""
    with refused("23514"):
        world.ingress.execute(
            "select private.accept_webhook(%s, %s, %s, %s)", [tenant.session, event_id, headers, payload]
        )
