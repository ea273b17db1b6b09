"""Bookings, and what conversations are told of them: once, in the right place, and without anybody's words."""

import json
import uuid
from typing import Any

import psycopg

from tests.db.helpers import World, refused
from tests.db.marketplace.kit import Market, Person, person


def test_a_booking_begins_a_conversation_and_tells_its_turns(world: World, shop: Market) -> None:
    """Asked for, confirmed, moved, cancelled: four system messages with their facts, and no title in any."""
    made = shop.booking(title="Secret surprise", starts_at="2030-01-02T09:00:00Z")
    shop.set(shop.rob, "booking", made, "confirmed")
    shop.set(shop.rob, "booking", made, "confirmed")
    shop.call(shop.ann, "change_booking(%s, %s)", made["id"], {"starts_at": "2030-01-03T09:00:00Z"})
    shop.call(shop.ann, "change_booking(%s, %s)", made["id"], {"description": "the blue door"})
    shop.set(shop.ann, "booking", made, "cancelled")
    told = shop.told(shop.ann, shop.rob)
    events = [row["metadata"]["event"] for row in told]
    assert events == ["booking.requested", "booking.confirmed", "booking.moved", "booking.cancelled"]
    assert {(row["context_kind"], row["context_id"]) for row in told} == {("booking", made["id"])}
    assert told[2]["metadata"]["starts_at"].startswith("2030-01-03") and "Secret" not in json.dumps(told, default=str)
    assert world.violations(shop.tenant) == {}


def test_all_turns_of_a_pair_are_told_in_their_one_conversation(world: World, shop: Market) -> None:
    """Two bookings and a job of the same two people: one thread, each message with its own context."""
    first, second = shop.booking(), shop.booking(kind="job")
    told = shop.told(shop.ann, shop.rob)
    assert [(row["context_kind"], row["context_id"]) for row in told] == [
        ("booking", first["id"]),
        ("job", second["id"]),
    ]
    assert world.value("select count(*) from public.et_threads where tenant_id = %s and kind = 'direct'",
                       shop.tenant.id) == 1  # fmt: skip
    assert world.value("select count(*) from public.jobs where tenant_id = %s", shop.tenant.id) == 1


def test_a_bid_is_told_to_its_pair_alone(world: World, shop: Market) -> None:
    """Who was turned down learns that, and nothing of the bid that was accepted."""
    card, other = shop.card(), person(world, shop.tenant, "provider")
    bid, lost = shop.bid(card), shop.bid(card, other)
    shop.booking()
    world.value("select private.open_conversation(%s, %s, %s)", shop.tenant.id, shop.ann.contact, other.contact)
    shop.set(shop.ann, "bid", bid, "accepted")
    told = [(row["metadata"]["event"], row["metadata"]["object_id"]) for row in shop.told(shop.ann, other)]
    assert told == [("bid.rejected", lost["id"])]
    assert ("bid.accepted", bid["id"]) in [
        (row["metadata"]["event"], row["metadata"]["object_id"]) for row in shop.told(shop.ann, shop.rob)
    ]


def test_who_has_not_signed_up_finds_it_later(world: World, shop: Market) -> None:
    """A booking the staff enters for a lead is told in a conversation he finds once a sign-in is his."""
    lead = world.value("insert into public.contacts (tenant_id, kind) values (%s, 'lead') returning id", shop.tenant.id)
    named = {"title": "Visit", "customer_id": str(shop.ann.contact), "provider_id": str(lead)}
    assert shop.call("agent", "create_booking(%s)", named)["created"]
    user = world.user()
    world.owner.execute(
        "insert into public.contact_identities (tenant_id, contact_id, kind, address) select %s, %s, 'email', email"
        " from auth.users where id = %s", [shop.tenant.id, lead, user],
    )  # fmt: skip
    assert world.rpc(user, None, "claim_contact(%s)", shop.tenant.slug)["contact_id"] == str(lead)
    (one,) = world.rpc(user, None, "list_conversations()")["items"]
    assert one["preview"] == "A booking was requested." and one["unread_count"] == 1


def test_rivals_do_not_meet(world: World, shop: Market) -> None:
    """Two bidders for one card see the customer and themselves, and may write to her alone."""
    card, other = shop.card(), person(world, shop.tenant, "provider")
    shop.bid(card)
    shop.bid(card, other)

    def people(who: Person) -> set[str]:
        listed = world.rpc(who.user, None, "list_people('bid_card', %s)", card["id"])["items"]
        return {one["contact_id"] for one in listed}

    assert people(shop.rob) == {str(shop.rob.contact), str(shop.ann.contact)}
    assert people(shop.ann) == {str(shop.ann.contact), str(shop.rob.contact), str(other.contact)}
    call = "start_thread(p_contact_id => %s, p_context_kind => 'bid_card', p_context_id => %s, p_body => 'Hi')"
    for again, values in ((call, [card["id"]]), ("start_thread(p_contact_id => %s, p_body => 'Hi')", [])):
        assert world.rpc(other.user, None, again, shop.rob.contact, *values)["code"] == "not_found"
    assert world.rpc(other.user, None, call, shop.ann.contact, card["id"])["message_id"]


def test_the_side_that_was_asked_confirms(world: World, shop: Market) -> None:
    """Not who asked; a provider proposes to whom he has bid for, to nobody else; a settled booking stays as it is."""
    made = shop.booking()
    with refused("PT403", code="not_your_part"):
        shop.set(shop.ann, "booking", made, "confirmed")
    stranger = person(world, shop.tenant, "provider")
    named = {"title": "Buy this", "customer_id": str(shop.ann.contact), "provider_id": str(stranger.contact)}
    denied = shop.call(stranger, "create_booking(%s, %s)", named, shop.tenant.slug)
    assert denied["code"] == "not_found"
    bid = shop.bid(shop.card())
    proposed = shop.booking(shop.rob, bid_id=bid["id"], provider_id=str(shop.rob.contact))
    with refused("PT403", code="not_your_part"):
        shop.set(shop.rob, "booking", proposed, "confirmed")
    assert shop.set(shop.ann, "booking", proposed, "declined")["status"] == "declined"
    with refused("PT409", code="booking_settled"):
        shop.call(shop.ann, "change_booking(%s, %s)", proposed["id"], {"title": "x"})
    with refused("PT409", code="refused_transition"):
        shop.set(shop.rob, "booking", proposed, "completed")


def test_said_twice_or_at_once_it_is_one_booking(world: World, shop: Market) -> None:
    """The id is the caller's: eight calls make one booking and one message."""
    claims = json.dumps({"sub": str(shop.ann.user), "role": "authenticated"})
    body = json.dumps({"id": str(uuid.uuid4()), "title": "Visit", "provider_id": str(shop.rob.contact)})

    def book(connection: psycopg.Connection[Any], _: int) -> bool:
        with connection.transaction():
            connection.execute("select private.enter_request(%s, false)", [claims])
            row: Any = connection.execute(
                "select public.create_booking(%s::jsonb, %s) as made", [body, shop.tenant.slug]
            ).fetchone()
        return bool(row["made"]["created"])

    assert sorted(world.together(8, book, role="parley_api")) == [False] * 7 + [True]
    assert len(shop.told(shop.ann, shop.rob)) == 1


def test_parties_are_in_the_context_while_it_concerns_them(world: World, shop: Market) -> None:
    """A bidder is in the card's until he is turned down, the chosen one in the project's, too."""
    project = shop.project()
    card = shop.card(project_id=project["id"])
    other = person(world, shop.tenant, "provider")
    bid = shop.bid(card)
    shop.bid(card, other)

    def inside(kind: str, row: Any) -> set[Any]:
        rows = world.all(
            "select contact_id from public.context_participants where tenant_id = %s and context_kind = %s"
            " and context_id = %s and left_at is null", shop.tenant.id, kind, row["id"],
        )  # fmt: skip
        return {one["contact_id"] for one in rows}

    assert inside("bid_card", card) == {shop.ann.contact, shop.rob.contact, other.contact}
    assert inside("project", project) == {shop.ann.contact}
    shop.set(shop.ann, "bid", bid, "accepted")
    assert inside("bid_card", card) == {shop.ann.contact, shop.rob.contact} == inside("project", project)
    made = shop.booking()
    assert inside("booking", made) == {shop.ann.contact, shop.rob.contact}
    shop.set(shop.rob, "booking", made, "declined")
    assert inside("booking", made) == {shop.ann.contact}


def test_an_erased_person_leaves_no_words(world: World, shop: Market) -> None:
    """Titles, descriptions, proposals and places go, open things end, the other side is told; the core still holds."""
    project = shop.project(title="Zebrafish pond", description="with a marmoset", location="Quist street 1")
    card = shop.card(project_id=project["id"], description="marmoset", location="Quist street 1")
    shop.bid(card, proposal="ocelot tiles")
    shop.booking(title="Zebrafish visit", location="Quist street 1")
    for who in (shop.ann, shop.rob):
        assert shop.call("admin", "erase_contact(%s, 'request')", who.contact)["erasure_id"]
    for table in ("projects", "bid_cards", "contractor_bids", "bookings"):
        text = str(world.all(f"select * from public.{table} where tenant_id = %s", shop.tenant.id))
        assert not any(word in text.lower() for word in ("zebrafish", "marmoset", "ocelot", "quist")), table
    states = world.all(
        "select status from public.projects where tenant_id = %s union all select status from public.bid_cards"
        " where tenant_id = %s union all select status from public.bookings where tenant_id = %s", *[shop.tenant.id] * 3,
    )  # fmt: skip
    assert {row["status"] for row in states} == {"cancelled"}
    assert world.violations(shop.tenant) == {}


def test_a_list_costs_what_one_has(world: World, shop: Market) -> None:
    """Among many tenants' bookings a party's own are found by index, whatever the query does not say."""
    shop.booking()
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(
            "insert into public.bookings (tenant_id, customer_id, provider_id, title)"
            " select md5(mod(n, 20)::text)::uuid, gen_random_uuid(), gen_random_uuid(), 't' from generate_series(1, 20000) as n"
        )
        admin.execute("analyze public.bookings")
    query = "select id from public.bookings order by created_at desc, id desc limit 50"
    with world.acting(shop.ann.user) as connection:
        plan = "\n".join(row["QUERY PLAN"] for row in connection.execute(f"explain {query}"))
        assert len(connection.execute(query).fetchall()) == 1
    assert "Seq Scan on bookings" not in plan and "bookings_tenant_id_customer_id_idx" in plan, plan
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute("delete from public.bookings where title = 't'")
