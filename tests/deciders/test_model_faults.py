"""Whatever a provider or a network does, there is a valid decision within the deadline, and it is paid for honestly."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import get_args

import pytest
from asking_support import DEADLINE_S, HANG_S, KNOWN, SHOP, UNKNOWN, always, asking
from deciding_support import request

from app.domain.deciding import Action, Decision
from tests.support.messages_api import Call, Reply, decision, error, message, obliging

HUNG_S = 120
"""When a server that hangs would answer."""
REFUSAL = message("I cannot help with that.", stop_reason="refusal")
CUT = message(json.dumps(decision())[:40], stop_reason="max_tokens")
FAULTS: dict[str, tuple[Reply, str]] = {
    "401": (error(401), "said http 401"),
    "403": (error(403), "said http 403"),
    "400": (error(400), "said http 400"),
    "404 unknown model": (error(404), "said http 404"),
    "413": (error(413), "said http 413"),
    "429 with a long Retry-After": (error(429, retry_after="3600"), "said http 429"),
    "429 with a date": (error(429, retry_after="Fri, 31 Dec 2199 23:59:59 GMT"), "said http 429"),
    "429 of a spending limit": (error(429), "said http 429"),
    "500 again and again": (error(500), "said http 500"),
    "529 three times": (error(529), "said http 529"),
    "529 with a long Retry-After": (error(529, retry_after="120"), "said http 529"),
    "an error that is no JSON": (Reply(status=502, body=b"<html>bad gateway</html>", content_type="text/html"),
                                 "said http 502"),
    "a refusal": (REFUSAL, "refused to answer"),
    "a cut answer": (CUT, "was cut off"),
    "a hang": (Reply(delay_s=HUNG_S), "did not answer in time"),
    "a slow drip": (Reply(body=message(decision()).body, drip_s=0.02), "did not answer in time"),
    "a connection dropped before a word": (Reply(drop="before"), "could not be reached"),
    "a connection dropped midway": (Reply(body=message(decision()).body, drop="midway"), "could not be"),
    "HTML instead of JSON": (Reply(body=b"<html>hello</html>", content_type="text/html"), "could not be read"),
    "broken JSON": (Reply(body=b'{"type": "message", "content": ['), "could not be read"),
    "bytes": (Reply(body=bytes(range(256))), "could not be read"),
    "a list": (Reply(body=b"[]"), "could not be read"),
    "nothing": (Reply(body=b""), "could not be read"),
    "deep nesting": (Reply(body=b'{"a":' * 5000), "could not be read"),
    "an empty answer": (message("", blocks=[]), "another shape"),
    "prose": (message("I would answer them."), "another shape"),
    "a tool call nobody offered": (
        message("", blocks=[{"type": "tool_use", "id": "t", "name": "send_email", "input": {"to": "x@evil.test"}}]),
        "another shape",
    ),
    "an action off the list": (message(decision(action="delete_everything")), "another shape"),
    "an intent off the list": (message(decision(intent="world_domination")), "another shape"),
    "a field too many": (message(decision() | {"recipient": "x@evil.test"}), "another shape"),
    "a field too few": (message({"action": "auto_reply"}), "another shape"),
    "a confidence of 2": (message(decision(confidence=2)), "another shape"),
    "a reply that is a list": (message(decision(reply=["a"])), "another shape"),
    "two objects": (message(json.dumps(decision()) * 2), "another shape"),
    "a reply without end": (message(decision(reply="a" * 7000)), "another shape"),
}  # fmt: skip
HANGS = ("a hang", "a slow drip")
"""Faults that only a deadline ends; every other one is over at once."""


@contextlib.asynccontextmanager
async def lived(step_s: float = 0.02) -> AsyncIterator[Callable[[], float]]:
    """A clock of what the event loop lived through: while the machine stands still, so does it."""
    steps = 0

    async def run() -> None:
        nonlocal steps
        while True:
            await asyncio.sleep(step_s)
            steps += 1

    running = asyncio.create_task(run())
    try:
        yield lambda: steps * step_s
    finally:
        running.cancel()


@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_every_fault_ends_in_a_decision_in_time(name: str) -> None:
    """The rules' answer stands where they have one, a person takes over where not; the reason is told."""
    reply, reason = FAULTS[name]
    deadline_s = HANG_S if name in HANGS else DEADLINE_S
    async with asking(always(reply), deadline_s=deadline_s) as (decider, api, account), lived() as clock:

        async def timed(text: str) -> tuple[Decision, float, float]:
            started, before = time.monotonic(), clock()
            made = await decider.decide(request(text, knowledge=SHOP, tenant_id="t", case_id="c"))
            return made, clock() - before, time.monotonic() - started

        asked = [timed(KNOWN), timed(UNKNOWN)]
        both = await asyncio.gather(*asked) if name in HANGS else [await one for one in asked]
        for (made, lived_s, passed_s), action in zip(both, ("auto_reply", "human_takeover"), strict=True):
            assert lived_s < deadline_s, f"{lived_s:.2f} s"
            assert passed_s < HUNG_S / 2, "it waited for the answer"
            assert made.action == action and made.action in get_args(Action)
            assert made.decider == "rules"
            assert (made.reply is None) == (action == "human_takeover")
            assert reason in made.reasons[-1] or "is given a rest" in made.reasons[-1], made.reasons
        assert reason in " ".join(made.reasons) or len(api.calls) > 0 or api.refused
        assert len(account.bills) == len(account.charges), "a call was made and never settled"
        assert sum(bill.cost_usd or 0 for bill in account.bills) < 0.01


async def test_a_server_that_is_not_there_is_no_reason_to_wait() -> None:
    """Connection refused: tried again, then the rules decide."""
    async with asking(anthropic_base_url="http://127.0.0.1:1") as (decider, _, account):
        made = await decider.decide(request(KNOWN, knowledge=SHOP))
        assert (made.action, made.decider) == ("auto_reply", "rules")
        assert "could not be reached" in made.reasons[-1]
        assert len(account.charges) == 3


async def test_a_short_trouble_is_overcome() -> None:
    """529 twice, then an answer: the model's decision, with all tries on the bill."""

    def answer(call: Call) -> Reply:
        return error(529) if call.number < 3 else obliging(call)

    async with asking(answer) as (decider, api, account):
        made = await decider.decide(request(UNKNOWN + " Is there parking?", knowledge=SHOP))
        assert (made.action, made.decider) == ("auto_reply", "anthropic")
        assert len(api.calls) == 3
        assert [bill.outcome for bill in account.bills] == ["http_529", "http_529", "answered"]
        assert [bill.cost_usd for bill in account.bills][:2] == [0.0, 0.0]


async def test_a_short_retry_after_is_waited_for() -> None:
    """429 with one second: the second try comes after it, not before."""
    moments: list[float] = []

    def answer(call: Call) -> Reply:
        moments.append(time.monotonic())
        return error(429, retry_after="1") if call.number == 1 else obliging(call)

    async with asking(answer) as (decider, _, _account):
        made = await decider.decide(request("Is there parking?", knowledge=SHOP))
    assert made.decider == "anthropic"
    assert moments[1] - moments[0] >= 1.0


async def test_what_may_have_been_billed_counts_in_full() -> None:
    """A hang and a drop may have cost something: the most they can have cost is on the decision."""
    for reply in (Reply(delay_s=60), Reply(drop="before")):
        async with asking(always(reply), deadline_s=HANG_S / 2) as (decider, _, account):
            made = await decider.decide(request(KNOWN, knowledge=SHOP))
        assert {bill.cost_usd for bill in account.bills} == {None}
        assert made.cost_usd == pytest.approx(sum(charge.most_usd for charge in account.charges))


async def test_a_provider_in_trouble_is_given_a_rest_and_probed() -> None:
    """After five failures nobody asks any more; when the rest is over one caller tries, and success ends it."""
    healthy = False

    def answer(call: Call) -> Reply:
        return obliging(call) if healthy else error(500)

    async with asking(answer) as (decider, api, _):
        for _ in range(3):
            await decider.decide(request(KNOWN, knowledge=SHOP))
        asked = len(api.calls)
        assert asked == 5
        assert decider.model.breaker.state == "open"
        made = await decider.decide(request(KNOWN, knowledge=SHOP))
        assert len(api.calls) == asked
        assert "given a rest" in made.reasons[-1]
        decider.model.breaker._open_until -= 1000
        await decider.decide(request(KNOWN, knowledge=SHOP))
        assert len(api.calls) == asked + 1, "a failed probe is one call, not three"
        assert decider.model.breaker.state == "open"
        healthy = True
        decider.model.breaker._open_until -= 1000
        assert decider.model.breaker.state == "half-open"
        made = await decider.decide(request(KNOWN, knowledge=SHOP))
        assert made.decider == "anthropic"
        assert decider.model.breaker.state == "closed"


async def test_a_wrong_key_is_not_tried_again_and_again() -> None:
    """401 opens the breaker at once: a minute of decisions costs one call."""
    async with asking(always(error(401))) as (decider, api, _):
        for _ in range(5):
            await decider.decide(request(KNOWN, knowledge=SHOP))
        assert len(api.calls) == 1
