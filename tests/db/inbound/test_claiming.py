"""One claimant per thread, one decision per burst, and work that survives its worker."""

import psycopg

from tests.db.helpers import Row, World, heard, listening


def test_eight_workers_never_share_a_thread(world: World) -> None:
    """Eight connections claim sixty threads: each thread once, each with all its messages."""
    tenant = world.tenant()
    for person in range(60):
        for _ in range(2):
            world.arrive(tenant, f"c{person}@people.test")

    def claim(connection: psycopg.Connection[Row], number: int) -> list[Row]:
        got: list[Row] = []
        while batch := world.claim(4, f"w{number}", connection):
            got += batch
        return got

    claims = [row for rows in world.together(8, claim) for row in rows]
    assert len(claims) == 60 == len({row["thread_id"] for row in claims}) == len({row["fence"] for row in claims})
    assert all(len(row["message_ids"]) == 2 and (row["first_seq"], row["last_seq"]) == (1, 2) for row in claims)
    assert world.violations(tenant) == {}


def test_a_burst_gets_one_decision(world: World) -> None:
    """Three quick mails are one claim, one decision and one reply."""
    tenant = world.tenant()
    for _ in range(3):
        thread = world.arrive(tenant)["thread_id"]
    (claim,) = world.claim()
    assert world.complete(claim)["result"] == "recorded"
    decision = world.one("select first_seq, last_seq from public.inbound_decisions where thread_id = %s", thread)
    assert decision == {"first_seq": 1, "last_seq": 3}
    assert world.claim() == [] and world.violations(tenant) == {}


def test_work_without_a_notification_is_still_claimed(world: World) -> None:
    """A notification is a hint: whoever never heard one finds the work by looking."""
    tenant = world.tenant()
    with world.owner.transaction():
        world.owner.execute("select set_config('parley.woke_inbound', 'on', true)")
        with listening(world.database, "et_inbound") as ear:
            world.deliver(tenant, connection=world.owner)
            assert heard(ear) == []
    assert len(world.claim()) == 1


def test_an_expired_lease_is_claimed_again_with_its_messages(world: World) -> None:
    """A dead worker's burst, and what came since, goes to the next; the dead one's fence records nothing."""
    tenant = world.tenant()
    world.arrive(tenant)
    (dead,) = world.claim()
    assert world.claim() == []
    world.arrive(tenant)
    world.expire_leases()
    (alive,) = world.claim()
    assert (alive["first_seq"], alive["last_seq"]) == (1, 2) and alive["fence"] > dead["fence"]
    assert world.complete(dead) == {"result": "lost"}
    assert world.complete(alive)["result"] == "recorded"
    assert world.violations(tenant) == {}


def test_an_expired_lease_that_nobody_took_records_nothing(world: World) -> None:
    """The lease is checked at completion even when the fence still stands."""
    tenant = world.tenant()
    message = world.arrive(tenant)
    (claim,) = world.claim()
    world.expire_leases()
    assert world.complete(claim) == {"result": "lost"}
    assert world.status(message["id"]) == "inbound_processing"


def test_renewal_keeps_and_reports_loss(world: World) -> None:
    """Renewing returns the fences still held, and not those that ran out."""
    tenant = world.tenant()
    world.arrive(tenant, "a@people.test")
    world.arrive(tenant, "b@people.test")
    kept, lost = world.claim()
    world.owner.execute(
        "update private.inbound_work set lease_until = clock_timestamp() - interval '1 s' where fence = %s",
        [lost["fence"]],
    )
    rows = world.worker.execute(
        "select * from private.renew_inbound(%s, %s, %s)",
        [[tenant.id] * 2, [kept["thread_id"], lost["thread_id"]], [kept["fence"], lost["fence"]]],
    ).fetchall()
    assert [row["renew_inbound"] for row in rows] == [kept["fence"]]


def test_release_gives_the_burst_back(world: World) -> None:
    """After a graceful stop the messages say received and the next claim has them; the old fence is void."""
    tenant = world.tenant()
    message = world.arrive(tenant)
    (claim,) = world.claim()
    call = "select private.release_inbound(%s, %s, %s) as r"
    values = [tenant.id, claim["thread_id"], claim["fence"]]
    assert world.worker.execute(call, values).fetchone() == {"r": True}
    assert world.status(message["id"]) == "received"
    assert world.worker.execute(call, values).fetchone() == {"r": False}
    assert world.complete(claim) == {"result": "lost"}
    assert len(world.claim()) == 1


def test_the_housekeeper_releases_and_counts(world: World) -> None:
    """Bursts of dead workers go back to received, each loss is counted, and live leases stay."""
    tenant = world.tenant()
    dead, live = world.arrive(tenant, "a@people.test"), world.arrive(tenant, "b@people.test")
    claims = {row["thread_id"]: row for row in world.claim()}
    world.owner.execute(
        "update private.inbound_work set lease_until = clock_timestamp() - interval '1 s' where fence = %s",
        [claims[dead["thread_id"]]["fence"]],
    )
    assert world.worker.execute("select private.release_expired_inbound() as n").fetchone() == {"n": 1}
    assert (world.status(dead["id"]), world.status(live["id"])) == ("received", "inbound_processing")
    assert world.value("select expiries from private.inbound_work where thread_id = %s", dead["thread_id"]) == 1
    assert world.violations(tenant) == {}


def fail(world: World, claim: Row, error: str = "boom") -> str:
    """The handler failed."""
    row = world.worker.execute(
        "select private.fail_inbound(%s, %s, %s, %s, %s, %s) as r",
        [claim["tenant_id"], claim["thread_id"], claim["fence"], claim["last_seq"], claim["attempts"], error],
    ).fetchone()
    return str(row["r"])  # type: ignore[index]


def due(world: World) -> None:
    """Let the pause after a failure pass."""
    world.owner.execute("update private.inbound_work set run_at = clock_timestamp() - interval '1 s'")


def test_poison_ends_in_inbound_error_and_is_retried_by_hand(world: World) -> None:
    """Five handler errors set it aside with its reason and a notification; an agent sends it through again."""
    tenant = world.tenant("agent")
    message = world.arrive(tenant)
    for attempt in range(4):
        (claim,) = world.claim()
        assert claim["attempts"] == attempt
        assert fail(world, claim) == "retry"
        due(world)
    (claim,) = world.claim()
    assert fail(world, claim, "the fifth") == "inbound_error"
    decision = world.one("select action, reasons from public.inbound_decisions where tenant_id = %s", tenant.id)
    assert decision == {"action": "error", "reasons": ["the fifth"]}
    assert world.value("select kind from public.notifications where tenant_id = %s", tenant.id) == "inbound_error"
    world.rpc(tenant.people["agent"], tenant, "retry_inbound(%s)", message["id"])
    (claim,) = world.claim()
    assert world.complete(claim)["action"] == "auto_reply"
    assert world.status(message["id"]) == "inbound_ai_replied"
    assert world.violations(tenant) == {}


def test_retrying_an_old_message_does_not_loop(world: World) -> None:
    """A newer, decided message does not move the fence of an older one that is retried: it is answered."""
    tenant = world.tenant("agent")
    old = world.arrive(tenant)
    (claim,) = world.claim()
    assert fail(world, claim | {"attempts": 9}) == "inbound_error"
    world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    world.rpc(tenant.people["agent"], tenant, "retry_inbound(%s)", old["id"])
    (claim,) = world.claim()
    assert world.complete(claim)["result"] == "recorded"
    assert world.status(old["id"]) == "inbound_ai_replied" and world.violations(tenant) == {}


def test_retrying_during_a_later_decision_loses_nothing(world: World) -> None:
    """A message retried while another is being decided is decided next."""
    tenant = world.tenant("agent")
    old = world.arrive(tenant)
    fail(world, world.claim()[0] | {"attempts": 9})
    world.arrive(tenant)
    (claim,) = world.claim()
    world.rpc(tenant.people["agent"], tenant, "retry_inbound(%s)", old["id"])
    assert world.complete(claim)["result"] == "recorded"
    (again,) = world.claim()
    assert again["message_ids"] == [old["id"]]
    world.complete(again)
    assert world.violations(tenant) == {}


def test_only_errors_are_retried(world: World) -> None:
    """A message in the hands of a worker cannot be pulled away by a retry."""
    tenant = world.tenant("agent")
    message = world.arrive(tenant)
    for _ in range(2):
        try:
            world.rpc(tenant.people["agent"], tenant, "retry_inbound(%s)", message["id"])
        except psycopg.Error as error:
            assert error.sqlstate == "PT409"
        else:
            raise AssertionError("retried")
        world.claim()
    assert world.status(message["id"]) == "inbound_processing"


def test_one_waiting_message_is_not_hidden_by_a_flood(world: World) -> None:
    """Tenant A has five hundred threads waiting, B one: B is in the first claim."""
    flood, quiet = world.tenant(), world.tenant()
    world.owner.execute(
        "insert into public.et_messages (tenant_id, channel, channel_session_id, direction, delivery_status,"
        " sender_kind, sender, sender_address, body, external_message_id)"
        " select %s, 'email', %s, 'inbound', 'received', 'contact', '', 'p' || n || '@flood.test', 'x', 'f' || n"
        " from generate_series(1, 500) as n",
        [flood.id, flood.session],
    )
    world.arrive(quiet)
    claims = world.claim(10)
    assert {row["tenant_id"] for row in claims} == {flood.id, quiet.id} and len(claims) >= 5


def test_watermark_leaves_older_work_alone(world: World) -> None:
    """A claim looks from its watermark on, and a full sweep finds the rest."""
    world.arrive(world.tenant())
    later = world.worker.execute(
        "select * from private.claim_inbound('w', 5, clock_timestamp() + interval '1 h')"
    ).fetchall()
    assert later == [] and len(world.claim()) == 1


def test_a_claim_beside_writers_always_brings_its_messages(world: World) -> None:
    """Claiming and completing while others write: no empty burst, no message left, everything decided once."""
    tenant = world.tenant(auto_replies_per_hour=0)

    def work(connection: psycopg.Connection[Row], number: int) -> int:
        if number < 4:
            for mail in range(40):
                world.deliver(tenant, f"r{mail % 3}@people.test", external_id=f"{number}-{mail}", connection=connection)
            return 0
        decided = idle = 0
        while idle < 200:
            for claim in world.claim(2, f"w{number}", connection):
                idle = 0
                assert claim["message_ids"] and claim["last_seq"] is not None
                row = connection.execute(
                    "select private.complete_inbound(%s, %s, %s, %s, %s::jsonb) as r",
                    [tenant.id, claim["thread_id"], claim["fence"], claim["last_seq"], '{"action": "no_reply"}'],
                ).fetchone()
                assert row is not None and row["r"]["result"] == "recorded"
                decided += len(claim["message_ids"])
            idle += 1
        return decided

    assert sum(world.together(7, work)) == 160
    assert world.violations(tenant) == {}


def test_an_empty_work_row_disappears(world: World) -> None:
    """A work row whose messages are all decided (a rebuild met a completion) is removed, not claimed for ever."""
    tenant = world.tenant()
    row = world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    world.owner.execute(
        "insert into private.inbound_work (tenant_id, thread_id, first_seq) values (%s, %s, 1)",
        [tenant.id, row["thread_id"]],
    )
    assert world.claim() == []
    assert world.value("select count(*) from private.inbound_work where tenant_id = %s", tenant.id) == 0
