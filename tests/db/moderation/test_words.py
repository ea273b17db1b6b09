"""What one writes and another reads beside messages: names, the marketplace, ids; and the patterns that stand before it."""

import contextlib
import re
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.db.chat.kit import Person
from tests.db.helpers import Row, World, detail, refused
from tests.db.marketplace.kit import Market, market
from tests.db.moderation.crawl import crawl
from tests.db.moderation.kit import EVERYTHING, Judged
from tests.db.moderation.words_kit import judge, over_rest

NUMBER = "Call Joe 510-574-7946"
ALLOWED = {"people": {"before": {"phone": {"action": "allow"}}, "after": {}}}
INTRODUCED = {"people": {"before": {}, "after": {"phone": {"action": "allow"}}}}
READ_BY_OTHERS = {
    "name", "title", "text", "kind", "place", "key", "value", "proposal", "group", "groupid", "id", "body", "file", "type",
}  # fmt: skip
"""What the list of docs/moderation/words.md says that others read."""
CHAT = {"group", "groupid", "id", "body", "file", "type"}
"""Of it, what the staff read with a reason alone."""
ONLY_OF_STAFF = {"company", "locale", "region", "skill", "source"}


@contextlib.contextmanager
def unfit(field: str, *kinds: str) -> Iterator[None]:
    """The block is refused, with the field and what stands in it."""
    with refused("PT422", code="bad_value") as caught:
        yield
    told = detail(caught[0])
    assert (told["field"], told.get("kinds", [])) == (field, list(kinds)), told


def shop(world: World, lanes: Row | None = None, **document: Any) -> Market:
    """A marketplace of Ann and Rob whose people's texts are judged."""
    made = market(world)
    Judged(world, tenant=made.tenant).decree({"lanes": EVERYTHING if lanes is None else lanes, **document})
    return made


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (NUMBER, {"phone"}), ("(510) 574 79 46", {"phone"}), ("+47 12 34 56 78", {"phone"}), ("020 7946 0958", {"phone"}),
        ("five one zero, five seven four, seven nine four six", {"phone"}), ("５１０ ５７４ ７９４６", {"phone"}),
        ("text me: 574-7946", {"phone"}), ("٥١٠٥٧٤٧٩٤٦", {"phone"}), ("5\u200b1\u200b0 574 7946", {"phone"}),
        ("ann@example.com", {"email", "url"}), ("ann at gmail please", {"email"}), ("ann (at) kitchens (dot) fr", {"email", "url"}),
        ("see www.kitchens.example", {"url"}), ("kitchens dot com", {"url"}), ("t.me/ann", {"url"}),
        ("I am @ann_kitchens", {"social_handle"}), ("whatsapp is best", {"social_handle"}), ("Venmo me $50", {"payment_handle"}),
    ],
)  # fmt: skip
def test_patterns_find_ways_in_prose(world: World, text: str, kinds: set[str]) -> None:
    """Written plainly, spelled or spoken."""
    assert set(world.value("select private.ways_in_prose(%s)", text)) == kinds


@pytest.mark.parametrize(
    "text",
    ["800 - 1200 sq ft, $12,000 - $15,500.00", "2026-11-30T09:00:00Z, or 12/1/2026", "Built 1998-2004, A/C of 2.5 tons",
     "Springfield, IL 62701-1234", "12 Main Street, Apt. 4", "One kitchen, two bathrooms, three doors", "at noon. Dot it.",
     "550e8400-e29b-41d4-a716-446655440000", "10 x 12 x 8 ft; 2400 kWh", "We take PayPal and Venmo.", "License 1234567",
     "800, 1200, 1500 sq ft", "Windows (3 of us) look at the dot on the wall", "24/7, 9:00-17:00"],
)  # fmt: skip
def test_patterns_leave_ordinary_prose_alone(world: World, text: str) -> None:
    """Sizes, prices, dates, codes and ids are no ways to be reached."""
    assert world.value("select private.ways_in_prose(%s)", text) == []


def test_nobody_gives_himself_a_name_that_is_a_way(world: World) -> None:
    """Refused with the field; a policy that allows it, or none, refuses nothing."""
    made = shop(world)
    for field in ("display_name", "company"):
        for name, kinds in ((NUMBER, "phone"), ("ann@kitchens", "email"), ("Rob, five one zero five seven", "phone")):
            with unfit(field, kinds):
                made.call(made.rob, "put_profile(%s, %s)", {field: name}, made.tenant.slug)
    made.call(made.rob, "put_profile(%s, %s)", {"display_name": "Rob O'Neill", "company": "Roofs 24"}, made.tenant.slug)
    for other in (shop(world, ALLOWED), market(world), shop(world, {"agent": {"after": {}}})):
        other.call(other.rob, "put_profile(%s, %s)", {"display_name": NUMBER}, other.tenant.slug)
    own = shop(world, None, allowed_domains=["acme.com"])
    own.call(own.rob, "put_profile(%s, %s)", {"company": "rob.acme.com"}, own.tenant.slug)
    with unfit("company", "url"):
        own.call(own.rob, "put_profile(%s, %s)", {"company": "notacme.com"}, own.tenant.slug)


def shown_names(chat: Judged, reader: Person, thread: str) -> set[Any]:
    """What the other is called everywhere somebody reads names."""
    people = chat.call(reader, "get_conversation", thread_id=uuid.UUID(thread))["people"]
    listed = chat.list(reader)[0]
    return {
        listed["title"], listed["people"][0]["name"],
        *(one["name"] for one in people if one["contact_id"] != str(reader.contact)),
        chat.world.value("select private.name_of(%s, other.id) from public.et_threads as t cross join lateral (select"
                         " case %s when t.contact_id then t.other_contact_id else t.contact_id end as id) as other"
                         " where t.id = %s", chat.tenant.id, reader.contact, thread),
    }  # fmt: skip


def test_a_name_from_elsewhere_is_held(world: World) -> None:
    """A mail's, an application's: others see none until the staff has entered it, or while nobody judges."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    assert shown_names(chat, bob, thread) == {"Ann"}
    world.owner.execute("update public.contacts set display_name = %s where id = %s", [NUMBER, ann.contact])
    assert shown_names(chat, bob, thread) == {None}
    assert NUMBER not in str(crawl(world, bob.user, None, {"topics": []}))
    world.owner.execute("delete from public.active_moderation where tenant_id = %s", [chat.tenant.id])
    assert shown_names(chat, bob, thread) == {NUMBER}
    chat.decree({"lanes": EVERYTHING})
    assert shown_names(chat, bob, thread) == {None}
    chat.decree({"lanes": ALLOWED})
    assert shown_names(chat, bob, thread) == {NUMBER}
    chat.decree({"lanes": EVERYTHING})
    chat.sound()
    agent = chat.tenant.people["agent"]
    world.rpc(agent, chat.tenant, "put_contact(%s, %s)", ann.contact, Jsonb({"locale": "en"}))
    assert shown_names(chat, bob, thread) == {None}
    world.rpc(agent, chat.tenant, "put_contact(%s, %s)", ann.contact, Jsonb({"display_name": NUMBER}))
    assert shown_names(chat, bob, thread) == {NUMBER}
    chat.sound()


def test_a_name_a_mail_brought_is_held(world: World) -> None:
    """It is taken as it is: the business reads it, and others are told none."""
    chat = Judged(world)
    found = world.value(
        "select private.find_or_create_contact(%s, 'email', 'joe@mail.test', %s)", chat.tenant.id, NUMBER
    )
    row = world.one("select display_name, name_held from public.contacts where id = %s", found)
    assert row == {"display_name": NUMBER, "name_held": True}
    assert world.value("select private.name_of(%s, %s)", chat.tenant.id, found) is None


TEXTS = ("title", "description", "location")


def writers(made: Market) -> dict[str, Any]:
    """Who writes which column, by name: a function of a text."""

    def changed(call: str, row: Row, field: str) -> Any:
        return lambda text: made.call(made.ann, f"{call}(%s, %s)", row["id"], {field: text})

    project, card, booking = made.project(), made.card(), made.booking()
    found: dict[str, Any] = {"proposal": lambda text: made.bid(card, proposal=text)}
    for name, make, change, row in (("project", made.project, "change_project", project),
                                    ("card", made.card, "change_bid_card", card),
                                    ("booking", made.booking, "change_booking", booking)):  # fmt: skip
        for field in (*TEXTS, *(("category",) if name != "booking" else ())):
            found[f"{name}.{field}"] = changed(change, row, field)
            found[f"new {name}.{field}"] = lambda text, make=make, field=field: make(**{field: text})
        found[f"{name}.attributes"] = lambda text, make=make: make(attributes={"a": [{"b": text}]})
        found[f"{name}.attributes key"] = lambda text, make=make: make(attributes={text: 1})
    return found


def test_no_text_of_the_marketplace_is_a_way(world: World) -> None:
    """Each column of each row, new and changed, by whoever writes it; other texts are taken."""
    made = shop(world)
    for name, write in writers(made).items():
        field = name.partition(".")[2].partition(" ")[0] or "proposal"
        with unfit(field, "phone"):
            write(NUMBER)
        write("Two rooms, 800 - 1200 sq ft")
    with refused("PT422", code="bad_length"):
        made.project(attributes={"note": "x" * 20_001})


def test_the_business_may_write_ways_and_its_backend_not(world: World) -> None:
    """Staff speak for the business; an application that copies what people typed is no judge of it."""
    made = shop(world)
    booking = made.booking()
    made.call("agent", "change_booking(%s, %s)", booking["id"], {"description": NUMBER})
    with pytest.raises(psycopg.Error, match="no numbers, addresses and links"):
        world.owner.execute("update public.bookings set description = %s where id = %s", [f"{NUMBER}!", booking["id"]])


def test_a_policy_that_allows_refuses_nothing(world: World) -> None:
    """Nor does a tenant without one."""
    for made in (shop(world, ALLOWED), shop(world, {"agent": {"after": {}}}), market(world)):
        for write in writers(made).values():
            write(NUMBER)


def test_a_booking_is_as_open_as_its_conversation(world: World) -> None:
    """Once contact details are revealed between its two, it may hold them; a request others read may not."""
    made = shop(world, INTRODUCED)
    card = made.card()
    bid = made.bid(card)
    booking = made.booking()
    with unfit("description", "phone"):
        made.call(made.ann, "change_booking(%s, %s)", booking["id"], {"description": NUMBER})
    made.set(made.ann, "bid", bid, "accepted")
    made.call(made.ann, "change_booking(%s, %s)", booking["id"], {"description": NUMBER})
    with unfit("description", "phone"):
        made.project(description=NUMBER)


def test_an_id_is_no_text(world: World) -> None:
    """Those a sender makes up stand in rows the others read."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    world.configure(chat.tenant, chat_policy="anyone")
    for told in (NUMBER, "ann@kitchens", "五一零"):
        with unfit("client_message_id"):
            chat.say(ann, thread, client_message_id=told)
        with unfit("client_message_id"):
            chat.call(ann, "start_thread", contact_ids=[bob.contact], subject="Kitchen", client_message_id=told)
    for made in (str(uuid.uuid4()), "booking:7:confirmed", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "a_b-c.d/e+f=="):
        chat.say(ann, thread, client_message_id=made)


def test_people_may_have_to_write_over_the_api(world: World) -> None:
    """Where the tenant wants it another login is refused, whose words no detector reads; the staff is not."""
    made = shop(world)
    world.configure(made.tenant, market_writes="api")
    writes, booking = writers(made), made.booking()
    with over_rest(world):
        for write in writes.values():
            with refused("PT403", code="not_allowed"):
                write("Two rooms")
        with refused("PT403", code="not_allowed"):
            made.call(made.rob, "put_profile(%s, %s)", {"display_name": "Robert"}, made.tenant.slug)
        made.call(made.rob, "put_profile(%s, %s)", {"time_zone": "UTC"}, made.tenant.slug)
        made.call(made.ann, "change_booking(%s, %s)", booking["id"], {"price": 5})
        made.call("agent", "change_booking(%s, %s)", booking["id"], {"description": "Two rooms"})
    for write in writes.values():
        write("Two rooms")


def written_everywhere(chat: Judged, ann: Person, bob: Person, thread: str) -> Row:
    """Ann writes a mark into every text she can; answers the ids to ask about."""
    slug, room = chat.tenant.slug, uuid.UUID(thread)

    def rpc(who: Person, name: str, *values: Any) -> Row:
        given = [Jsonb(value) if isinstance(value, dict) else value for value in values]
        return dict(chat.world.rpc(who.user, None, name, *given))

    def say(body: str, decision: str = "approved", **more: Any) -> uuid.UUID:
        message = uuid.UUID(chat.say(ann, room, body, **more)["message_id"])
        chat.judge(message, decision)
        return message

    row = {"title": "zqmarktitle", "description": "zqmarktext", "location": "zqmarkplace",
           "attributes": {"zqmarkkey": "zqmarkvalue"}}  # fmt: skip
    rpc(ann, "put_profile(%s, %s)", {
        "display_name": "zqmarkname", "company": "zqmarkcompany", "locale": "zqmarklocale", "home_region": "zqmarkregion",
        "capabilities": ["zqmarkskill"]}, slug)  # fmt: skip
    project = rpc(ann, "create_project(%s, %s)", {**row, "category": "zqmarkkind"}, slug)
    card = rpc(ann, "create_bid_card(%s, %s)", {**row, "publish": True, "project_id": project["id"]}, slug)
    booking = rpc(ann, "create_booking(%s, %s)", {**row, "provider_id": str(bob.contact)}, slug)
    chat.world.owner.execute("update public.contacts set kind = 'provider' where id = %s", [ann.contact])
    asked = rpc(bob, "create_bid_card(%s, %s)", {"title": "Tiles", "publish": True}, slug)
    rpc(ann, "submit_bid(%s, %s)", asked["id"], {"amount": 3, "proposal": "zqmarkproposal"})
    rpc(ann, "create_referral(%s, %s)", {"source": "zqmarksource"}, slug)
    group = chat.call(ann, "start_thread", contact_ids=[bob.contact], subject="zqmarkgroup", body="x",
                      client_message_id="zqmarkgroupid")  # fmt: skip
    chat.judge(group["message_id"])
    judge(chat)
    file = uuid.UUID(chat.call(ann, "reserve_attachment", filename="zqmarkfile.pdf", content_type="text/zqmarktype",
                               size_bytes=9)["attachment_id"])  # fmt: skip
    message = say("zqmarkbody", client_message_id="zqmarkid", attachments=[file])
    chat.call(ann, "appeal_moderation", message_id=say("no", "blocked"), text="zqmarkappeal")
    return {
        "p_thread_id": room, "p_message_id": message, "p_attachment_id": file, "p_contact_id": ann.contact,
        "p_tenant_slug": slug, "p_context_kind": "booking", "p_context_id": booking["id"],
        "p_project_id": uuid.UUID(project["id"]), "p_bid_card_id": uuid.UUID(card["id"]),
        "topics": [f"thread:{thread}", f"user:{bob.user}", f"user:{ann.user}", f"inbox:{chat.tenant.id}"],
    }  # fmt: skip


def test_what_others_read_is_on_the_list(world: World) -> None:
    """Every table, view, call and topic is asked: what is read is judged, refused or named in docs/moderation/words.md."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    world.configure(chat.tenant, chat_policy="anyone")
    known = written_everywhere(chat, ann, bob, thread)

    def marks(who: Person | uuid.UUID, tenant: Any = None) -> set[str]:
        user = who.user if isinstance(who, Person) else who
        return {
            mark for text in crawl(world, user, tenant, known).values() for mark in re.findall("zqmark([a-z]+)", text)
        }

    assert marks(bob) == READ_BY_OTHERS
    assert marks(world.user()) == set()
    assert marks(chat.tenant.people["agent"], chat.tenant) >= READ_BY_OTHERS - CHAT | ONLY_OF_STAFF
