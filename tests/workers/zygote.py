"""Forks workers on demand: reads `KIND LOG` lines from stdin, answers each with a pid, ends at end of input.

A forked worker runs the same `main` as `python -m workers.<kind>`; only the imports are done already.
"""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable

import uvloop  # noqa: F401 - to be there already in the children

from app.deciders.rules import RulesDecider
from app.domain.deciding import Decision, DecisionRequest
from workers import followups, housekeeper, inbound, ingress, insights, loop, outbound, timers
from workers.receivers import email, polling, telegram


class Fragile(RulesDecider):
    """The rules, but one message is its death."""

    async def decide(self, request: DecisionRequest) -> Decision:
        """Decide, or die without a word."""
        if any("drop dead" in message.text for message in request.burst):
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().decide(request)


MAINS: dict[str, Callable[[], None]] = {
    "inbound": lambda: loop.main(inbound.InboundHandler),
    "outbound": lambda: loop.main(outbound.OutboundHandler),
    "ingress": lambda: loop.main(ingress.IngressHandler),
    "insights": lambda: loop.main(insights.InsightsHandler),
    "followups": lambda: timers.main("followups", followups.run_due),
    "housekeeper": lambda: timers.main("housekeeper", housekeeper.Housekeeper().round),
    "receive": email.main,
    "telegram": lambda: polling.main(telegram.TelegramReader),
    "fragile": lambda: loop.main(lambda settings: inbound.InboundHandler(settings, Fragile())),
}


def be(kind: str, log: str) -> None:
    """The child: what a freshly started worker is."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, number in ((nothing, 0), (target, 1), (target, 2)):
        os.dup2(source, number)
    MAINS[kind]()


def serve() -> None:
    """Fork one child per line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    children = []
    for line in sys.stdin:
        kind, log = line.split()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                be(kind, log)
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
        print(pid, flush=True)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    serve()
