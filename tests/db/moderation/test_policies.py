"""Versions of a tenant's moderation policy: strict, append-only, in force at once, back and forth, on record."""

import json
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from app.moderation.documents import TEMPLATES, template
from app.moderation.regions import CODES
from tests.db.helpers import Row, Tenant, World, detail, refused
from tests.db.moderation.judging import Gated

CASES = json.loads((Path(__file__).parents[2] / "moderation" / "documents.json").read_text())
OPEN = {"lanes": {"people": {}}}


def put(world: World, tenant: Tenant, document: Any = OPEN, who: str = "owner", **options: Any) -> Row:
    """A new version, as a member."""
    given = {"note": None, "activate": True, "expected": None} | options
    return dict(
        world.rpc(tenant.people[who], tenant, "put_moderation_policy(%s, %s, %s, %s)", Jsonb(document), *given.values())
    )


def active(world: World, tenant: Tenant) -> int | None:
    """The version in force."""
    rows = world.all("select version from public.active_moderation where tenant_id = %s", tenant.id)
    return rows[0]["version"] if rows else None


def test_a_document_is_stored_or_the_field_is_named(world: World) -> None:
    """The same cases as the command line's: what is wrong is named by its path, with a remedy."""
    check = "select private.check_moderation_document(%s)"
    for case in CASES:
        if "field" not in case:
            world.value(check, Jsonb(case["document"]))
            continue
        with refused("PT422", code="bad_policy") as told:
            world.value(check, Jsonb(case["document"]))
        assert detail(told[0])["field"] == case["field"], case["case"]
        assert told[0].diag.message_hint, case["case"]


def test_templates_are_taken(world: World) -> None:
    """What the command line offers to begin with, the database takes."""
    for name in TEMPLATES:
        world.value("select private.check_moderation_document(%s)", Jsonb(template(name)))


def test_python_and_the_database_know_the_same_countries(world: World) -> None:
    """One list, kept twice."""
    assert set(world.value("select private.region_codes()")) == CODES


def test_versions_follow_each_other(world: World) -> None:
    """A version is in force at once, or waits; an older one comes back; each step is on record with who took it."""
    tenant = world.tenant("admin")
    assert put(world, tenant, note="to begin with")["active_version"] == 1
    second = put(world, tenant, {"lanes": {"ai": {}}}, who="admin", activate=False)
    assert (second["version"], second["active_version"], active(world, tenant)) == (2, 1, 1)
    world.rpc(tenant.people["admin"], tenant, "activate_moderation_policy(2)")
    back = world.rpc(tenant.people["owner"], tenant, "activate_moderation_policy(1)")
    assert (back["previous_version"], active(world, tenant)) == (2, 1)
    world.rpc(tenant.people["owner"], tenant, "switch_moderation_off()")
    world.rpc(tenant.people["owner"], tenant, "switch_moderation_off()")
    assert active(world, tenant) is None
    rows = world.all(
        "select action, object_id, actor from public.audit_log where tenant_id = %s and object_kind = %s order by at",
        tenant.id, "moderation_policy",
    )  # fmt: skip
    assert [(row["action"].removeprefix("moderation_policy."), row["object_id"]) for row in rows] == [
        ("added", "1"), ("activated", "1"), ("added", "2"), ("activated", "2"), ("rolled_back", "1"),
        ("switched_off", "1"),
    ]  # fmt: skip
    assert rows[3]["actor"] == f"user:{tenant.people['admin']}"
    assert len(world.all("select from public.moderation_policies where tenant_id = %s", tenant.id)) == 2


def test_two_admins_do_not_overwrite_each_other(world: World) -> None:
    """Whoever names the version he read is refused when another is in force by now, whatever he does."""
    tenant = world.tenant()
    owner = tenant.people["owner"]
    put(world, tenant, expected=0)
    with refused("PT409", code="policy_moved"):
        put(world, tenant, expected=0)
    with refused("PT409", code="policy_moved"):
        world.rpc(owner, tenant, "activate_moderation_policy(1, 7)")
    with refused("PT409", code="policy_moved"):
        world.rpc(owner, tenant, "switch_moderation_off(0)")
    assert active(world, tenant) == 1


def test_a_version_stays_as_it_is(world: World) -> None:
    """Not even the owner of the tables changes what was in force."""
    tenant = world.tenant()
    put(world, tenant)
    for statement in ("update public.moderation_policies set note = 'x'", "delete from public.moderation_policies"):
        with pytest.raises(Exception, match="append"):
            world.owner.execute(f"{statement} where tenant_id = %s", [tenant.id])


def test_it_counts_for_the_next_message(world: World) -> None:
    """What waits is judged by the new version, whoever began with the old one; once it is off nothing waits any more."""
    gated = Gated(world)
    ann, _, thread = gated.talk()
    waiting = gated.say(ann, thread, "call me at 650-253-0000")["message_id"]
    begun = gated.verdict(gated.inputs(waiting), "approved")
    put(world, gated.tenant, {"lanes": {"people": {"before": {"phone": {"action": "block"}}}}, "regions": ["US"]})
    assert gated.record(waiting, begun)["result"] == "stale"
    assert gated.pass_gate(waiting) == "blocked"
    last = gated.say(ann, thread, "650-253-0001")["message_id"]
    world.rpc(gated.tenant.people["owner"], gated.tenant, "switch_moderation_off()")
    after = gated.say(ann, thread, "650-253-0002")["message_id"]
    assert (gated.status(last), gated.status(after)) == ("pending", "approved")
    assert gated.pass_gate(last) == "blocked"


def test_what_differs_between_two_versions(world: World) -> None:
    """By path, with both values; a list is one value."""
    tenant = world.tenant("viewer")
    put(world, tenant, {"lanes": {"people": {"before": {"phone": {"action": "mask"}}}}, "regions": ["US"]})
    put(world, tenant, {"lanes": {"people": {"before": {"phone": {"action": "block"}}}, "ai": {}}, "regions": ["US"],
                        "window": 3})  # fmt: skip
    answer = world.rpc(tenant.people["viewer"], tenant, "diff_moderation_policies(1, 2)")
    assert answer["changes"] == [
        {"path": "lanes.ai", "from": None, "to": {}},
        {"path": "lanes.people.before.phone.action", "from": "mask", "to": "block"},
        {"path": "window", "from": None, "to": 3},
    ]
    assert world.rpc(tenant.people["viewer"], tenant, "diff_moderation_policies(1, 9)")["code"] == "not_found"


def test_only_admins_change_a_policy(world: World) -> None:
    """Agents and viewers read; a member of another tenant changes his own alone."""
    tenant, other = world.tenant("agent", "viewer"), world.tenant()
    for who in ("agent", "viewer"):
        with refused("PT403", code="forbidden"):
            put(world, tenant, who=who)
    with refused("PT403"):
        world.rpc(other.people["owner"], tenant, "switch_moderation_off()")
    put(world, other)
    assert active(world, tenant) is None
