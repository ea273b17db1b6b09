"""What people write into rows that others read: the API's detectors find what the database's patterns do not."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.api.kit import Client, World, token
from tests.api.test_moderation import decree

Make = Callable[..., Client]
DISGUISED = "Reach me on five1zero, then fifty-seven 4, then seventy nine 46"
"""No pattern of the database finds it: `test_the_disguise_is_one_that_patterns_miss`."""


@pytest.fixture(autouse=True)
def policy(world: World) -> Iterator[None]:
    """People of acme are judged, by the defaults."""
    decree(world, {"regions": ["US"], "lanes": {"people": {"before": {}, "after": {"phone": {"action": "allow"}}}}})
    yield
    decree(world, None)


@pytest.fixture
def shop(world: World, client: Make) -> tuple[Client, Client, dict[str, Any]]:
    """Ann and Rob, and what they have in hand: ids of a project, a card and a booking of hers, a card of his."""
    (_, ann_user), (rob_id, rob_user) = (
        world.person(world.acme, kind, f"{uuid.uuid4().hex[:10]}@people.test") for kind in ("customer", "provider")
    )
    ann, rob = client(token(ann_user)), client(token(rob_user))
    new = {"title": "Tiles", "tenant_slug": "acme"}
    made = {
        "project": ann.post("/v1/projects", new), "card": ann.post("/v1/bid-cards", new | {"publish": True}),
        "booking": ann.post("/v1/bookings", new | {"provider_id": str(rob_id)}),
    }  # fmt: skip
    return ann, rob, {"rob": str(rob_id), **{name: answer.json()["id"] for name, answer in made.items()}}


def calls(ann: Client, rob: Client, ids: dict[str, Any], text: str) -> dict[str, Any]:
    """Every operation that takes such a text, with the field it is in."""
    new: dict[str, Any] = {"title": "Tiles", "tenant_slug": "acme"}
    return {
        "title": lambda: ann.post("/v1/projects", new | {"title": text}),
        "description": lambda: ann("PATCH", f"/v1/projects/{ids['project']}", {"description": text}),
        "attributes": lambda: ann.post("/v1/bid-cards", new | {"attributes": {"note": [text]}}),
        "category": lambda: ann("PATCH", f"/v1/bid-cards/{ids['card']}", {"category": text}),
        "proposal": lambda: rob.post(f"/v1/bid-cards/{ids['card']}/bids", {"amount": "3", "proposal": text}),
        "location": lambda: ann.post("/v1/bookings", new | {"location": text, "provider_id": ids["rob"]}),
        "title ": lambda: rob("PATCH", f"/v1/bookings/{ids['booking']}", {"title": text}),
        "display_name": lambda: rob("PUT", "/v1/profile", {"tenant_slug": "acme", "display_name": text}),
        "company": lambda: rob("PUT", "/v1/profile", {"tenant_slug": "acme", "company": text}),
    }


def test_the_disguise_is_one_that_patterns_miss(world: World) -> None:
    """So that the tests below show the detectors at work."""
    assert world.one("select private.ways_in_prose(%s)", DISGUISED) == []


def test_each_operation_refuses_a_disguised_number(world: World, shop: tuple[Client, Client, dict[str, Any]]) -> None:
    """With the field, the kind and what to do; nothing of it is kept; other words are taken."""
    ann, rob, ids = shop
    for name, call in calls(ann, rob, ids, DISGUISED).items():
        answer = call()
        told = answer.json()
        assert (answer.status_code, told["code"], told["field"]) == (422, "bad_value", name.strip()), answer.text
        assert told["kinds"] == ["phone"] and told["remedy"] and DISGUISED not in answer.text
    for table in ("projects", "bid_cards", "bookings", "contractor_bids", "contacts"):
        assert world.one(f"select count(*) from public.{table} as t where t::text like '%%seventy nine%%'") == 0
    for call in calls(ann, rob, ids, "Two rooms upstairs").values():
        assert call().is_success


def test_harm_is_refused_and_a_place_is_none(shop: tuple[Client, Client, dict[str, Any]]) -> None:
    """What a message would not be shown with is not in a bid; where the work is may be said where it is asked for."""
    ann, rob, ids = shop
    said = calls(ann, rob, ids, "I will kill you and your family tonight.")
    assert said["proposal"]().json()["kinds"] == ["threat"]
    place = calls(ann, rob, ids, "12 Main Street, Springfield, IL 62701")
    assert place["location"]().status_code == 201
    assert place["description"]().json()["kinds"] == ["address"]


def test_the_policy_decides(world: World, agent: Client, shop: tuple[Client, Client, dict[str, Any]]) -> None:
    """What it allows, what the staff writes, and a booking of two who were introduced."""
    ann, rob, ids = shop
    assert agent("PATCH", f"/v1/bookings/{ids['booking']}", {"description": DISGUISED}).status_code == 200
    bid = rob.post(f"/v1/bid-cards/{ids['card']}/bids", {"amount": "3"}).json()["id"]
    change = lambda: ann("PATCH", f"/v1/bookings/{ids['booking']}", {"title": DISGUISED})  # noqa: E731
    assert change().status_code == 422
    ann.post(f"/v1/bids/{bid}/status", {"status": "accepted"})
    assert change().status_code == 200
    allowed = {"phone": {"action": "allow"}}
    for document in ({"lanes": {"people": {"before": allowed, "after": allowed}}}, None):
        decree(world, document)
        for call in calls(ann, rob, {**ids, "card": open_card(ann)}, DISGUISED).values():
            assert call().is_success


def open_card(ann: Client) -> str:
    """A request that takes bids."""
    return str(ann.post("/v1/bid-cards", {"title": "Roof", "tenant_slug": "acme", "publish": True}).json()["id"])
