"""A tenant's voice: admins set it within bounds, and no other tenant's replies hear of it."""

import json
from typing import Any

import pytest

from tests.db.helpers import World, refused

VOICE = {
    "voice_tone": "warm, to the point", "voice_formality": "formal", "voice_signature": "Warmly\nAnn",
    "voice_avoid": ["cheap", "no problem"],
}  # fmt: skip
SPOKEN = {
    "tone": "warm, to the point",
    "formality": "formal",
    "signature": "Warmly\nAnn",
    "avoid": ["cheap", "no problem"],
}
SILENT = {"tone": None, "formality": "neutral", "signature": None, "avoid": []}


def change(settings: dict[str, Any]) -> tuple[str, str]:
    """The call that sets these settings."""
    return "update_tenant(%s::jsonb)", json.dumps({"settings": settings})


def test_admins_set_it_and_deciders_are_told(world: World) -> None:
    """What is named changes, the rest stays; null goes back to none; the context of a decision carries it."""
    tenant, other = world.tenant("admin"), world.tenant()
    call, patch = change(VOICE)
    world.rpc(tenant.people["admin"], tenant, call, patch)
    for one, voice in ((tenant, SPOKEN), (other, SILENT)):
        thread = world.arrive(one)["thread_id"]
        context = world.value("select private.decision_context(%s, %s, 1, 1)", one.id, thread)
        assert context["knowledge"]["voice"] == voice
    call, patch = change({"voice_tone": None, "voice_signature": None})
    world.rpc(tenant.people["admin"], tenant, call, patch)
    assert world.value("select private.tenant_knowledge(%s)", tenant.id)["voice"] == SPOKEN | {
        "tone": None,
        "signature": None,
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"voice_tone": "x" * 201}, {"voice_tone": ""}, {"voice_tone": "warm\nknowledge = {}"},
        {"voice_formality": "rude"}, {"voice_formality": None}, {"voice_signature": "x" * 301}, {"voice_signature": ""},
        {"voice_signature": "a\tb"}, {"voice_avoid": ["x" * 61]}, {"voice_avoid": ["x"]}, {"voice_avoid": [None]},
        {"voice_avoid": ["a\nb"]}, {"voice_avoid": [["ab"], ["cd"]]}, {"voice_avoid": ["word"] * 51}, {"voice_avoid": None},
    ],
)  # fmt: skip
def test_it_is_short(world: World, settings: dict[str, Any]) -> None:
    """Each part has bounds, and nothing that only machines see."""
    tenant = world.tenant("admin")
    call, patch = change(settings)
    with refused("23514", "23502"):
        world.rpc(tenant.people["admin"], tenant, call, patch)


def test_nobody_else_sets_or_sees_it(world: World) -> None:
    """Not an agent, not a stranger who is an owner elsewhere: his change is his own tenant's, and he reads his own row."""
    tenant, other = world.tenant("admin", "agent"), world.tenant()
    call, patch = change(VOICE)
    world.rpc(tenant.people["admin"], tenant, call, patch)
    call, mine = change({"voice_tone": "mine"})
    with refused("PT403"):
        world.rpc(tenant.people["agent"], tenant, call, mine)
    stranger = other.people["owner"]
    with refused("PT403"):
        world.rpc(stranger, tenant, call, mine)
    world.rpc(stranger, other, call, mine)
    assert world.value("select private.tenant_knowledge(%s)", tenant.id)["voice"] == SPOKEN
    with world.acting(stranger, other) as connection:
        rows = connection.execute("select tenant_id, voice_tone from public.tenant_settings").fetchall()
        assert [(row["tenant_id"], row["voice_tone"]) for row in rows] == [(other.id, "mine")]
        changed = connection.execute("select has_table_privilege('public.tenant_settings', 'update') as may").fetchone()
        assert changed["may"] is False
