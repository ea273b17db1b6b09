"""/v1/first-steps: what a new tenant has done already, and what comes next."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get
from litestar.datastructures import State

from app.db import tenancy as db
from app.http.deps import CallerUnit
from app.settings import Settings

LOCAL = ("127.0.0.1", "::1", "localhost")


class FirstStepsTold(msgspec.Struct, frozen=True):
    """How far a tenant has come on the way to its first answered message, and how to write the first one."""

    has_account: bool
    mailbox: str | None
    has_knowledge: bool
    first_thread_id: UUID | None
    is_answered: bool
    smtp_port: int | None


@get("/first-steps", summary="What is done, and what comes next", tags=["tenancy"])
async def first_steps(request: Request[Any, Any, State], unit: CallerUnit) -> FirstStepsTold:
    """From a new tenant to its first answered message: asked again, each step says whether it is done."""
    done = await db.first_steps(unit)
    return FirstStepsTold(**msgspec.structs.asdict(done), smtp_port=_local_port(request.app.state.settings))


def _local_port(settings: Settings) -> int | None:
    """Where mail is taken in on this machine; None where the API serves others, whose mail comes by its MX."""
    return settings.smtp_port if settings.api_host in LOCAL else None


router = Router("/", route_handlers=[first_steps])
