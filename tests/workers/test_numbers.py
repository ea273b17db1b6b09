"""From a message on WhatsApp or by SMS to the answer there: the real functions, workers and a provider that loses
answers."""

import hmac
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.db.helpers import Row
from tests.support.database import Database
from tests.support.phones import PUBLIC, Provider, Smses, WhatsApps, phone
from tests.workers.harness import QUESTION, Room, wait_until

PEOPLE = 60
WORKERS = ("functions", "ingress", "inbound", "outbound")


def rooms(database: Database, folder: Path, provider: Provider[Any], **settings: Any) -> Iterator[Room]:
    """A room with the product at work."""
    made = Room(database, folder, public_url=PUBLIC, **settings)
    made.start(*WORKERS)
    made.wait_for_listeners("ingress", "inbound", "outbound")
    yield made
    made.close()


@pytest.fixture
def whatsapps() -> Iterator[WhatsApps]:
    """A Cloud API of this test's own."""
    with WhatsApps(seed=5) as made:
        yield made


@pytest.fixture
def smses() -> Iterator[Smses]:
    """An SMS provider of this test's own."""
    with Smses(seed=5) as made:
        yield made


@pytest.fixture
def on_whatsapp(database: Database, tmp_path: Path, whatsapps: WhatsApps) -> Iterator[Room]:
    """A room on WhatsApp."""
    yield from rooms(database, tmp_path, whatsapps, whatsapp_url=whatsapps.url)


@pytest.fixture
def on_sms(database: Database, tmp_path: Path, smses: Smses) -> Iterator[Room]:
    """A room on SMS."""
    yield from rooms(database, tmp_path, smses, twilio_url=smses.url)


def queue(room: Room) -> list[Row]:
    """Everything that was to be sent."""
    return room.world.all(
        "select q.*, m.body, m.delivery_status from public.et_outbound_queue q join public.et_messages m"
        " on m.tenant_id = q.tenant_id and m.id = q.message_id order by q.created_at"
    )


def received(room: Room, session: uuid.UUID) -> list[Row]:
    """What came in over an account, oldest first."""
    return room.world.all(
        "select * from public.et_messages where channel_session_id = %s and direction = 'inbound' order by id", session
    )


def settle(room: Room, provider: Provider[Any]) -> None:
    """Wait until nothing is left to be read, decided, sent or told."""

    def idle() -> bool:
        calls = room.world.value("select count(*) from private.webhook_work")
        return not (provider.pending() or calls or room.unsettled()["inbound"] or room.unsettled()["outbound"])

    for _ in range(2):  # the last send is what the provider tells of last
        wait_until(idle, 60, 0.05, room.logs)


def ask(provider: Any, account: Any, people: list[str]) -> None:
    """Everybody asks the same."""
    for person in people:
        provider.write(account, person, QUESTION)


def test_a_message_on_whatsapp_is_answered_on_whatsapp(on_whatsapp: Room, whatsapps: WhatsApps) -> None:
    """Each answer quotes its question and reads `delivered`, then `read`; the name is the contact's, a voice message is
    kept as audio."""
    room = on_whatsapp
    number, session = whatsapps.connect(room, room.tenant())
    ann, bob = phone(), phone()
    asked = whatsapps.write(number, ann, QUESTION, name="Ann Ämter")
    voice = whatsapps.loopback.do(whatsapps.provider.files.keep, b"OggS" + bytes(99), "audio/ogg")
    whatsapps.write(
        number, bob, type="audio", audio={"id": voice, "mime_type": "audio/ogg; codecs=opus", "voice": True}
    )
    wait_until(lambda: len(received(room, session)) == 2, 60, what=room.logs)
    settle(room, whatsapps)
    (answer,) = [one for one in whatsapps.delivered() if one["to"] == ann[1:]]
    assert "open" in answer["message"]["text"]["body"].lower()
    assert answer["message"]["context"] == {"message_id": asked["id"]}
    (row,) = [one for one in queue(room) if one["recipient"] == ann]
    assert (row["status"], row["provider_message_id"]) == ("delivered", answer["id"])
    whatsapps.loopback.do(whatsapps.provider.read, number, answer["id"])
    settle(room, whatsapps)
    assert {one["status"] for one in queue(room) if one["recipient"] == ann} == {"read"}
    name = room.world.value("select display_name from public.contacts c join public.contact_identities i on i.contact_id = c.id where i.address = %s", ann)  # fmt: skip
    assert name == "Ann Ämter"
    file = room.world.one("select a.*, b.data from public.message_attachments a join private.attachment_blobs b on b.attachment_id = a.id")  # fmt: skip
    assert (file["content_type"], bytes(file["data"])) == ("audio/ogg", b"OggS" + bytes(99))
    assert room.violations() == []


def test_an_sms_is_answered_by_sms(on_sms: Room, smses: Smses) -> None:
    """And `delivered` once its callback says so; a picture is kept."""
    room = on_sms
    account, session = smses.connect(room, room.tenant())
    ann, bob = phone(), phone()
    smses.write(account, ann, QUESTION)
    smses.write(account, bob, "", files=[(b"\xff\xd8\xff picture", "image/jpeg")])
    wait_until(lambda: len(received(room, session)) == 2, 60, what=room.logs)
    settle(room, smses)
    (answer,) = [one for one in smses.delivered() if one["to"] == ann]
    assert "open" in answer["body"].lower()
    (row,) = [one for one in queue(room) if one["recipient"] == ann]
    assert (row["status"], row["provider_message_id"]) == ("delivered", answer["sid"])
    assert {one["message_type"] for one in received(room, session)} == {"text", "image"}
    assert room.violations() == []


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_lost_answers_double_nothing_and_statuses_settle_them(request: pytest.FixtureRequest, channel: str) -> None:
    """The provider takes every message and every twentieth of its answers is lost: each person gets one answer, and what
    nobody knew at first is settled by the status that carries our id."""
    room: Room = request.getfixturevalue(f"on_{channel}")
    provider: Any = request.getfixturevalue("whatsapps" if channel == "whatsapp" else "smses")
    account, session = provider.connect(room, room.tenant())
    if channel == "whatsapp":
        provider.provider.batch, provider.provider.repeat = 7, 0.2
    provider.order("lost", calls="messages", rate=0.05)
    people = [phone() for _ in range(PEOPLE)]
    ask(provider, account, people)
    wait_until(lambda: len(received(room, session)) == PEOPLE, 60, 0.1, room.logs)
    settle(room, provider)
    answers = Counter("+" + str(one["to"]).lstrip("+") for one in provider.delivered())
    lost = provider.provider.faults.happened["lost"]
    unknown = room.world.all("select * from public.dispatch_attempts where outcome = 'unknown'")
    print({"people": PEOPLE, "answers": sum(answers.values()), "lost": lost, "unknown at first": len(unknown),
           "statuses": dict(Counter(row["status"] for row in queue(room)))})  # fmt: skip
    assert lost > 0, "no answer was lost: the test proved nothing"
    assert len(unknown) == lost
    assert answers == Counter(dict.fromkeys(people, 1))
    assert {row["status"] for row in queue(room)} == {"delivered"}
    assert room.violations() == []


def test_without_statuses_every_unknown_is_listed(on_sms: Room, smses: Smses) -> None:
    """When the provider never tells, what nobody knows stays what nobody knows, and is never sent again."""
    room = on_sms
    account, session = smses.connect(room, room.tenant())
    smses.provider.statuses = ()
    smses.order("lost", calls="messages", times=2)
    ask(smses, account, [phone() for _ in range(6)])
    wait_until(lambda: len(received(room, session)) == 6, 60, 0.1, room.logs)
    settle(room, smses)
    assert Counter(row["status"] for row in queue(room)) == {"sent": 4, "dispatch_unknown": 2}
    assert len(smses.delivered()) == 6
    assert room.violations() == []


def test_stop_by_sms_ends_it_and_start_begins_it_again(on_sms: Room, smses: Smses) -> None:
    """Nothing is sent to who said STOP, not by the staff either; the STOP itself can be read."""
    room = on_sms
    tenant = room.tenant()
    account, session = smses.connect(room, tenant)
    ann = phone()
    smses.write(account, ann, "STOP")
    wait_until(lambda: received(room, session), 60, what=room.logs)
    settle(room, smses)
    thread = received(room, session)[0]["thread_id"]
    assert [row["body"] for row in received(room, session)] == ["STOP"] and queue(room) == []
    room.world.rpc(tenant.people["owner"], tenant, "send_message(%s, 'One more thing')", thread)
    settle(room, smses)
    assert [(row["status"], row["status_reason"]) for row in queue(room)] == [("cancelled", "suppressed_unsubscribed")]
    smses.write(account, ann, "START")
    wait_until(lambda: len(received(room, session)) == 2, 60, what=room.logs)
    settle(room, smses)
    room.world.rpc(tenant.people["owner"], tenant, "send_message(%s, 'Welcome back')", thread)
    settle(room, smses)
    assert [one["body"] for one in smses.delivered()] == ["Welcome back"]


def test_who_said_stop_to_the_carrier_alone_is_found_out(on_sms: Room, smses: Smses) -> None:
    """The carrier's refusal of the first answer is believed: the number is suppressed on SMS, in the person's name."""
    room = on_sms
    tenant = room.tenant()
    account, session = smses.connect(room, tenant)
    ann = phone()
    account.stopped.add(ann)
    smses.write(account, ann, QUESTION)
    wait_until(lambda: received(room, session), 60, what=room.logs)
    settle(room, smses)
    assert [(row["status"], row["status_reason"]) for row in queue(room)] == [("failed", "21610")]
    (suppression,) = room.world.all(
        "select kind, scope, reason from public.suppressions where tenant_id = %s", tenant.id
    )
    assert suppression == {"kind": "sms", "scope": "all", "reason": "unsubscribed"}


def test_a_message_that_fails_later_says_why(on_whatsapp: Room, whatsapps: WhatsApps) -> None:
    """Accepted at first, then 131026: failed, with Meta's words on record, and the number stays usable."""
    room = on_whatsapp
    tenant = room.tenant()
    number, session = whatsapps.connect(room, tenant)
    ann = phone()
    number.failures[ann[1:]] = (131026, "Message undeliverable")
    whatsapps.write(number, ann, QUESTION)
    wait_until(lambda: received(room, session), 60, what=room.logs)
    settle(room, whatsapps)
    assert [(row["status"], row["status_reason"]) for row in queue(room)] == [("failed", "131026")]
    receipt = room.world.one("select kind, diagnostic from public.delivery_receipts")
    assert receipt == {"kind": "failed", "diagnostic": "Message undeliverable"}
    assert room.world.all("select * from public.suppressions where tenant_id = %s", tenant.id) == []


def test_statuses_of_one_tenant_move_nothing_of_another(on_whatsapp: Room, whatsapps: WhatsApps) -> None:
    """A well-signed call that names another tenant's message and queue row is kept as a receipt of its own tenant, and
    changes nothing; a call signed with another account's secret is refused."""
    room = on_whatsapp
    ours, theirs = room.tenant(), room.tenant()
    number, _ = whatsapps.connect(room, ours)
    other, foreign = whatsapps.connect(room, theirs)
    whatsapps.provider.statuses = ("sent",)
    whatsapps.write(number, phone(), QUESTION)
    wait_until(lambda: [row for row in queue(room) if row["status"] == "sent"], 60, what=room.logs)
    settle(room, whatsapps)
    (row,) = queue(room)
    (sent,) = whatsapps.delivered()
    status = {
        "id": sent["id"],
        "status": "failed",
        "recipient_id": sent["to"],
        "biz_opaque_callback_data": str(row["id"]),
    }
    value = {"metadata": {"phone_number_id": other.id}, "statuses": [status]}
    body = json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()
    url = f"http://127.0.0.1:{room.functions_port}/functions/v1/whatsapp-webhook/{foreign}"
    answers = {}
    for name, secret in (("own", other.app_secret), ("foreign", number.app_secret)):
        signed = {"X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), body, 'sha256').hexdigest()}"}
        answers[name] = httpx.post(url, content=body, headers=signed).status_code
    assert answers == {"own": 200, "foreign": 401}
    settle(room, whatsapps)
    assert [one["status"] for one in queue(room)] == ["sent"]
    receipts = room.world.all("select tenant_id, kind, message_id from public.delivery_receipts where kind = 'failed'")
    assert receipts == [{"tenant_id": theirs.id, "kind": "failed", "message_id": None}]
    assert room.violations() == []


def test_the_window_closes_for_the_ai_and_a_template_opens_it(on_whatsapp: Room, whatsapps: WhatsApps) -> None:
    """A question that reaches us a day late is handed to a person; what he sends as a template goes out."""
    room = on_whatsapp
    tenant = room.tenant()
    number, session = whatsapps.connect(room, tenant)
    number.approve("sorry", "en_US", "Sorry for the delay, {{1}}")
    whatsapps.write(number, phone(), QUESTION, timestamp="1700000000")
    wait_until(lambda: received(room, session), 60, what=room.logs)
    settle(room, whatsapps)
    (message,) = received(room, session)
    assert (message["delivery_status"], queue(room)) == ("inbound_human_takeover", [])
    number.wrote.clear()
    template = json.dumps({"name": "sorry", "language": "en_US", "variables": ["Ann"]})
    room.world.rpc(tenant.people["owner"], tenant, "send_message(%s, 'Sorry for the delay, Ann', null, null, null, %s::jsonb)", message["thread_id"], template)  # fmt: skip
    settle(room, whatsapps)
    assert [(row["status"], row["body"]) for row in queue(room)] == [("delivered", "Sorry for the delay, Ann")]
    assert whatsapps.delivered()[0]["message"]["template"]["name"] == "sorry"
