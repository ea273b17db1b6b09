"""From when on two people may share contact details: what reveals, where, what the conversation hears, and who may."""

from typing import Any

import pytest

from app.moderation.documents import template
from tests.db.helpers import Row, World, refused
from tests.db.marketplace.kit import Market, Person, market, person
from tests.db.moderation.judging import Gated


@pytest.fixture
def shop(world: World) -> Market:
    """Ann and Rob at a tenant that moderates."""
    made = market(world)
    policy(made, "bid_accepted", "connection_fee_paid", "staff")
    return made


def policy(shop: Market, *events: str) -> None:
    """Moderate people, revealing on these events."""
    document = {"lanes": {"people": {}}, "reveal_on": list(events)}
    shop.call("owner", "put_moderation_policy(%s)", document)


def thread(shop: Market, card: Row | None = None, a: Person | None = None, b: Person | None = None) -> Any:
    """The conversation of two people, about a request."""
    about = ("bid_card", str(card["id"])) if card else (None, None)
    return shop.world.value(
        "select private.open_conversation(%s, %s, %s, %s, %s)", shop.tenant.id, (a or shop.ann).contact,
        (b or shop.rob).contact, *about,
    )  # fmt: skip


def reveals(shop: Market, thread_id: Any) -> list[str]:
    """What revealed contact details in a conversation."""
    rows = shop.world.all(
        "select event from public.contact_reveals where thread_id = %s order by revealed_at", thread_id
    )
    return [row["event"] for row in rows]


def told(shop: Market) -> list[Row]:
    """What the conversation of Ann and Rob heard of it."""
    return [row["metadata"] for row in shop.told(shop.ann, shop.rob)
            if row["metadata"]["event"] == "contacts.revealed"]  # fmt: skip


def test_an_accepted_bid_reveals(shop: Market) -> None:
    """Its pair's conversation, once, told and on record; a rival's stays as it was."""
    rival = person(shop.world, shop.tenant, "provider")
    card = shop.card()
    mine, other = thread(shop), thread(shop, b=rival)
    bid = shop.bid(card)
    shop.bid(card, rival)
    assert reveals(shop, mine) == []
    shop.set(shop.ann, "bid", bid, "accepted")
    assert (reveals(shop, mine), reveals(shop, other)) == (["bid_accepted"], [])
    assert told(shop) == [
        {"event": "contacts.revealed", "because": "bid_accepted", "object_kind": "bid", "object_id": bid["id"]}
    ]
    on_record = shop.world.one(
        "select actor, object_id, details from public.audit_log where tenant_id = %s and action = 'contacts.revealed'",
        shop.tenant.id,
    )  # fmt: skip
    assert (on_record["actor"], on_record["object_id"]) == (f"user:{shop.ann.user}", str(mine))


def test_a_conversation_that_begins_with_the_award_is_revealed_and_told_once(shop: Market) -> None:
    """The award begins it, and says why contact details may be shared in it."""
    shop.set(shop.ann, "bid", shop.bid(shop.card()), "accepted")
    assert reveals(shop, thread(shop)) == ["bid_accepted"]
    assert len(told(shop)) == 1


def test_an_address_is_masked_until_the_award(world: World) -> None:
    """So are phone numbers: customer and provider read what they need once they agreed, and no sooner."""
    shop = market(world)
    gated = Gated(world, tenant=shop.tenant)
    shop.call("owner", "put_moderation_policy(%s)", template("marketplace") | {"regions": ["US"]})
    bid = shop.bid(shop.card())
    talk = thread(shop)
    for body in ("come to 1420 Walnut Street, Berkeley", "my number is 650-253-0000"):
        said = gated.write(shop.ann.user, talk, body)[0]
        assert gated.status(said["message_id"]) == "filtered"
    shop.set(shop.ann, "bid", bid, "accepted")
    for body in ("so come to 1420 Walnut Street, Berkeley", "my number again: 650-253-0000"):
        said = gated.write(shop.ann.user, talk, body)[0]
        assert gated.status(said["message_id"]) == "approved"


def test_only_conversations_about_it(shop: Market) -> None:
    """Where each request has its conversation, that of another request stays masked; one about nothing is revealed."""
    shop.world.configure(shop.tenant, chat_scope="pair_context")
    card, other = shop.card(), shop.card()
    about, beside, plain = thread(shop, card), thread(shop, other), thread(shop)
    shop.set(shop.ann, "bid", shop.bid(card), "accepted")
    assert [reveals(shop, one) for one in (about, beside, plain)] == [["bid_accepted"], [], ["bid_accepted"]]


def test_a_later_conversation_begins_revealed(shop: Market) -> None:
    """About the booking that came of the bid; not about a new request."""
    shop.world.configure(shop.tenant, chat_scope="pair_context")
    card = shop.card()
    bid = shop.bid(card)
    shop.set(shop.ann, "bid", bid, "accepted")
    booking = shop.booking(bid_id=bid["id"])
    rows = shop.world.all("select id from public.et_threads where context_id = %s", booking["id"])
    assert [reveals(shop, row["id"]) for row in rows] == [["bid_accepted"]]
    assert reveals(shop, thread(shop, shop.card())) == []


def test_a_paid_fee_reveals(shop: Market) -> None:
    """Where introductions cost something, the payment is what reveals; told as such, and a refund takes nothing back."""
    policy(shop, "connection_fee_paid")
    bid = shop.bid(shop.card())
    shop.set(shop.ann, "bid", bid, "accepted")
    assert told(shop) == []
    fee = shop.call("agent", "put_connection_fee(%s, 20)", bid["id"])
    for status in ("paid", "refunded"):
        shop.call("agent", f"set_connection_fee_status(%s, '{status}')", fee["id"])
    assert reveals(shop, thread(shop)) == ["bid_accepted", "connection_fee_paid"]
    assert [one["because"] for one in told(shop)] == ["connection_fee_paid"]


def test_without_a_policy_it_is_kept_and_nobody_is_told(shop: Market) -> None:
    """A policy of tomorrow finds what happened today; until then nothing is different."""
    shop.call("owner", "switch_moderation_off()")
    shop.set(shop.ann, "bid", shop.bid(shop.card()), "accepted")
    assert reveals(shop, thread(shop)) == ["bid_accepted"]
    assert told(shop) == []


def test_staff_reveals_with_a_reason(shop: Market) -> None:
    """Once, told, on record with the reason; asked again it is the same reveal."""
    talk = thread(shop)
    with refused("PT422", code="reason_missing"):
        shop.call("agent", "reveal_contacts(%s, %s)", talk, " ok ")
    first = shop.call("agent", "reveal_contacts(%s, %s)", talk, "they met at our fair")
    again = shop.call("agent", "reveal_contacts(%s, %s)", talk, "they met at our fair")
    assert (first["created"], again["created"]) == (True, False)
    assert first["revealed_at"] == again["revealed_at"]
    assert [one["because"] for one in told(shop)] == ["staff"]
    reason = "select details ->> 'reason' from public.audit_log where tenant_id = %s and action = 'contacts.revealed'"
    assert shop.world.value(reason, shop.tenant.id) == "they met at our fair"


def test_what_staff_may_not_reveal(shop: Market) -> None:
    """Viewers never; nobody where the policy does not leave it to the staff; not the talk with the business; no
    foreign conversation, which is on record as an attempt."""
    talk = thread(shop)
    with refused("PT403"):
        shop.call("viewer", "reveal_contacts(%s, 'because of this')", talk)
    business = shop.world.arrive(shop.tenant)["thread_id"]
    with refused("PT409", code="not_between_people"):
        shop.call("agent", "reveal_contacts(%s, 'because of this')", business)
    other = market(shop.world)
    assert other.call("agent", "reveal_contacts(%s, 'because of this')", talk)["code"] == "not_found"
    denied = "select count(*) as n from public.access_denials where object_id = %s"
    assert shop.world.value(denied, str(talk)) == 1
    policy(shop, "bid_accepted")
    with refused("PT409", code="not_revealing"):
        shop.call("agent", "reveal_contacts(%s, 'because of this')", talk)
    assert reveals(shop, talk) == []


def test_a_reveal_stays(shop: Market) -> None:
    """What people have read of each other is not taken back by deleting a row."""
    shop.set(shop.ann, "bid", shop.bid(shop.card()), "accepted")
    with pytest.raises(Exception, match="append"):
        shop.world.owner.execute("delete from public.contact_reveals where tenant_id = %s", [shop.tenant.id])
