"""/v1/webhook-failures: calls of providers that nobody could read."""

from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath

from app.db import webhooks as db
from app.domain.webhooks import WebhookRetried, WebhookTrouble
from app.http.deps import CallerUnit

TAGS = ["channels"]
MOST = 200


@get("/webhook-failures", summary="List failed calls", tags=TAGS)
async def list_webhook_failures(unit: CallerUnit) -> WebhookTrouble:
    """Calls of providers that could not be read, newest first, and how many were refused in the last day."""
    return await db.list_webhook_failures(unit, MOST)


@post("/webhook-failures/{webhook_id:uuid}/retry", status_code=200, summary="Read a call again", tags=TAGS)
async def retry_webhook(unit: CallerUnit, webhook_id: FromPath[UUID]) -> WebhookRetried:
    """After its cause is mended: it is read as if it had just come."""
    return await db.retry_webhook(unit, webhook_id)


router = Router("/", route_handlers=[list_webhook_failures, retry_webhook])
