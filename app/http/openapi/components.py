"""Parts of the OpenAPI document that many operations share."""

from typing import Any

TAGS = {
    "threads": "Conversations: the inbox, and what the staff does with one.",
    "messages": "What was written: polling, sending, files, and why.",
    "chat": "What people who share a project, bid card, job or booking write to each other.",
    "contacts": "People outside the staff and their addresses.",
    "channels": "The accounts a tenant is reached at.",
    "outbound": "Sends whose outcome is open, and addresses nothing is sent to.",
    "moderation": "What others may read: judged, masked, held or stopped, who decides, and what its sender can do.",
    "marketplace": "What customers want done, what providers offer, what was agreed; and who brought whom.",
    "tasks": "What people do by hand, and the browsers they are reached at.",
    "assistants": "What an assistant prepares for a person: drafts and translations. Nothing of it is sent.",
    "knowledge": "What a tenant lets the machine say.",
    "notifications": "What the staff should know.",
    "tenancy": "Tenants, their staff and their keys.",
    "logs": "What was done, and what was refused.",
    "operations": "For supervisors and scrapers, without a token.",
}
SHARED_STATUS: dict[int, tuple[str, list[str]]] = {
    400: ("Malformed", ["malformed"]),
    401: ("Unauthenticated", ["not_authenticated", "token_expired"]),
    404: ("NotFound", ["not_found"]),
    413: ("TooLarge", ["too_large"]),
    415: ("UnsupportedMediaType", ["unsupported_media_type"]),
    503: ("Unavailable", ["unavailable"]),
}
"""Status → the shared response and its codes, for operations that have no other codes of that status."""

SHARED: dict[str, Any] = {
    "securitySchemes": {
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A user's access token of the Supabase project. An API key is taken here too.",
        },
        "apiKey": {
            "type": "apiKey", "in": "header", "name": "X-API-Key",
            "description": "A key of the tenant (pk_…), made with POST /v1/api-keys. Its scopes are its rights.",
        },
    },
    "parameters": {
        "RequestId": {
            "name": "X-Request-Id", "in": "header", "required": False, "example": "checkout-42",
            "description": "Your own name for this request, kept where it is 1 to 64 of A-Z a-z 0-9 . _ -",
            "schema": {"type": "string"},
        },
        "IfNoneMatch": {
            "name": "If-None-Match", "in": "header", "required": False, "example": 'W/"1f0c9d3a5b7e8f2a4c6d8e0b"',
            "description": "The ETag of an earlier answer: 304 without a body while nothing changed.",
            "schema": {"type": "string"},
        },
    },
    "headers": {
        "RequestId": {
            "description": "What the server's log knows the request by.", "schema": {"type": "string"},
            "example": "checkout-42",
        },
        "ETag": {
            "description": "Names this very answer; send it as If-None-Match.", "schema": {"type": "string"},
            "example": 'W/"1f0c9d3a5b7e8f2a4c6d8e0b"',
        },
        "RetryAfter": {
            "description": "Seconds to wait before the next try.", "schema": {"type": "integer", "minimum": 1},
            "example": 6,
        },
        "WWWAuthenticate": {"description": "How to sign in.", "schema": {"type": "string"}, "example": "Bearer"},
    },
}  # fmt: skip


def named(kind: str, name: str) -> dict[str, str]:
    """A reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}
