"""Fees for introductions, who brought whom, and what a person says of himself."""

import json
from typing import Any

import psycopg

from tests.db.helpers import World, refused
from tests.db.marketplace.kit import Market, person


def test_an_accepted_bid_has_one_fee(world: World, shop: Market) -> None:
    """Not before it is accepted; said again it is the same; paid, then refunded, and never paid again."""
    bid = shop.bid(shop.card())
    with refused("PT409", code="not_accepted"):
        shop.call("agent", "put_connection_fee(%s, 25)", bid["id"])
    shop.set(shop.ann, "bid", bid, "accepted")
    fee = shop.call("agent", "put_connection_fee(%s, 25)", bid["id"])
    again = shop.call("agent", "put_connection_fee(%s, 25)", bid["id"])
    assert (fee["created"], again["created"], again["id"]) == (True, False, fee["id"])
    with refused("PT409", code="fee_exists"):
        shop.call("agent", "put_connection_fee(%s, 30)", bid["id"])
    shop.call("agent", "set_connection_fee_status(%s, 'paid', 'pi_1')", fee["id"])
    shop.call("agent", "set_connection_fee_status(%s, 'refunded')", fee["id"])
    with refused("PT409", code="refused_transition"):
        shop.set("agent", "connection_fee", fee, "paid")
    row = world.one(
        "select status, payment_reference, provider_id from public.connection_fees where id = %s", fee["id"]
    )
    assert row == {"status": "refunded", "payment_reference": "pi_1", "provider_id": shop.rob.contact}
    with world.acting(shop.rob.user) as connection:
        assert len(connection.execute("select 1 from public.connection_fees").fetchall()) == 1
    with world.acting(shop.ann.user) as connection:
        assert connection.execute("select 1 from public.connection_fees").fetchall() == []


def test_a_code_is_good_once_and_not_for_oneself(world: World, shop: Market) -> None:
    """Claimed by two at once it counts for one; the same person again changes nothing; the reward is the staff's."""
    made = shop.call(shop.rob, "create_referral(%s, %s)", {"source": "card"}, shop.tenant.slug)
    with refused("PT422", code="unknown_field"):
        shop.call(shop.rob, "create_referral(%s, %s)", {"reward_amount": 1000}, shop.tenant.slug)
    with refused("PT409", code="referred_already"):
        shop.call(shop.rob, "claim_referral(%s, %s)", made["code"], shop.tenant.slug)
    people = [person(world, shop.tenant, "customer") for _ in range(4)]

    def claim(connection: psycopg.Connection[Any], number: int) -> str:
        claims = json.dumps({"sub": str(people[number].user), "role": "authenticated"})
        try:
            with connection.transaction():
                connection.execute("select private.enter_request(%s, false)", [claims])
                connection.execute("select public.claim_referral(%s, %s)", [made["code"], shop.tenant.slug])
        except psycopg.Error as error:
            return str(error.sqlstate)
        return "joined"

    said = world.together(4, claim, role="parley_api")
    assert sorted(said) == ["PT409"] * 3 + ["joined"]
    winner = people[said.index("joined")]
    assert shop.call(winner, "claim_referral(%s, %s)", made["code"], shop.tenant.slug)["created"] is False
    second = shop.call(shop.ann, "create_referral('{}', %s)", shop.tenant.slug)
    with refused("PT409", code="referred_already"):
        shop.call(winner, "claim_referral(%s, %s)", second["code"], shop.tenant.slug)
    assert shop.set("agent", "referral", made, "converted")["status"] == "converted"


def test_a_code_whose_time_is_over_and_one_that_is_none(world: World, shop: Market) -> None:
    """An old code says so; an unknown one, and one of another tenant, are not found."""
    late = shop.call("agent", "create_referral(%s)",
                     {"referrer_id": str(shop.rob.contact), "expires_at": "2020-01-01T00:00:00Z"})  # fmt: skip
    with refused("PT409", code="referral_over"):
        shop.call(shop.ann, "claim_referral(%s, %s)", late["code"], shop.tenant.slug)
    other = world.tenant()
    for code, slug in (("nothing", shop.tenant.slug), (late["code"], other.slug)):
        assert shop.call(shop.ann, "claim_referral(%s, %s)", code, slug)["code"] == "not_found"


def test_a_provider_says_what_he_can_do(world: World, shop: Market) -> None:
    """His own contact at that tenant alone; what the tenant keeps of him stays."""
    world.owner.execute("""update public.contacts set attributes = '{"rating": 5}' where id = %s""", [shop.rob.contact])
    said = {"company": "Rob & Sons", "capabilities": ["roofs", "gutters"]}
    assert shop.call(shop.rob, "put_profile(%s, %s)", said, shop.tenant.slug)["id"] == str(shop.rob.contact)
    row = world.one("select company, attributes, display_name from public.contacts where id = %s", shop.rob.contact)
    assert row["company"] == "Rob & Sons" and row["display_name"] == "Rob"
    assert row["attributes"] == {"rating": 5, "capabilities": ["roofs", "gutters"]}
    with refused("PT422", code="unknown_field"):
        shop.call(shop.rob, "put_profile(%s, %s)", {"auth_user_id": str(shop.ann.user)}, shop.tenant.slug)
    assert shop.call(shop.rob, "put_profile(%s, %s)", said, world.tenant().slug)["code"] == "not_found"
