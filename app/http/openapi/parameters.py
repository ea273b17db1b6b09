"""What the parameters of the API select, by name, each with an example."""

from typing import Any

from app.http.openapi import world
from app.http.openapi.analysis_fields import ANALYSIS_PARAMETERS
from app.http.openapi.market_fields import MARKET_PARAMETERS
from app.http.openapi.moderating_fields import MODERATING_PARAMETERS
from app.http.openapi.operating_fields import OPERATING_PARAMETERS
from app.http.openapi.policing_fields import POLICING_PARAMETERS
from app.http.openapi.reviewing_fields import REVIEWING_PARAMETERS

PARAMETERS: dict[str, tuple[str, Any]] = {
    **MARKET_PARAMETERS,
    **REVIEWING_PARAMETERS,
    **MODERATING_PARAMETERS,
    **POLICING_PARAMETERS,
    **ANALYSIS_PARAMETERS,
    **OPERATING_PARAMETERS,
    "address": ("Whose address this is.", "ann@example.com"),
    "alias": ("A key of an older system, or of a merged conversation.", "conv_4711"),
    "action": ("Of this kind, as a row names it.", "thread.take_over"),
    "actor": ("Done by him: user:<id>, api_key:<id>, or a worker.", f"user:{world.AGENT}"),
    "after": ("From this moment on.", "2026-11-01T00:00:00Z"),
    "before": ("Before this moment.", "2026-12-01T00:00:00Z"),
    "object_id": ("About the one with this id.", str(world.THREAD)),
    "object_kind": ("About one of these.", "thread"),
    "api_key_id": ("The key.", world.KEY),
    "assignee": ("Given to this member: an id, `me` or `none`.", "me"),
    "attachment_id": ("The file.", world.FILE),
    "before_seq": ("Instead of since: older than this seq, newest first.", 3),
    "blocked": ("Blocked contacts only, or none of them.", False),
    "channel": ("On this channel.", "email"),
    "client_state": ("What the user is doing; sets next_poll_ms.", "active"),
    "contact": ("With this contact; those merged into him count.", world.CONTACT),
    "contact_id": ("The contact.", world.CONTACT),
    "context": ("The id of the project, bid card, job or booking.", "4711"),
    "context_kind": ("What it is.", "booking"),
    "reaction": ("One sign, such as an emoji.", "👍"),
    "show": ("Which of them.", "active"),
    "tenant_slug": ("The business, where the caller is a contact of several.", "acme"),
    "control": ("Answered by the AI, or by a person.", "human"),
    "assignee_id": ("Given to this member.", world.AGENT),
    "follow_up_status": ("Those to come, or those that ended so; `any` for all.", "scheduled"),
    "task_id": ("The task.", world.TASK),
    "task_status": ("Open tasks, or those that ended so; `any` for all.", "open"),
    "language": ("The language wanted (ISO 639); without it the one the caller reads.", "en"),
    "suggestion_id": ("The request_id that asking answered with.", world.QUEUED),
    "filename": ("What the file is called.", "boiler.jpg"),
    "cursor": ("The next_cursor of the page before, as it was.", world.CURSOR),
    "faq_id": ("The question.", world.FAQ),
    "folder": ("In this folder; `any` for all.", "inbox"),
    "invitation_id": ("The invitation.", world.INVITATION),
    "trouble": ("Those that failed, those nobody knows of, or those a rule stopped; without it all.", "failed"),
    "kind": ("Of this kind.", "customer"),
    "label": ("With this label.", "urgent"),
    "limit": ("Most items of the page.", 50),
    "message_id": ("The message.", world.QUESTION),
    "name": ("The name of the secret.", "smtp_password"),
    "note_id": ("The note.", world.NOTE.id),
    "newer_than": ("A newer_cursor: what moved above it since, oldest first.", world.CURSOR),
    "q": (
        "Search, where the tenant's policy allows it: names, addresses, numbers, subjects, a conversation's id; bodies"
        " where it is full.",
        "boiler",
    ),
    "reply_id": ("The wording.", world.REPLY),
    "session": ("Over this account.", world.SESSION),
    "session_id": ("The account.", world.SESSION),
    "since": ("The last rev you saw, or an ISO time.", "1"),
    "status": ("In this state; `any` for all.", "open"),
    "tenant_id": ("The tenant.", world.TENANT),
    "thread_id": ("The conversation.", world.THREAD),
    "unread": ("With unread messages, or without.", True),
    "user_id": ("The member.", world.AGENT),
    "webhook_id": ("The call.", world.WEBHOOK_TROUBLE.failures[0].webhook_id),
}
"""Parameter → what it selects, and an example."""
