"""Devices of customers and providers: where they are registered, and how many."""

from tests.db.helpers import World, refused
from tests.db.push.test_people import Pushed
from tests.db.push.test_push import register


def test_who_is_a_contact_of_one_business_need_not_name_it(world: World) -> None:
    """Of several he says which; a stranger is told that he is nobody there."""
    chat = Pushed(world)
    bob = chat.person("Bob")
    assert register(world, bob.user, None, "https://push.test/one")["contact_id"] == str(bob.contact)
    other = world.tenant()
    world.arrive(other, world.value("select email from auth.users where id = %s", bob.user))
    world.rpc(bob.user, None, "claim_contact(%s)", other.slug)
    with refused("PT422", code="which_tenant"):
        register(world, bob.user, None, "https://push.test/one")
    with refused("PT403", code="not_linked"):
        register(world, world.user(), None, "https://push.test/one")


def test_a_person_has_at_most_twenty_devices(world: World) -> None:
    """The one that registered longest ago goes."""
    chat = Pushed(world)
    bob = chat.person("Bob")
    chat.carry(bob, *(f"d{number}" for number in range(20)))
    chat.carry(bob, "d0", "new")
    rows = world.all(
        "select address from public.contact_identities where contact_id = %s and kind = 'push'", bob.contact
    )
    kept = {row["address"].split("#")[0].rpartition("/")[2] for row in rows}
    assert len(kept) == 20 and {"d0", "new"} <= kept and "d1" not in kept
