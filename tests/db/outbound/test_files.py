"""Files that are sent: uploaded first, sent once, in their order; what no provider would take is not queued."""

import uuid
from typing import Any

import psycopg
import pytest

from tests.db.helpers import Row, Tenant, World, refused

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 8
OGG = b"OggS" + b"\x00" * 12
SEND = "send_message(p_thread_id => %s, p_body => %s, p_attachments => %s)"


@pytest.fixture
def desk(world: World) -> tuple[Tenant, Any, Any]:
    """A tenant, its agent, and a thread somebody wrote in."""
    tenant = world.tenant("agent", "admin", sends_per_minute=1000)
    world.register({"email": {}})
    return tenant, tenant.people["agent"], world.arrive(tenant)["thread_id"]


def files_of(world: World, message_id: Any) -> list[tuple[str, bytes]]:
    """Names and bytes of a message's files, in the order they are sent."""
    rows = world.all(
        "select a.filename, b.data from public.message_attachments as a inner join private.attachment_blobs as b"
        " on b.tenant_id = a.tenant_id and b.attachment_id = a.id where a.message_id = %s order by a.position", message_id,
    )  # fmt: skip
    return [(row["filename"], bytes(row["data"])) for row in rows]


def test_files_travel_with_their_message_in_their_order(world: World, desk: Any) -> None:
    """What was uploaded last may be sent first; the adapter gets names and bytes, readers see that there are files."""
    tenant, agent, thread = desk
    plan, photo = world.upload(tenant, agent), world.upload(tenant, agent, PNG, "boiler.png", "image/png")
    named = [photo["attachment_id"], plan["attachment_id"]]
    sent = world.rpc(agent, tenant, SEND, thread, "", named)
    message = world.message(sent["message_id"])
    assert (message["message_type"], [f["filename"] for f in message["metadata"]["attachments"]]) == (
        "image", ["boiler.png", "quote.pdf"])  # fmt: skip
    assert files_of(world, sent["message_id"]) == [("boiler.png", PNG), ("quote.pdf", b"%PDF-1.7")]
    (claim,) = world.claim_out()
    details = world.worker.execute(
        "select private.dispatch_details(%s, %s) as d", [tenant.id, claim["queue_id"]]).fetchone()["d"]  # fmt: skip
    assert [(f["id"], f["size_bytes"]) for f in details["attachments"]] == [(named[0], len(PNG)), (named[1], 8)]
    assert world.violations(tenant) == {}


def test_a_file_is_sent_once_and_a_repeated_send_sends_nothing(world: World, desk: Any) -> None:
    """The same client id answers with the first message; another send with the same file is refused, and one file
    named twice as well."""
    tenant, agent, thread = desk
    file = world.upload(tenant, agent)["attachment_id"]
    call = "send_message(p_thread_id => %s, p_body => 'x', p_client_message_id => 'c1', p_attachments => %s)"
    first = world.rpc(agent, tenant, call, thread, [file])
    assert world.rpc(agent, tenant, call, thread, [file])["duplicate"] and not first["duplicate"]
    with refused("PT409", code="file_sent"):
        world.rpc(agent, tenant, SEND, thread, "again", [file])
    other = world.upload(tenant, agent)["attachment_id"]
    with refused("PT422", code="no_file"):
        world.rpc(agent, tenant, SEND, thread, "twice", [other, other])
    assert world.rpc(agent, tenant, SEND, thread, "once", [other])["delivery_status"] == "queued"


def test_only_its_uploader_sends_a_file(world: World, desk: Any) -> None:
    """A colleague's, a stranger's, an unknown and an expired file are all missing; the attempt on the stranger's is on
    record, nothing is sent and the AI keeps the thread."""
    tenant, agent, thread = desk
    stranger = world.tenant("agent")
    theirs = world.upload(stranger, stranger.people["agent"])["attachment_id"]
    late = world.upload(tenant, agent)["attachment_id"]
    world.owner.execute("update public.message_attachments set expires_at = now() where id = %s", [late])
    missing = [world.upload(tenant, tenant.people["admin"])["attachment_id"], theirs, str(uuid.uuid4()), late]
    before = world.value("select count(*) from public.access_denials")
    answers = [world.rpc(agent, tenant, SEND, thread, "x", [one]) for one in missing]
    assert {answer["code"] for answer in answers} == {"not_found"} and len({str(a) for a in answers}) == 1
    assert world.value("select count(*) from public.access_denials") == before + 1
    assert (world.thread(thread)["control"], world.thread(thread)["last_seq"]) == ("ai", 1)
    assert world.value("select message_id from public.message_attachments where id = %s", theirs) is None


def test_nobody_reads_a_file_that_waits(world: World, desk: Any) -> None:
    """Before it is sent it is in no list, not even its uploader's; afterwards its message's readers have it."""
    tenant, agent, thread = desk
    file = world.upload(tenant, agent)["attachment_id"]
    with world.acting(agent, tenant) as connection:
        seen = connection.execute("select count(*) as n from public.message_attachments").fetchone()["n"]
        assert seen == world.value(
            "select count(*) from public.message_attachments where tenant_id = %s and message_id is not null", tenant.id
        )
    assert world.rpc(agent, tenant, "attachment_data(%s)", file) is None
    world.rpc(agent, tenant, SEND, thread, "x", [file])
    assert bytes(world.rpc(tenant.people["admin"], tenant, "attachment_data(%s)", file)) == b"%PDF-1.7"


LIMITS: dict[str, tuple[Row, str, list[bytes], str]] = {
    "no files": ({"max_attachments": 0}, "x", [b"a"], "no_files"),
    "two of one": ({"max_attachments": 1}, "x", [b"a", b"b"], "too_many_files"),
    "too much together": ({"max_attachment_bytes": 3}, "x", [b"ab", b"cd"], "file_size"),
    "too long beside files": ({"max_caption_chars": 3}, "four", [b"a"], "no_caption"),
    "too many units beside files": (
        {"max_caption_chars": 3, "counts_utf16": True},
        "\N{SNOWBOARDER}" * 2,
        [b"a"],
        "no_caption",
    ),
    "text beside sound": ({"captionless": ["audio"]}, "listen", [OGG], "no_caption"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_the_provider_would_not_take_is_not_queued(world: World, desk: Any, name: str) -> None:
    """Refused with the channel's limit in words while it can still be changed; the files wait on."""
    tenant, agent, thread = desk
    declared, body, files, code = LIMITS[name]
    kinds = {OGG: "audio/ogg"}
    named = [world.upload(tenant, agent, data, "f", kinds.get(data, "text/plain"))["attachment_id"] for data in files]
    world.register({"email": declared})
    caught: list[psycopg.Error]
    with refused("PT422", code=code) as caught:
        world.rpc(agent, tenant, SEND, thread, body, named)
    assert "email" in str(caught[0])
    assert world.thread(thread)["last_seq"] == 1 and world.thread(thread)["control"] == "ai"
    world.register({"email": {}})
    assert world.rpc(agent, tenant, SEND, thread, body, named)["delivery_status"] == "queued"


def test_a_tenants_own_limit_counts_for_each_file(world: World, desk: Any) -> None:
    """message_limits bound a file on a channel; the largest of them is what may be uploaded at all."""
    tenant, agent, thread = desk
    world.owner.execute("insert into public.message_limits values (%s, 'email', 'attachment_bytes', 4)", [tenant.id])
    file = world.upload(tenant, agent)["attachment_id"]
    with refused("PT422", code="file_size"):
        world.rpc(agent, tenant, SEND, thread, "x", [file])
    with refused("PT422", code="file_size"):
        world.upload(tenant, agent, b"x" * (10 * 1024 * 1024 + 1))
    with refused("PT422", code="file_size"):
        world.upload(tenant, agent, b"")


def test_what_waits_has_a_quota_and_goes_after_a_day(world: World, desk: Any) -> None:
    """Over the quota an upload is a 429 that says when; sending makes room, and so does the day's end."""
    tenant, agent, thread = desk
    world.configure(tenant, upload_quota_bytes=10)
    file = world.upload(tenant, agent)["attachment_id"]
    caught: list[psycopg.Error]
    with refused("PT429", code="upload_quota") as caught:
        world.upload(tenant, agent)
    assert '"retry_after_s": 86' in str(caught[0].diag.message_detail)
    world.rpc(agent, tenant, SEND, thread, "x", [file])
    left = world.upload(tenant, agent)["attachment_id"]
    world.owner.execute(
        "update public.message_attachments set expires_at = now() - interval '1 s' where id = %s", [left]
    )
    assert world.upload(tenant, agent)["attachment_id"]
    gone = world.worker.execute("select private.sweep_uploads() as n").fetchone()
    assert gone is not None and gone["n"] >= 1
    assert world.all("select from public.message_attachments where id = %s", left) == []
    assert world.all("select from private.attachment_blobs where attachment_id = %s", left) == []
    assert (
        len(files_of(world, world.value("select message_id from public.message_attachments where id = %s", file))) == 1
    )


TYPES: list[tuple[bytes, str | None, str | None]] = [
    (PNG, "image/jpeg", "image/png"), (b"\xff\xd8\xff\xe0JFIF", None, "image/jpeg"), (OGG, "audio/opus", "audio/opus"),
    (b"PK\x03\x04rest", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
     "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"PK\x03\x04rest", "text/plain", "application/zip"), (b"\x00\x00\x00\x18ftypM4A ", "image/png", "audio/mp4"),
    (b"\x00\x00\x00\x18ftypmp42", "audio/mp4", "audio/mp4"), (b"Hello", "text/plain; charset=utf-8", "text/plain"),
    (b"Hello", "nonsense", "application/octet-stream"), (b"Hello", "image/png", None), (b"MZ\x90\x00", "text/plain", None),
    (b"\x7fELF\x02", "application/pdf", None), (b"#!/bin/sh\n", None, None), (b"#!AMR\n", "text/plain", "audio/amr"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", "image/webp"), (b"\xff\xfb\x90", "audio/mpeg", "audio/mpeg"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "declared", "kept"), TYPES)
def test_the_bytes_say_what_a_file_is(world: World, data: bytes, declared: str | None, kept: str | None) -> None:
    """What is sent under a type is of that type; programs, and pictures that are none, are not taken."""
    if kept is None:
        with refused("PT422", code="file_type"):
            world.value("select private.accepted_type(%s, %s)", data, declared)
    else:
        assert world.value("select private.accepted_type(%s, %s)", data, declared) == kept


@pytest.mark.parametrize("name", ["", "a/b.pdf", "a\\b", "a\nb", "x" * 256])
def test_a_name_leads_nowhere(world: World, desk: Any, name: str) -> None:
    """No slashes, no line breaks, no end of it."""
    tenant, agent, _ = desk
    with refused("PT422", code="bad_filename"):
        world.upload(tenant, agent, name=name)


def test_viewers_upload_nothing(world: World) -> None:
    """Who may not send has nothing to upload."""
    tenant = world.tenant("viewer")
    with refused("PT403"):
        world.upload(tenant, tenant.people["viewer"])


def test_an_unknown_is_sent_again_as_it_was(world: World, desk: Any) -> None:
    """A resend keeps the files, in their order, and what the message was for; the first message keeps its own."""
    tenant, agent, thread = desk
    files = [
        world.upload(tenant, agent)["attachment_id"],
        world.upload(tenant, agent, PNG, "b.png", "image/png")["attachment_id"],
    ]
    row = {"tenant_id": tenant.id, "thread_id": thread}
    sent = world.enqueue(row, "Your plan", purpose="notification", attachments=files)
    (claim,) = world.claim_out()
    assert world.finish(claim, "unknown") == "dispatch_unknown"
    world.rpc(agent, tenant, "resolve_unknown(%s, 'resend')", sent["message_id"])
    again = world.one("select * from public.et_outbound_queue where tenant_id = %s and status = 'queued'", tenant.id)
    assert (again["purpose"], world.message(again["message_id"])["body"]) == ("notification", "Your plan")
    assert files_of(world, again["message_id"]) == files_of(world, sent["message_id"]) == [
        ("quote.pdf", b"%PDF-1.7"), ("b.png", PNG)]  # fmt: skip
    assert world.violations(tenant) == {}
