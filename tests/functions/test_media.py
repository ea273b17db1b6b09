"""Files that a provider fetches: to be had while their message is on its way, and by nobody later."""

import uuid

import pytest

from tests.db.helpers import Row, Tenant
from tests.functions.kit import Edge, phone

DATA = b"\xff\xd8\xff" + bytes(range(256)) * 3000


@pytest.fixture
def sent(edge: Edge, tenant: Tenant) -> Row:
    """An MMS with one file that is being sent, and the path its provider was told."""
    world, session = edge.world, edge.account(tenant, "sms", "test_sms")
    thread = world.arrive(tenant, phone(), channel="sms", channel_session_id=session)
    file = world.upload(tenant, tenant.people["owner"], DATA, "B\u00f6iler \u2013 1.jpg", "image/jpeg")
    made = world.enqueue(thread, "", attachments=[file["attachment_id"]])
    claim = next(row for row in world.claim_out(1000) if row["queue_id"] == made["queue_id"])
    world.register({"sms": {"fetches_files": True}})
    told = [world.value("select private.dispatch_details(%s, %s) -> 'attachments' -> 0 ->> 'link'", tenant.id, made["queue_id"])
            for _ in range(2)]  # fmt: skip
    assert told[0] and told[0] == told[1]
    return claim | {"path": f"/media/{told[0]}"}


def test_a_file_is_there_while_its_message_is_sent(edge: Edge, sent: Row) -> None:
    """Byte for byte while the provider is called and just after; not while it waits to be tried again, nor an hour later."""
    got = edge.http.get(sent["path"])
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, DATA, "image/jpeg")
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''B%C3%B6iler%20%E2%80%93%201.jpg"
    assert "sandbox" in got.headers["content-security-policy"] and "no-store" in got.headers["cache-control"]
    head = edge.http.head(sent["path"])
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(DATA)), b"")
    status = "update public.et_outbound_queue set status = %s where id = %s"
    edge.world.owner.execute(status, ["queued", sent["queue_id"]])
    assert edge.http.get(sent["path"]).status_code == 404
    edge.world.owner.execute(status, ["sending", sent["queue_id"]])
    edge.world.finish(sent)
    assert edge.http.get(sent["path"]).status_code == 200
    edge.world.owner.execute(
        "update public.et_outbound_queue set finished_at = now() - interval '61 minutes' where id = %s",
        [sent["queue_id"]],
    )
    assert edge.http.get(sent["path"]).status_code == 404


def test_nobody_gets_what_is_not_theirs(edge: Edge, sent: Row, tenant: Tenant) -> None:
    """An unknown id, none at all, a tenant that is gone: the same 404; and nothing is written here."""
    for path in (f"/media/{uuid.uuid4()}", "/media/", "/media/x", "/media/../track/x"):
        assert edge.http.get(path).status_code == 404
    assert edge.http.post(sent["path"], content=b"x").status_code == 405
    edge.world.owner.execute(
        "update public.tenants set status = 'deleted', deleted_at = now() where id = %s", [tenant.id]
    )
    assert edge.http.get(sent["path"]).status_code == 404
