"""A decider that asks a loopback server, and what to ask it."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from deciding_support import TENANT

from app.deciders.anthropic import AnthropicDecider
from app.deciders.registry import create_decider
from app.domain.deciding import CannedReply, Faq
from app.domain.spending import Unlimited
from app.settings import Settings
from tests.support.messages_api import Answering, MessagesAPI, Reply

DEADLINE_S = 20.0
"""Far more than an answer that comes at once needs, on the slowest machine."""
HANG_S = 4.0
"""The deadline where nothing answers: half a second of it is kept back, so that a busy machine is not taken for a late one."""
KNOWN = "When are you open today?"
"""The rules can answer this."""
UNKNOWN = "Where can I leave my car while you look at it?"
"""The rules cannot; the FAQ entry on parking could."""

SHOP = TENANT.__class__(
    tenant_name="Acme Plumbing", locale="en", time_zone="Europe/Berlin", hours=TENANT.hours,
    faqs=(
        *TENANT.faqs,
        Faq(id="visit", question="What does a visit cost?", keywords=("visit fee",),
            answer="A visit costs $89, travel included. Write to office@acme.test or call +49 30 5550100."),
        Faq(id="area", question="Where do you work?", keywords=("area served",),
            answer="We serve all of Berlin and Potsdam, see https://acme.test/area for the map."),
    ),
    canned=(CannedReply(id="c1", intent="availability", body="We have appointments within ten days."),),
)  # fmt: skip


@contextlib.asynccontextmanager
async def asking(
    answer: Answering | None = None, *, deadline_s: float = DEADLINE_S, name: str = "auto", **settings: Any
) -> AsyncIterator[tuple[AnthropicDecider, MessagesAPI, Unlimited]]:
    """A decider that asks a server which answers as told, and the account it pays from."""
    with MessagesAPI(answer) as api:
        account = Unlimited()
        chosen = {**api.settings(), "decider_deadline_s": deadline_s, **settings}
        decider = create_decider(name, Settings(**chosen), account)
        assert isinstance(decider, AnthropicDecider)
        try:
            yield decider, api, account
        finally:
            await decider.close()


def always(reply: Reply) -> Answering:
    """The same answer to every call."""
    return lambda _: reply
