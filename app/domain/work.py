"""One claimed piece of work, as every worker of the loop sees it."""

from datetime import datetime
from typing import Any

import msgspec

from app.domain.channels import Webhook


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Something claimed under a lease. Whoever does not hold `fence` any more can record nothing."""

    tenant_id: str
    item_id: str
    """What is worked on: a thread's or a queue row's id."""
    thread_id: str
    fence: int
    run_at: datetime
    """Since when it has been waiting (database time)."""
    attempts: int = 0
    data: dict[str, Any] = msgspec.field(default_factory=dict)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker asks for: at most `limit` jobs, none older than `watermark`, tenants after `after_tenant` first."""

    worker: str
    limit: int
    watermark: datetime | None = None
    after_tenant: str | None = None
    full_tenants: tuple[str, ...] = ()
    """Tenants the worker has enough of at hand: nothing is claimed for them."""
    acknowledged: tuple[Job, ...] = ()
    """Jobs with nothing to record, to be put away by the same statement. Only queues whose handler names some."""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A decided burst, ready to be recorded."""

    job: Job
    last_seq: int
    decision: dict[str, Any]
    """See `private.complete_inbound`."""


class Burst(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an inbound job that is not the loop's: which messages, under which control."""

    first_seq: int
    last_seq: int
    control: str
    control_epoch: int
    context: dict[str, Any]
    """See `private.decision_context`."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One stored call that is to be read."""

    webhook_id: str
    webhook: Webhook
    attempts: int
