"""What the staff should know, and how a device shows it. No I/O."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Notification(msgspec.Struct, frozen=True):
    """Something the staff should know."""

    id: UUID
    kind: str
    title: str
    thread_id: UUID | None
    created_at: datetime
    read_at: datetime | None
    """When the caller read it; others have read it or not."""


class NotificationsRead(msgspec.Struct, frozen=True):
    """How many were new to the caller."""

    marked: int


class PushKey(msgspec.Struct, frozen=True):
    """What a browser subscribes with: `applicationServerKey` of PushManager.subscribe()."""

    public_key: str


class PushContent(msgspec.Struct, frozen=True, kw_only=True):
    """A notification on its way to one browser or app; see `private.push_content`."""

    address: str
    account: dict[str, Any] | None = None
    """What an app is reached with: a `Session` with its secrets sealed."""
    unread: int = 0
    """Notifications its reader has not read, with this one."""
    tenant_id: str
    tenant_name: str
    notification_id: str
    kind: str
    title: str
    thread_id: str | None = None
    contact_name: str | None = None
    preview: str | None = None


SHOWN_CHARS = 240
URGENT = frozenset({"human_takeover", "channel_disconnected"})
"""Kinds a phone wakes up for."""
READ = {"action": "read", "title": "Mark as read"}


def shown(content: PushContent, url: str, icon: str = "") -> dict[str, Any]:
    """What a device shows: title, body, tag, icon, badge, actions, and data with where to go. A service worker hands it
    to showNotification() as it is.

    `url` leads to a conversation, with `{thread_id}` in it; a notification about none leads to its start.
    """
    said = ": ".join(part for part in (content.contact_name, content.preview) if part)
    link = url.replace("{thread_id}", content.thread_id or "")
    document: dict[str, Any] = {
        "title": content.title[:120], "body": (said or content.tenant_name)[:SHOWN_CHARS],
        "tag": f"{content.kind}:{content.thread_id or content.notification_id}", "url": link,
        "actions": [{"action": "open", "title": "Open"}, READ] if content.thread_id else [READ],
        "requireInteraction": content.kind in URGENT, "badge": content.unread,
        "data": {"url": link, "tenant_id": content.tenant_id, "notification_id": content.notification_id,
                 "kind": content.kind, "thread_id": content.thread_id},
    }  # fmt: skip
    return document | ({"icon": icon} if icon else {})
