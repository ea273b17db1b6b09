"""Append-only to every runtime role, tamper-evident to the owner."""

from typing import Any

import pytest

from tests.db.helpers import Tenant, World, refused


def log(world: World, tenant: Tenant, rows: int = 3) -> None:
    """Some rows, each in a transaction of its own."""
    for number in range(rows):
        world.owner.execute("select private.audit(%s, 'test.done', 'test', %s)", [tenant.id, str(number)])


def seal(world: World, tenant: Tenant, *, at_once: bool = False) -> int:
    """Seal, as the housekeeper does; unless `at_once`, when nothing that other tests do is in the way."""
    if not at_once:
        world.let_others_finish()
    row = world.worker.execute("select private.checkpoint_audit(%s) as n", [tenant.id]).fetchone()
    return int(row["n"])  # type: ignore[index]


def verdicts(world: World, tenant: Tenant) -> list[bool | None]:
    """What verify_audit says of each checkpoint."""
    return [row["intact"] for row in world.all("select * from private.verify_audit(%s)", tenant.id)]


@pytest.mark.parametrize("role", ["service_role", "authenticated", "anon", "parley_worker", "parley_api"])
def test_no_runtime_role_changes_the_log(world: World, role: str) -> None:
    """Insert, update, delete and truncate are refused, also with the retention switch set by hand."""
    log(world, world.tenant())
    for statement in (
        "insert into public.audit_log (tenant_id, actor, action, object_kind) select id, 'x', 'x', 'x' from"
        " public.tenants",
        "update public.audit_log set actor = 'x'",
        "delete from public.audit_log",
        "truncate public.audit_log",
        "delete from public.audit_checkpoints",
    ):
        with refused("42501"), world.database.connect("admin") as admin, admin.transaction():
            admin.execute(f"set local role {role}")
            admin.execute("set local parley.retention = 'on'")
            admin.execute(statement)


def test_the_owner_is_stopped_by_trigger(world: World) -> None:
    """Even the owner has to disable something first."""
    log(world, world.tenant())
    for statement in ("update public.audit_log set actor = 'x'", "delete from public.audit_log",
                      "truncate public.audit_log", "update public.audit_checkpoints set digest = ''",
                      "delete from public.access_denials where true", "truncate public.access_denials"):  # fmt: skip
        if "access_denials where" in statement:
            world.owner.execute(
                "insert into public.access_denials (tenant_id, actor, surface, action, object_kind,"
                " object_id) select id, 'x', 'rpc', 'x', 'x', 'x' from public.tenants limit 1"
            )
        if "audit_checkpoints" in statement:
            tenant = world.tenant()
            log(world, tenant)
            seal(world, tenant)
        with refused("PT405", code="append_only"):
            world.owner.execute(statement)


@pytest.mark.parametrize("tampering", [
    "update public.audit_log set actor = 'nobody' where id = (select id from mine limit 1)",
    "update public.audit_log set at = at + interval '1 ms' where id = (select id from mine limit 1)",
    "delete from public.audit_log where id = (select id from mine limit 1)",
    "insert into public.audit_log (tenant_id, actor, action, object_kind, xid)"
    " select tenant_id, 'x', 'x', 'x', xid from mine limit 1",
])  # fmt: skip
def test_tampering_by_the_owner_shows(world: World, tampering: str) -> None:
    """With the triggers disabled a sealed row can be changed, and every later look says so."""
    tenant, other = world.tenant(), world.tenant()
    for made in (tenant, other):
        log(world, made)
        assert seal(world, made) == 3 and verdicts(world, made) == [True]
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(f"with mine as (select * from public.audit_log where tenant_id = %s) {tampering}", [tenant.id])
    assert verdicts(world, tenant) == [False] and verdicts(world, other) == [True]


def test_removing_a_link_breaks_the_next(world: World) -> None:
    """The digests are a chain: without the first checkpoint the second does not verify."""
    tenant = world.tenant()
    for _ in range(2):
        log(world, tenant)
        seal(world, tenant)
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute("delete from public.audit_checkpoints where tenant_id = %s and number = 1", [tenant.id])
    assert verdicts(world, tenant) == [False]


def test_sealing_beside_open_transactions_forgets_nothing(world: World) -> None:
    """A row whose transaction is still open is not sealed over: it comes with a later checkpoint."""
    tenant = world.tenant()
    with world.database.connect(autocommit=False) as slow:
        slow.execute("select private.audit(%s, 'slow', 'test', null)", [tenant.id])
        log(world, tenant)
        assert seal(world, tenant, at_once=True) == 0
        slow.commit()
    assert seal(world, tenant) == 4 and verdicts(world, tenant) == [True]
    assert seal(world, tenant) == 0


def test_concurrent_sealers_cover_every_row_once(world: World) -> None:
    """Writers and sealers at once: the chain verifies and covers exactly the rows there are."""
    tenant = world.tenant()

    def act(connection: Any, number: int) -> None:
        for turn in range(25):
            if number < 3:
                connection.execute("select private.audit(%s, 'busy', 'test', %s)", [tenant.id, f"{number}-{turn}"])
            else:
                connection.execute("select private.checkpoint_audit(%s)", [tenant.id])

    world.together(6, act, "postgres")
    seal(world, tenant)
    assert all(verdicts(world, tenant))
    covered = world.value("select sum(rows_covered) from public.audit_checkpoints where tenant_id = %s", tenant.id)
    assert covered == 75 == world.value("select count(*) from public.audit_log where tenant_id = %s", tenant.id)


def test_retention_leaves_a_chain_that_verifies(world: World) -> None:
    """Expired links read as null, the rest as intact; recent rows cannot be expired, and the log says what went."""
    tenant = world.tenant()
    with refused("PT422", code="retention_too_short"):
        world.owner.execute("select private.expire_audit(%s, now() - interval '29 days')", [tenant.id])
    log(world, tenant)
    seal(world, tenant)
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(
            "update public.audit_checkpoints set at = at - interval '60 days' where tenant_id = %s", [tenant.id]
        )
    log(world, tenant)
    seal(world, tenant)
    assert world.value("select private.expire_audit(%s, now() - interval '31 days')", tenant.id) == 3
    assert verdicts(world, tenant) == [None, True]
    row = world.one("select details from public.audit_log where tenant_id = %s and action = 'audit.expired'", tenant.id)
    assert (row["details"]["rows"], row["details"]["through"]) == (3, 1)
    with refused("42501"):
        world.worker.execute("select private.expire_audit(%s, now() - interval '60 days')", [tenant.id])
