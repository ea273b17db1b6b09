"""A person who left something in every table, and how she is forgotten."""

import uuid
from typing import Any

from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World

ADDRESS = "wilhelmina.quist@quistworks.test"
NAME = "Wilhelmina Quist"
BODY = "The zebrafish tank leaks again"
OURS = "Our plumber brings a marmoset on Tuesday"
FILE = b"blueprint of the ocelot"
WORDS = ("wilhelmina", "quist", "zebrafish", "marmoset", "ocelot", "+15557770123", "15557770123")


def traces(world: World, tenant: Tenant) -> set[str]:
    """Tables in which a row of the tenant, or of nobody, holds one of the words: as text, in JSON, in bytes."""
    tables = world.all(
        "select c.oid::regclass::text as name from pg_class as c where c.relkind = 'r'"
        " and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    needles = [f"%{form}%" for word in WORDS for form in (word, word.encode().hex())]
    look = (
        "select 1 from {} as t where to_jsonb(t)::text ilike any(%s)"
        " and coalesce(to_jsonb(t) ->> 'tenant_id', %s) = %s limit 1"
    )
    return {
        row["name"] for row in tables if world.all(look.format(row["name"]), needles, str(tenant.id), str(tenant.id))
    }


def erase(world: World, tenant: Tenant, contact: Any, reason: str = "request", who: str = "admin") -> Row:
    """public.erase_contact() as a member."""
    return dict(world.rpc(tenant.people[who], tenant, "erase_contact(%s, %s)", contact, reason))


def go_on(world: World, limit: int = 500) -> int:
    """The housekeeper's steps until nothing is due; how many there were."""
    steps = 0
    while world.worker.execute("select private.continue_erasures(%s) as n", [limit]).fetchone()["n"]:  # type: ignore[index]
        steps += 1
    return steps


def decided(world: World, tenant: Tenant, **message: Any) -> Row:
    """A message of hers that was answered, with all that is written down on the way."""
    message.setdefault("sender_name", NAME)
    arrived = world.arrive(tenant, ADDRESS, BODY, **message)
    claim = next(row for row in world.claim() if row["thread_id"] == arrived["thread_id"])
    world.complete(
        claim, reply=OURS, reasons=[f"said: {BODY}"], intent="price",
        input={"now": "2026-01-01", "contact": {"name": NAME}},
    )  # fmt: skip
    (sent,) = [row for row in world.claim_out() if row["thread_id"] == arrived["thread_id"]]
    world.finish(sent, provider_message_id="chat:quist:1", error=f"250 queued for <{ADDRESS}>")
    return dict(arrived) | {"queue_id": sent["queue_id"], "sent_id": sent["message_id"]}


def everything(world: World, tenant: Tenant) -> Row:
    """A person in every table there is."""
    first = decided(
        world, tenant, subject=f"From {NAME}", metadata={"message_id": f"x1@{ADDRESS}", "reply_to": ADDRESS,
                                                         "attachments": [{"filename": "ocelot.pdf"}]},
        reference_ids=[f"x0@{ADDRESS}"], external_id=f"x1@{ADDRESS}",
    )  # fmt: skip
    thread, contact = first["thread_id"], first["sender_contact_id"]
    world.receipt(tenant, "delivered", "chat:quist:1", f"event-quist-{uuid.uuid4()}", recipient=ADDRESS,
                  diagnostic=f"250 {ADDRESS} fine")  # fmt: skip
    world.receipt(tenant, "delayed", f"unknown-{uuid.uuid4()}", recipient=ADDRESS, diagnostic=ADDRESS)
    made = world.value(
        "insert into public.message_attachments (tenant_id, message_id, filename, content_type, size_bytes, sha256, content_id)"
        " values (%s, %s, 'ocelot.pdf', 'application/pdf', 23, 'x', 'quist') returning id", tenant.id, first["id"],
    )  # fmt: skip
    world.owner.execute("insert into private.attachment_blobs values (%s, %s, %s)", [tenant.id, made, FILE])
    world.worker.execute("select * from private.claim_insights('i1', 10)")
    for version in (1, 2):
        world.owner.execute(
            "insert into public.thread_insight_versions (tenant_id, thread_id, version, summary, next_step, read_seq, model)"
            " values (%s, %s, %s, %s, %s, 1, 'm')", [tenant.id, thread, version, f"{NAME}: {BODY}", "call Quist"],
        )  # fmt: skip
    world.owner.execute(
        "insert into public.et_thread_insights (tenant_id, thread_id, summary, next_step, read_seq, model, follow_up_at,"
        " follow_up_text, follow_up_status) values (%s, %s, %s, 'call Quist', 1, 'm', now(), %s, 'scheduled')",
        [tenant.id, thread, BODY, OURS],
    )
    world.owner.execute(
        "insert into public.shadow_decisions (tenant_id, decision_id, candidate, reasons)"
        " select tenant_id, id, 'rules', %s from public.inbound_decisions where thread_id = %s", [[BODY], thread],
    )  # fmt: skip
    world.owner.execute(
        "insert into public.thread_notes (tenant_id, thread_id, note, author) values (%s, %s, %s, 'user:x')",
        [tenant.id, thread, f"{NAME} sounds worried"],
    )
    world.owner.execute(
        "insert into private.message_html (tenant_id, message_id, html) values (%s, %s, %s)",
        [tenant.id, first["id"], f"<p>{BODY}</p>"],
    )
    work = world.value(
        "insert into private.assist_work (tenant_id, kind, thread_id, requested_by) values (%s, 'suggestions', %s, 'x')"
        " returning id", tenant.id, thread,
    )  # fmt: skip
    world.owner.execute(
        "insert into private.suggestion_drafts (tenant_id, request_id, number, body, source) values (%s, %s, 1, %s, 'faq')",
        [tenant.id, work, OURS],
    )
    world.owner.execute(
        "insert into private.message_translations (tenant_id, message_id, language, body, model, prompt_version)"
        " values (%s, %s, 'de', 'Das zebrafish', 'm', 'v1')", [tenant.id, first["id"]],
    )  # fmt: skip
    told = world.enqueue(first, f"{OURS} https://quist.test/marmoset", "system", purpose="notification")
    called = world.enqueue(first, OURS)
    for claim in world.claim_out():
        if claim["queue_id"] == called["queue_id"]:
            world.finish(
                claim, "manual", start=False, task={"kind": "call", "title": f"Call {NAME}"}, error_code="call"
            )
        elif claim["queue_id"] == told["queue_id"]:
            world.finish(claim, provider_message_id=f"m-{uuid.uuid4()}")
    world.owner.execute("update public.manual_tasks set note = %s where thread_id = %s", [f"{NAME} was away", thread])
    world.owner.execute("update public.et_threads set labels = '{quist}' where id = %s", [thread])
    world.rpc(tenant.people["agent"], tenant, "put_contact(%s, %s)", contact, Jsonb({
        "company": "Quist Works", "attributes": {"cat": "ocelot"},
        "identities": [{"kind": "phone", "address": "+15557770123"}, {"kind": "push", "address": "https://quist.test/p#x"}],
    }))  # fmt: skip
    world.rpc(tenant.people["agent"], tenant, "record_consent(%s, 'email', 'marketing', true)", contact)
    world.owner.execute(
        "insert into private.send_slots (tenant_id, session_id, recipient, next_at) values (%s, %s, %s, now())",
        [tenant.id, tenant.session, ADDRESS],
    )
    world.owner.execute(
        "insert into private.webhook_events (tenant_id, session_id, provider, event_id, headers, payload, error)"
        " values (%s, %s, 'twilio', %s, %s, %s, 'unreadable')",
        [tenant.id, tenant.session, uuid.uuid4().hex, Jsonb({"from": NAME}), b"From=%2B15557770123&Body=zebrafish"],
    )
    for address in (ADDRESS, "+15557770123"):
        kind = "email" if "@" in address else "sms"
        world.rpc(tenant.people["agent"], tenant, "suppress_address(%s, %s, 'all')", kind, address)
    world.rpc(tenant.people["admin"], tenant, "lift_suppression('sms', '+15557770123')")
    last = world.arrive(tenant, ADDRESS, BODY, sender_name=NAME)
    world.enqueue(last, OURS)
    return dict(first) | {"last": last}
