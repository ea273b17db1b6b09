"""Devices of customers and providers: where they are registered, how many, and what a merge of records does to them."""

import uuid

from tests.db.helpers import World, refused
from tests.db.push.test_notifying import ACCEPTED, endpoints, finish, tell
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


def test_a_person_with_two_records_that_were_merged_is_told_once_on_each_device(world: World) -> None:
    """Whichever of his sign-ins registered them; what he reads or says with one of them is his with the other."""
    chat = Pushed(world)
    ann, bob = chat.pair()
    rob = chat.person("Rob", "provider")
    chat.carry(bob, "bob")
    chat.carry(rob, "rob")
    thread = uuid.UUID(chat.start(ann, bob)["thread_id"])
    world.rpc(chat.tenant.people["admin"], chat.tenant, "merge_contacts(%s, %s)", rob.contact, bob.contact)
    chat.carry(bob, "bob", "new")
    chat.say(ann, thread)
    pushes = chat.due()
    assert endpoints(pushes) == ["bob", "new", "rob"]
    assert {push["content"]["count"] for push in pushes} == {1}
    assert {finish(world, push, ACCEPTED) for push in pushes} == {"pushed"}
    chat.say(bob, thread)
    assert chat.due() == []
    chat.say(ann, thread)
    chat.call(bob, "mark_read", thread_id=thread)
    assert chat.due() == [] and ("skipped", "read") in chat.states()
    assert world.rpc(bob.user, None, "forget_push(%s)", f"https://push.test/{chat.tenant.slug}/new")["forgotten"] == 1


def test_members_whose_records_were_merged_are_told_once(world: World) -> None:
    """Two sign-ins of one member, one browser: one push of a notification, and no error."""
    chat = Pushed(world)
    tenant = chat.tenant
    for role in ("agent", "admin"):
        register(world, tenant.people[role], tenant, f"https://push.test/{tenant.slug}/{role}")
    one, other = (
        world.value("select id from public.contacts where tenant_id = %s and auth_user_id = %s", tenant.id, tenant.people[role])
        for role in ("agent", "admin")
    )  # fmt: skip
    world.rpc(tenant.people["owner"], tenant, "merge_contacts(%s, %s)", one, other)
    tell(world, tenant)
    assert endpoints(chat.due()) == ["admin", "agent"]
