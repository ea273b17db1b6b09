"""Requests for bids: who may bid, who judges, what an award moves, and that one of two is accepted."""

import json
import uuid
from typing import Any

import psycopg
import pytest

from tests.db.helpers import World, refused
from tests.db.marketplace.kit import Market, person


def states(world: World, card: Any) -> list[str]:
    """The states of a card's bids, oldest first."""
    rows = world.all("select status from public.contractor_bids where bid_card_id = %s order by created_at", card["id"])
    return [row["status"] for row in rows]


def test_an_accepted_bid_awards_the_card_and_turns_the_others_down(world: World, shop: Market) -> None:
    """Card awarded, project under way, the other bid rejected, a withdrawn one left alone; all of it on record."""
    project = shop.project()
    card = shop.card(project_id=project["id"])
    others = [person(world, shop.tenant, "provider") for _ in range(2)]
    first, second, third = shop.bid(card), shop.bid(card, others[0]), shop.bid(card, others[1])
    shop.set(others[1], "bid", third, "withdrawn")
    shop.set(shop.ann, "bid", first, "shortlisted")
    shop.set(shop.ann, "bid", first, "accepted")
    assert states(world, card) == ["accepted", "rejected", "withdrawn"]
    row = world.one("select status, awarded_bid_id from public.bid_cards where id = %s", card["id"])
    assert (row["status"], str(row["awarded_bid_id"])) == ("awarded", first["id"])
    assert world.value("select status from public.projects where id = %s", project["id"]) == "in_progress"
    actions = world.all("select action, actor from public.audit_log where object_id = %s order by id", first["id"])
    assert [row["action"] for row in actions] == ["bid.submitted", "bid.shortlisted", "bid.accepted"]
    assert actions[2]["actor"] == f"user:{shop.ann.user}"
    with refused("PT409", code="refused_transition"):
        shop.set(shop.ann, "bid", second, "accepted")
    assert world.violations(shop.tenant) == {}


def test_two_bids_accepted_at_once(world: World, shop: Market) -> None:
    """One is accepted and every other click is refused; no deadlock, one award."""
    card = shop.card()
    bids = [shop.bid(card, person(world, shop.tenant, "provider")) for _ in range(6)]
    claims = json.dumps({"sub": str(shop.ann.user), "role": "authenticated"})

    def accept(connection: psycopg.Connection[Any], number: int) -> str:
        try:
            with connection.transaction():
                connection.execute("select private.enter_request(%s, false)", [claims])
                connection.execute("select public.set_bid_status(%s, 'accepted')", [bids[number]["id"]])
        except psycopg.Error as error:
            return str(error.sqlstate)
        return "accepted"

    assert sorted(world.together(6, accept, role="parley_api")) == ["PT409"] * 5 + ["accepted"]
    assert sorted(states(world, card)) == ["accepted"] + ["rejected"] * 5
    assert world.violations(shop.tenant) == {}


def test_bidding_again_changes_the_bid(world: World, shop: Market) -> None:
    """One live bid a provider; after a withdrawal there may be a new one."""
    card = shop.card()
    bid = shop.bid(card, proposal="slate")
    again = shop.bid(card, amount=900)
    assert (bid["created"], again["created"], again["id"]) == (True, False, bid["id"])
    row = world.one("select amount, proposal from public.contractor_bids where id = %s", bid["id"])
    assert (row["amount"], row["proposal"]) == (900, "slate")
    shop.set(shop.rob, "bid", bid, "withdrawn")
    assert shop.bid(card)["id"] != bid["id"]


def test_no_bids_are_taken_when_it_is_over(world: World, shop: Market) -> None:
    """Closed, past its time, and cancelled, which also ends what waits; opened again it takes bids."""
    closed, late, cancelled = shop.card(), shop.card(closes_at="2020-01-01T00:00:00Z"), shop.card()
    shop.bid(cancelled)
    shop.set(shop.ann, "bid_card", closed, "closed")
    shop.set(shop.ann, "bid_card", cancelled, "cancelled")
    assert states(world, cancelled) == ["rejected"]
    for card in (closed, late, cancelled):
        with refused("PT409", code="bids_closed"):
            shop.bid(card)
    shop.set(shop.ann, "bid_card", closed, "published")
    assert shop.bid(closed)["created"]


def test_each_side_has_its_part(world: World, shop: Market) -> None:
    """A provider does not accept his own bid, a customer withdraws nobody's, nobody bids for his own project."""
    card = shop.card()
    bid = shop.bid(card)
    for who, status in ((shop.rob, "accepted"), (shop.rob, "shortlisted"), (shop.ann, "withdrawn")):
        with refused("PT403", code="not_your_part"):
            shop.set(who, "bid", bid, status)
    with refused("PT422", code="bad_value"):
        shop.set(shop.ann, "bid", bid, "eaten")
    world.owner.execute("update public.contacts set kind = 'provider' where id = %s", [shop.ann.contact])
    with refused("PT409", code="own_project"):
        shop.bid(card, shop.ann)
    assert shop.set("agent", "bid", bid, "rejected")["status"] == "rejected"
    with refused("PT403", code="forbidden"):
        shop.set("viewer", "bid", bid, "rejected")


def test_a_stranger_finds_nothing_to_bid_for_or_judge(world: World, shop: Market) -> None:
    """Another tenant's staff, a provider of another tenant, and a customer: as if it were missing, and on record."""
    card = shop.card()
    draft, bid = shop.card(publish=False), shop.bid(card)
    other = world.tenant()
    foreign, customer = person(world, other, "provider"), person(world, shop.tenant, "customer")
    before = world.value("select count(*) from public.access_denials where tenant_id = %s", shop.tenant.id)
    said = [
        world.rpc(other.people["owner"], other, "set_bid_status(%s, 'accepted')", bid["id"]),
        shop.call(foreign, "submit_bid(%s, %s)", card["id"], {"amount": 1}),
        shop.call(customer, "submit_bid(%s, %s)", card["id"], {"amount": 1}),
        shop.call(shop.rob, "submit_bid(%s, %s)", draft["id"], {"amount": 1}),
        shop.call(customer, "set_bid_card_status(%s, 'cancelled')", card["id"]),
        shop.call(foreign, "create_bid_card(%s, %s)", {"id": card["id"], "title": "Mine"}, other.slug),
        shop.call(foreign, "change_bid_card(%s, %s)", card["id"], {"title": "Mine"}),
    ]
    missing = shop.call(foreign, "submit_bid(%s, %s)", uuid.uuid4(), {"amount": 1})
    assert {answer["code"] for answer in said} == {"not_found"} and said[1] == missing
    after = world.value("select count(*) from public.access_denials where tenant_id = %s", shop.tenant.id)
    assert after - before == len(said)
    assert states(world, card) == ["submitted"]


def test_who_reads_what(world: World, shop: Market) -> None:
    """Bids are sealed: a provider reads his own; drafts are their customer's; published cards every provider's."""
    project = shop.project()
    card, draft = shop.card(project_id=project["id"]), shop.card(publish=False)
    other, customer = person(world, shop.tenant, "provider"), person(world, shop.tenant, "customer")
    mine, theirs = shop.bid(card), shop.bid(card, other)

    def seen(who: Any, table: str, tenant: Any = None) -> set[str]:
        with world.acting(who, tenant) as connection:
            rows = connection.execute(f"select id from public.{table} where tenant_id = %s", [shop.tenant.id])
            return {str(row["id"]) for row in rows}

    assert seen(shop.rob.user, "contractor_bids") == {mine["id"]}
    assert seen(shop.ann.user, "contractor_bids") == {mine["id"], theirs["id"]} == seen(
        shop.tenant.people["viewer"], "contractor_bids", shop.tenant)  # fmt: skip
    assert seen(shop.rob.user, "bid_cards") == {card["id"]}
    assert seen(shop.ann.user, "bid_cards") == {card["id"], draft["id"]}
    assert seen(shop.rob.user, "projects") == {project["id"]} == seen(shop.ann.user, "projects")
    shop.set(shop.ann, "bid_card", card, "closed")
    late = person(world, shop.tenant, "provider")
    assert seen(shop.rob.user, "bid_cards") == {card["id"]} and seen(late.user, "bid_cards") == set()
    for table in ("projects", "bid_cards", "contractor_bids"):
        assert seen(customer.user, table) == set() == seen(world.user(), table)


@pytest.mark.parametrize(
    ("table", "column"), [("contractor_bids", "provider_id"), ("bid_cards", "customer_id"), ("bid_cards", "tenant_id")]
)
def test_parties_and_parents_never_change(world: World, shop: Market, table: str, column: str) -> None:
    """Not even for the backend, which may write the tables."""
    card = shop.card()
    shop.bid(card)
    other = person(world, shop.tenant, "provider")
    value = world.tenant().id if column == "tenant_id" else other.contact
    with refused("PT409", code="immutable"), world.owner.transaction():
        world.owner.execute(f"update public.{table} set {column} = %s where tenant_id = %s", [value, shop.tenant.id])


def test_every_status_begins_and_moves_as_the_map_says(world: World, shop: Market) -> None:
    """All pairs of states of all rows, tried on the table itself: what the map does not show is refused."""
    card = shop.card()
    bid = shop.bid(card)
    for table, kind, made in (("contractor_bids", "bid", bid), ("bid_cards", "bid_card", card)):
        constraint = world.value(
            "select pg_get_constraintdef(oid) from pg_constraint where conname = %s", f"{table}_status_check"
        )
        names = [part.split("'")[1] for part in constraint.split(",")]
        now = world.value(f"select status from public.{table} where id = %s", made["id"])
        for name in names:
            allowed = name == now or world.value("select private.is_stage(%s, %s, %s)", kind, now, name)
            if not allowed:
                with refused("PT409", code="refused_transition"), world.owner.transaction():
                    world.owner.execute(f"update public.{table} set status = %s where id = %s", [name, made["id"]])
    with refused("PT422"), world.owner.transaction():
        world.owner.execute(
            "insert into public.projects (tenant_id, customer_id, title, status) values (%s, %s, 'x', 'completed')",
            [shop.tenant.id, shop.ann.contact],
        )  # fmt: skip
