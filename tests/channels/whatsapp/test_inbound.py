"""What people write on WhatsApp becomes rows: each once, none lost, whatever happens to the bridge."""

import random
import signal
import threading
import time
from typing import Any

import pytest

from tests.support.whatsapp import Phones, document_message, edit_message
from tests.workers.harness import wait_until


def test_a_phone_pairs_and_what_people_write_arrives(phones: Phones) -> None:
    """The code is shown to who may see it; texts, an edit and a LID's message land where they belong."""
    tenant = phones.room.tenant()
    number, session = phones.connect(tenant)
    phones.start()
    assert phones.code(phones.ask(tenant, session)) is None
    wait_until(lambda: phones.code(phones.ask(tenant, session)), 60, 0.1, phones.room.logs)
    phones.pair(tenant, number, session)
    first = phones.whatsapp.write(number, "+491700000001", "Hello")
    phones.whatsapp.write(number, "+491700000001", edit_message(first, "Hello!"))
    phones.whatsapp.write(number, "+491777777777", "By LID", sender="77770000000001@lid")
    wait_until(lambda: len(phones.stored(session)) == 2, 60, 0.05, phones.room.logs)
    wait_until(lambda: phones.stored(session)[0]["edited_at"], 60, 0.05, phones.room.logs)
    one, lid = phones.stored(session)
    assert (one["body"], one["sender_address"], one["sender_name"]) == ("Hello!", "+491700000001", "Person 001")
    assert one["external_message_id"] == f"{session}:491700000001:{first}"
    assert (lid["body"], lid["sender_address"]) == ("By LID", "+491777777777")
    assert phones.ask(tenant, session)["ciphertext"] is None, "the code is gone once the phone is paired"
    account = phones.room.world.one("select * from public.et_channel_sessions where id = %s", session)
    assert account["verified_at"] and account["last_heartbeat_at"]
    assert phones.room.world.value("select count(*) from private.bridge_inbox") == 0
    assert phones.room.violations() == []


def test_the_backlog_of_a_night_arrives_whole_and_in_order(phones: Phones) -> None:
    """600 messages from 30 people while no bridge ran, told in one buffered burst: every one a row, in its order."""
    number, session, process = running(phones)
    stop(process)
    sent = [phones.whatsapp.write(number, f"+4917000{n % 30:05}", str(n)) for n in range(600)]
    phones.start()
    wait_until(lambda: len(phones.stored(session)) >= 600, 90, 0.1, phones.room.logs)
    rows = phones.stored(session)
    assert len(rows) == 600 == len({row["external_message_id"] for row in rows}) and len(sent) == 600
    for person in range(30):
        mine = [int(row["body"]) for row in sorted(rows, key=lambda row: row["seq"]) if int(row["body"]) % 30 == person]
        assert mine == sorted(mine)
    assert phones.whatsapp.unacked(number) == 0


def test_what_is_delivered_again_is_one_row(phones: Phones) -> None:
    """The same messages three times, also after a restart: one row each."""
    number, session, process = running(phones)
    for n in range(20):
        phones.whatsapp.write(number, "+491700000001", f"m{n}", id=f"3EB0{n:018X}")
    wait_until(lambda: len(phones.stored(session)) == 20, 60, 0.05, phones.room.logs)
    for n in range(20):
        phones.whatsapp.write(number, "+491700000001", f"m{n}", id=f"3EB0{n:018X}")
    wait_until(lambda: phones.whatsapp.unacked(number) == 0, 60, 0.05, phones.room.logs)
    stop(process)
    for n in range(20):
        phones.whatsapp.write(number, "+491700000001", f"m{n}", id=f"3EB0{n:018X}")
    phones.start()
    wait_until(lambda: phones.whatsapp.unacked(number) == 0, 60, 0.05, phones.room.logs)
    wait_until(lambda: phones.room.world.value("select count(*) from private.bridge_inbox") == 0, 60, 0.05)
    assert len(phones.stored(session)) == 20
    assert set(phones.whatsapp.acked.values()) == {3}


def test_history_brings_what_was_missed_and_nothing_older(phones: Phones) -> None:
    """Old conversations of a phone are not brought in; what is newer than the last message seen is."""
    number, session, _ = running(phones)
    now = int(time.time())

    def past(at: int, name: str) -> dict[str, Any]:
        key = {"remoteJid": "491700000009@s.whatsapp.net", "id": name, "fromMe": False}
        return {"key": key, "messageTimestamp": at, "message": {"conversation": name}, "pushName": "Nine"}

    history = {"chats": [], "contacts": [], "messages": [past(now - 60, "MISSED"), past(now - 9_000_000, "OLD")]}
    phones.whatsapp.tell(number, {"emit": ["messaging-history.set", history]})
    phones.whatsapp.write(number, "+491700000001", "first")
    wait_until(lambda: len(phones.stored(session)) == 1, 60, 0.05, phones.room.logs)
    phones.whatsapp.tell(number, {"emit": ["messaging-history.set", history]})
    wait_until(lambda: len(phones.stored(session)) == 2, 60, 0.05, phones.room.logs)
    assert {row["body"] for row in phones.stored(session)} == {"first", "MISSED"}


def test_files_come_along_or_leave_their_name(phones: Phones, tmp_path: Any) -> None:
    """Byte for byte; what is too large, or never comes, is a name with a reason, and its message is there."""
    import functools
    import http.server

    (tmp_path / "plan.pdf").write_bytes(data := random.Random(3).randbytes(40_000))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    number, session, _ = running(phones)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    phones.whatsapp.write(number, "+491700000001", document_message(f"{url}/plan.pdf", "plan.pdf", 40_000, "the plan"))
    phones.whatsapp.write(number, "+491700000001", document_message(f"{url}/plan.pdf", "big.pdf", 90_000, "too big"))
    wait_until(lambda: len(phones.stored(session)) == 2, 60, 0.05, phones.room.logs)
    kept, refused = phones.room.world.all(
        "select a.filename, a.refused, a.content_type, b.data, m.body, m.message_type from public.message_attachments a"
        " join public.et_messages m on m.tenant_id = a.tenant_id and m.id = a.message_id left join private.attachment_blobs b"
        " on b.tenant_id = a.tenant_id and b.attachment_id = a.id order by a.filename desc"
    )  # fmt: skip
    assert (kept["filename"], bytes(kept["data"]), kept["body"], kept["message_type"]) == (
        "plan.pdf",
        data,
        "the plan",
        "file",
    )
    assert (refused["filename"], refused["data"], refused["refused"]) == ("big.pdf", None, "larger than 50000 bytes")
    server.shutdown()


def test_kills_at_any_moment_lose_and_double_nothing(phones: Phones) -> None:
    """A bridge that is killed 4 times while 40 people's messages come; phones answer no retry: each is one row."""
    kill_again_and_again(phones, kills=4, messages=120)


@pytest.mark.prove
@pytest.mark.timeout(1500)
def test_a_hundred_kills(phones: Phones) -> None:
    """The same with 120 kills and 3,000 messages."""
    kill_again_and_again(phones, kills=120, messages=3000)


def kill_again_and_again(phones: Phones, kills: int, messages: int) -> None:
    """Deliver while the bridge dies; whatever WhatsApp was told it need not keep must be a row."""
    chance = random.Random(11)
    number, session, process = running(phones)
    done = threading.Event()

    def people() -> None:
        for n in range(messages):
            phones.whatsapp.write(number, f"+4917000{n % 40:05}", str(n))
            time.sleep(chance.random() * 0.02)
        done.set()

    writing = threading.Thread(target=people)
    writing.start()
    for _ in range(kills):
        time.sleep(chance.random() * 0.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = phones.start()
        wait_until(lambda: phones.whatsapp.is_open(number), 60, 0.01, phones.room.logs)
    writing.join()
    assert done.is_set()
    wait_until(lambda: phones.whatsapp.unacked(number) == 0, 60, 0.1, phones.room.logs)
    wait_until(lambda: len(phones.stored(session)) >= messages, 60, 0.1, phones.room.logs)
    rows = phones.stored(session)
    print(
        {
            "kills": kills,
            "messages": messages,
            "rows": len(rows),
            "decrypted twice": sum(phones.whatsapp.retried.values()),
        }
    )
    assert sorted(int(row["body"]) for row in rows) == list(range(messages))
    assert phones.room.world.value("select count(*) from private.bridge_inbox") == 0
    assert phones.room.violations() == []


def running(phones: Phones) -> tuple[str, Any, Any]:
    """A paired account and the bridge that serves it."""
    process = phones.start()
    number, session = phones.paired(phones.room.tenant())
    return number, session, process


def stop(process: Any) -> None:
    """End a bridge as a supervisor does."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
