"""An inbound worker that dies of one message: `python -m tests.workers.fragile`."""

import os
import signal

from app.deciders.rules import RulesDecider
from app.domain.deciding import Decision, DecisionRequest
from workers import inbound, loop


class Fragile(RulesDecider):
    """The rules, but one message is its death."""

    async def decide(self, request: DecisionRequest) -> Decision:
        """Decide, or die without a word."""
        if any("drop dead" in message.text for message in request.burst):
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().decide(request)


if __name__ == "__main__":
    loop.main(lambda settings: inbound.InboundHandler(settings, Fragile()))
