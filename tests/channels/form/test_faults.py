"""A contractor's site on a bad day: before the submit everything may be tried again, after it nothing is guessed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.channels import outside
from app.channels.form.web import FormAdapter
from app.domain.channels import Dispatch
from devstack.providers.faults import Fault, Faults
from devstack.providers.http import Drop, Request, Response, Server
from devstack.providers.struck import answered
from tests.channels import promises
from tests.channels.dispatches import Mark, dispatch
from tests.channels.form.site import PAGES

LOCAL = frozenset({"127.0.0.1"})
THANKS = b"<h1>Thank you!</h1> We have received your message."


class Contractor:
    """One site: a page with a form, where it is taken, and the thanks behind a redirect. `calls` counts each."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.calls: dict[str, int] = {}
        self.deliveries: list[dict[str, Any]] = []
        self.url = ""

    async def handle(self, request: Request) -> Response | Drop:
        """Any request."""
        call = {"POST": "submit"}.get(request.method, "thanks" if request.path == "/thanks" else "page")
        self.calls[call] = self.calls.get(call, 0) + 1

        async def do() -> Response:
            if call == "submit":
                self.deliveries.append(request.form()[0])
                return Response(303, headers={"Location": "/thanks"})
            return Response(200, THANKS if call == "thanks" else PAGES["/plain"].encode(), "text/html")

        return await answered(self.faults, call, request, do, self._instead)

    def _instead(self, fault: Fault) -> Response | None:
        if fault.kind == "limit":
            return Response(429, headers={"Retry-After": str(round(fault.seconds))})
        return Response(fault.status, b"<h1>Error</h1>", "text/html") if fault.kind == "status" else None


class Place:
    """A site and an adapter, as every adapter's promises want them."""

    def __init__(self, provider: Contractor) -> None:
        self.provider, self.adapter = provider, FormAdapter(LOCAL)

    def dispatch(self, url: str = "") -> Dispatch:
        """A message through the form."""
        return dispatch(recipient=f"{url or self.provider.url}/contact", body="Do you repair roofs?", subject="Roof")


@pytest.fixture
async def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """A site of this test's own; where it does not answer it is waited for a second."""
    monkeypatch.setattr(outside, "PATIENCE_S", promises.answer_s(promises.fault_of(request)))
    made = Contractor()
    async with Server(made.handle) as server:
        made.url = f"http://127.0.0.1:{server.port}"
        yield Place(made)


@pytest.mark.parametrize(("fault", "delivered"), promises.UNCLEAR)
async def test_a_submit_whose_end_nobody_knows_is_unknown(place: Place, mark: Mark, fault: Any, delivered: int) -> None:
    """Lost, late, senseless answers and server errors: the contractor may have it or not, so it is never sent again."""
    place.provider.faults.order_all({"calls": "submit", **fault})
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, mark.calls) == ("unknown", 1)
    assert len(place.provider.deliveries) == delivered


@pytest.mark.parametrize("fault", [fault for fault, _ in promises.UNCLEAR if fault["kind"] != "html"])
async def test_thanks_that_do_not_come_are_no_reason_to_submit_again(place: Place, mark: Mark, fault: Any) -> None:
    """The form was taken and the page behind it is not there: unknown, once."""
    place.provider.faults.order_all({"calls": "thanks", **fault})
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, mark.calls, len(place.provider.deliveries)) == ("unknown", 1, 1)


@pytest.mark.parametrize(
    "fault", [{"kind": "lost"}, {"kind": "hang"}, {"kind": "drop"}, {"kind": "status"}, {"kind": "html", "status": 502},
              {"kind": "slow", "seconds": 3.0}],
)  # fmt: skip
async def test_a_page_that_cannot_be_opened_may_be_tried_again(place: Place, mark: Mark, fault: Any) -> None:
    """Nothing was submitted and no mark was set; the next visit delivers once."""
    place.provider.faults.order_all({"calls": "page", "times": 1, **fault})
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, mark.calls, place.provider.deliveries) == ("retry", 0, [])
    assert (await place.adapter.send(place.dispatch(), mark)).kind == "accepted"
    assert len(place.provider.deliveries) == 1


@pytest.mark.parametrize("fault", [{"kind": "garbage"}, {"kind": "html", "status": 200}])
async def test_a_page_without_its_form_goes_to_a_person(place: Place, mark: Mark, fault: Any) -> None:
    """A page of somebody else's instead of the contractor's: nobody submits into the dark."""
    place.provider.faults.order_all({"calls": "page", **fault})
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code, mark.calls) == ("manual", "no_form_found", 0)


async def test_nobody_listening_is_a_retry(place: Place) -> None:
    """Without a connection not a byte has left."""
    where: list[str] = []

    def make(url: str) -> FormAdapter:
        where.append(url)
        return FormAdapter(LOCAL)

    await promises.nobody_listens(make, lambda: place.dispatch(where[0]))


async def test_a_lost_lease_stops_before_the_submit(place: Place) -> None:
    """What `before_send` raises comes back: the page was opened, nothing was submitted."""
    await promises.a_lost_lease_stops(place, {"page": 1})
    assert place.provider.deliveries == []


@pytest.mark.parametrize("call", ["page", "submit"])
async def test_a_limit_is_waited_out(place: Place, call: str) -> None:
    """As long as the site says, whether it refuses the visit or the form."""
    await promises.a_limit_is_waited_out(place, call)
    assert len(place.provider.deliveries) == 1
