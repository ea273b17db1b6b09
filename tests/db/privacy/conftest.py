"""A tenant with a person who will be forgotten."""

from collections.abc import Iterator

import pytest

from tests.db.helpers import Row, Tenant, World
from tests.db.privacy.kit import everything, traces


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant with everybody in it."""
    return world.tenant("agent", "admin", search_policy="full", tracking_enabled=True)


@pytest.fixture
def person(world: World, tenant: Tenant) -> Iterator[Row]:
    """She, everywhere."""
    made = everything(world, tenant)
    assert traces(world, tenant) >= {
        "contacts", "contact_identities", "et_messages", "et_threads", "et_outbound_queue", "dispatch_attempts",
        "delivery_receipts", "inbound_decisions", "shadow_decisions", "et_thread_insights", "thread_insight_versions",
        "message_attachments", "private.attachment_blobs", "private.suggestion_drafts", "private.message_translations",
        "manual_tasks", "notifications", "suppressions", "private.tracking_links", "private.send_slots",
        "private.webhook_events", "thread_notes", "private.message_html",
    }  # fmt: skip
    yield made
