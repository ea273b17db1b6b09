"""Trouble with providers' calls as the API tells it: one typed function per query of webhooks.sql."""

from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit
from app.domain.webhooks import WebhookRetried, WebhookTrouble

QUERIES = load("webhooks")


async def list_webhook_failures(unit: Unit, limit: int) -> WebhookTrouble:
    """The newest failures, at most `limit`, and the refusals of the last day."""
    answer = await unit.call(QUERIES["list_webhook_failures"], {"limit": limit})
    return msgspec.convert(answer, WebhookTrouble)


async def retry_webhook(unit: Unit, webhook_id: UUID) -> WebhookRetried:
    """Have a failed call read again."""
    return msgspec.convert(await unit.call(QUERIES["retry_webhook"], {"webhook_id": webhook_id}), WebhookRetried)
