"""What a call to a model costs, and who is asked before it is made. No I/O, no database."""

from typing import Literal, Protocol

import msgspec

Purpose = Literal["decision", "insight", "suggestions", "translation", "moderation", "shadow", "replay"]


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """A call about to be made: for whom, what for, and the most it may cost."""

    tenant_id: str
    case_id: str
    purpose: Purpose
    model: str
    prompt_version: str
    most_usd: float


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What a call came to. `cost_usd` None: nobody learned it, the reservation counts in full."""

    outcome: str
    cost_usd: float | None
    tokens_in: int = 0
    tokens_out: int = 0


class Spending(Protocol):
    """The account of all tenants."""

    async def reserve(self, charge: Charge) -> str | None:
        """Book the most a call may cost; an id to settle it with, None when the tenant's budget does not reach."""
        ...

    async def settle(self, tenant_id: str, call_id: str, bill: Bill) -> None:
        """Say what it came to. A call that is never settled counts in full."""
        ...


class Unlimited:
    """An account without limits that only remembers: for trying deciders without a database."""

    def __init__(self) -> None:
        self.charges: list[Charge] = []
        self.bills: list[Bill] = []

    async def reserve(self, charge: Charge) -> str | None:
        """Always granted."""
        self.charges.append(charge)
        return str(len(self.charges))

    async def settle(self, tenant_id: str, call_id: str, bill: Bill) -> None:  # noqa: ARG002
        """Kept."""
        self.bills.append(bill)
