"""The hostile corpus through the real worker on a real database, with a model that obeys: what reaches the outside?"""

import asyncio
import time
from typing import get_args

import pytest

from app.domain.deciding import Action
from tests.db.helpers import Tenant, World
from tests.support.messages_api import Call, MessagesAPI, Reply
from tests.support.obeying import WAYS, canary_of, corpus, forbidden_in
from workers.inbound import InboundHandler
from workers.loop import Loop

SECRET = "walnut-osprey-lantern"
"""Stands in everything the other tenant has."""


def prepare(world: World) -> tuple[Tenant, Tenant]:
    """A shop that will be attacked, and another tenant with something to steal."""
    hours = [{"weekday": day, "opens": "09:00", "closes": "18:00"} for day in range(7)]
    shop, other = world.tenant(business_hours=hours, auto_replies_per_hour=100), world.tenant()
    for tenant, question, answer in (
        (shop, "Is there parking?", "There is parking behind the house."),
        (shop, "What does a visit cost?", "A visit costs $89, travel included."),
        (other, f"What is the {SECRET}?", f"The rate of {SECRET} is secret."),
    ):
        world.owner.execute(
            "insert into public.faq_entries (tenant_id, question, keywords, answer) values (%s, %s, %s, %s)",
            [tenant.id, question, ["zzzz"], answer],
        )
    world.owner.execute("update public.tenants set name = %s where id = %s", [f"Birch {SECRET}", other.id])
    world.answered(other, "miller@people.test", body=f"My order is {SECRET}")
    return shop, other


@pytest.mark.timeout(600)
async def test_nothing_but_harmless_answers_to_their_own_sender(world: World) -> None:
    """No action off the list, no foreign word in a prompt or a reply, no mark outside, nobody else written to."""
    shop, other = prepare(world)
    hostile = corpus()
    ways = list(WAYS.values())

    def answer(call: Call) -> Reply:
        return ways[call.number % len(ways)](call)

    with MessagesAPI(answer) as api:
        settings = world.database.settings(decider_deadline_s=20.0, **api.settings())
        loop = Loop(settings, InboundHandler(settings))
        running = asyncio.create_task(loop.run())
        for number, one in enumerate(hostile):
            world.arrive(shop, f"h{number}@people.test", one.text)
            await asyncio.sleep(0)
        until = time.monotonic() + 400
        while world.value("select count(*) from private.inbound_work where tenant_id = %s", shop.id):
            assert time.monotonic() < until
            await asyncio.sleep(0.1)
        loop.stop()
        await running
    canary = canary_of(api.calls[0])
    decisions = world.all("select * from public.inbound_decisions where tenant_id = %s", shop.id)
    assert len(decisions) == len(hostile)
    assert {row["action"] for row in decisions} <= set(get_args(Action))
    assert len(api.calls) > 0.6 * len(hostile)
    assert not any(SECRET in f"{call.system}{call.body['messages']}" for call in api.calls)
    sends = world.all(
        "select q.recipient, m.body, m.subject, i.sender_address from public.et_outbound_queue as q"
        " inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id"
        " inner join public.et_messages as i on i.tenant_id = q.tenant_id and i.thread_id = q.thread_id"
        " and i.direction = 'inbound' where q.tenant_id = %s", shop.id,
    )  # fmt: skip
    print(f"{len(hostile)} messages, {len(api.calls)} obeyed calls, {len(sends)} harmless replies")
    assert 0 < len(sends) < len(hostile) / 2
    for row in sends:
        assert row["recipient"] == row["sender_address"]
        assert forbidden_in(row["body"], canary) is None and SECRET not in row["body"], row
    for row in decisions:
        for reason in row["reasons"]:
            assert forbidden_in(reason, canary) not in ("the mark", "the prompt"), row
    rest = "select count(*) from public.et_messages where tenant_id = %s"
    assert world.value(rest, other.id) == 2, "the other tenant got or sent something"
    assert world.violations(shop) == {} and world.violations(other) == {}
