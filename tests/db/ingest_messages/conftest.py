"""Two tenants alike: what one gets as a batch, the other gets row by row."""

import hashlib
import json
import random
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest


@dataclass(frozen=True)
class Tenant:
    """A tenant with one mailbox."""

    id: str
    session: str


def make_tenant(owner: psycopg.Connection[Any], *, rule: str = "channel_contact", search: str = "none") -> Tenant:
    """A new tenant with one connected mailbox and the given scope rule and search policy."""
    made = Tenant(str(uuid.uuid4()), str(uuid.uuid4()))
    owner.execute("insert into public.tenants (id, slug, name) values (%s, %s, 'T')", [made.id, f"t-{made.id[:8]}"])
    owner.execute(
        "update public.tenant_settings set thread_scopes = %s, search_policy = %s where tenant_id = %s",
        [json.dumps({"email": rule}), search, made.id],
    )
    owner.execute(
        "insert into public.et_channel_sessions (tenant_id, id, channel, provider, name, address, status, verified_at)"
        " values (%s, %s, 'email', 'smtp', 'S', %s, 'connected', now())",
        [made.id, made.session, f"{made.id}@in.test"],
    )
    return made


def message(tenant: Tenant, external_id: str, address: str, body: str = "hello", **more: Any) -> dict[str, Any]:
    """One message as a receiver hands it over."""
    digest = hashlib.sha256(f"{address}{body}".encode()).hexdigest()
    return {
        "tenant_id": tenant.id, "channel": "email", "channel_session_id": tenant.session, "sender_address": address,
        "sender_name": address.partition("@")[0], "body": body, "external_message_id": external_id,
        "content_digest": f"\\x{digest}", **more,
    }  # fmt: skip


def random_batch(random_: random.Random, size: int) -> list[dict[str, Any]]:
    """Messages of few addresses and few ids, so that everything collides with everything; without their tenant."""
    batch = []
    reuses_ids = random_.random() < 0.3  # mostly an id has one content, as in life
    for _ in range(size):
        address = f"p{random_.randint(1, 5)}@x.test"
        row: dict[str, Any] = {
            "external_id": f"m{random_.randint(1, 25)}", "address": address, "body": f"b{random_.randint(1, 2)}",
            "subject": random_.choice([None, "s1", "s2"]), "sender_name": random_.choice([None, "Ann", "Bob"]),
            "spam_score": random_.choice([0, 0, 0.95]), "auto_class": random_.choice(["none", "none", "list"]),
            "reference_ids": random_.choice([None, [f"m{random_.randint(1, 25)}"]]),
        }  # fmt: skip
        if not reuses_ids or random_.random() < 0.8:
            row["body"], row["address"] = "b1", f"p{int(row['external_id'][1:]) % 5 + 1}@x.test"
        if random_.random() < 0.1:
            row["content_digest"] = None
        batch.append(row)
    return batch


def for_tenant(tenant: Tenant, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same batch as messages of `tenant`."""
    return [message(tenant, **row) for row in batch]


@pytest.fixture
def ingest(owner: psycopg.Connection[Any]) -> Any:
    """`ingest(messages)` → [(ord, message_id, thread_id, seq, duplicate)]."""

    def call(messages: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return owner.execute(
            "select ord, message_id, thread_id, seq, duplicate from private.ingest_messages(%s)", [json.dumps(messages)]
        ).fetchall()

    return call
