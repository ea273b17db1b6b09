"""A marketplace over HTTP: a customer and a provider come to terms, and others neither see nor move any of it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.kit import Client, World, token

Make = Callable[..., Client]


@pytest.fixture
def people(world: World, client: Make) -> Any:
    """Ann, a customer, Rob and Zoe, providers: contacts and clients."""
    found = {}
    for name, kind in (("ann", "customer"), ("rob", "provider"), ("zoe", "provider")):
        contact, user = world.person(world.acme, kind, f"{name}-{uuid.uuid4().hex}@example.com")
        found[name] = (contact, client(token(user)))
    return found


def test_from_a_wish_to_a_booking(people: Any, world: World, agent: Client) -> None:
    """Project, request, bids, award, booking, fee: each as himself, and the conversation says what happened."""
    (ann_id, ann), (rob_id, rob), (_, zoe) = people.values()
    project = ann.post("/v1/projects", {"title": "A new roof", "tenant_slug": "acme"}).json()
    asked = {
        "title": "Tiles",
        "tenant_slug": "acme",
        "project_id": project["id"],
        "budget_max": "5000",
        "publish": True,
    }
    card = ann.post("/v1/bid-cards", asked).json()
    assert rob.get("/v1/bid-cards", bid_card_status="published").json()["items"][0]["id"] == card["id"]
    bid = rob.post(f"/v1/bid-cards/{card['id']}/bids", {"amount": "1200.50", "days": 3}).json()
    zoe.post(f"/v1/bid-cards/{card['id']}/bids", {"amount": "9000"})
    assert [one["amount"] for one in zoe.get("/v1/bids").json()["items"]] == ["9000.00"]
    assert {one["amount"] for one in ann.get("/v1/bids", bid_card_id=card["id"]).json()["items"]} == {
        "9000.00",
        "1200.50",
    }
    own = rob.post(f"/v1/bids/{bid['id']}/status", {"status": "accepted"})
    assert (own.status_code, own.json()["code"], own.json()["you_are"]) == (403, "not_your_part", "provider")
    assert ann.post(f"/v1/bids/{bid['id']}/status", {"status": "accepted"}).json()["status"] == "accepted"
    assert ann.get(f"/v1/projects/{project['id']}").json()["status"] == "in_progress"
    made = ann.post("/v1/bookings", {"title": "First day", "tenant_slug": "acme", "provider_id": str(rob_id),
                                     "starts_at": "2030-01-02T09:00:00Z", "id": str(uuid.uuid4())})  # fmt: skip
    assert made.status_code == 201, made.text
    booking = made.json()["id"]
    assert rob.post(f"/v1/bookings/{booking}/status", {"status": "confirmed"}).json()["status"] == "confirmed"
    assert rob.get(f"/v1/bookings/{booking}").json()["customer_id"] == str(ann_id)
    fee = agent.post(f"/v1/bids/{bid['id']}/connection-fee", {"amount": "15"}).json()
    assert agent.post(f"/v1/connection-fees/{fee['id']}/status", {"status": "paid"}).json()["status"] == "paid"
    assert [one["status"] for one in rob.get("/v1/connection-fees").json()["items"]] == ["paid"]
    told = world.db.execute(
        "select m.metadata ->> 'event' from public.et_messages as m inner join public.et_threads as t"
        " on t.tenant_id = m.tenant_id and t.id = m.thread_id where t.other_contact_id = any(%(p)s)"
        " and t.contact_id = any(%(p)s) order by m.seq", {"p": [ann_id, rob_id]},
    ).fetchall()  # fmt: skip
    assert [event for (event,) in told] == ["bid.accepted", "booking.requested", "booking.confirmed"]


def test_others_see_and_move_nothing(people: Any, client: Make, world: World) -> None:
    """A provider who has no part in it, a stranger, and somebody who tries another's id for a new row."""
    (_, ann), (rob_id, rob), (_, zoe) = people.values()
    booking = ann.post("/v1/bookings", {"title": "x", "tenant_slug": "acme", "provider_id": str(rob_id)}).json()["id"]
    stranger = client(token(world.user(f"{uuid.uuid4().hex}@example.com")))
    for one in (zoe, stranger):
        for answer in (
            one.get(f"/v1/bookings/{booking}"),
            one("PATCH", f"/v1/bookings/{booking}", {"title": "mine"}),
            one.post(f"/v1/bookings/{booking}/status", {"status": "cancelled"}),
            one.post("/v1/bookings", {"id": booking, "title": "mine", "tenant_slug": "acme"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
        assert one.get("/v1/bookings").json()["items"] == []
    assert rob.get(f"/v1/bookings/{booking}").json()["status"] == "requested"


def test_pages_and_referrals(people: Any) -> None:
    """A list is walked by its cursor; a code brings somebody once; a profile says what a provider can do."""
    (_, ann), (_, rob), (_, zoe) = people.values()
    ids = [ann.post("/v1/projects", {"title": f"p{n}", "tenant_slug": "acme"}).json()["id"] for n in range(3)]
    first = ann.get("/v1/projects", limit=2).json()
    rest = ann.get("/v1/projects", limit=2, cursor=first["next_cursor"]).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == ids[::-1] and rest["next_cursor"] is None
    code = rob.post("/v1/referrals", {"tenant_slug": "acme"}).json()["code"]
    assert zoe.post("/v1/referrals/claim", {"code": code, "tenant_slug": "acme"}).json()["status"] == "joined"
    again = ann.post("/v1/referrals/claim", {"code": code, "tenant_slug": "acme"})
    assert (again.status_code, again.json()["code"]) == (409, "referral_over")
    said = rob("PUT", "/v1/profile", {"tenant_slug": "acme", "capabilities": ["roofs"]})
    assert said.status_code == 200 and said.json()["status"] == "saved"
