"""The way out: router → adapter → bridge → WhatsApp, with answers that get lost."""

import random
import signal
import socket
import threading
import time
from collections import Counter
from typing import Any

import pytest

from app.channels.registry import create_adapters
from tests.channels.whatsapp.test_inbound import running
from tests.db.helpers import Row
from tests.support.whatsapp import Phones
from tests.workers.harness import QUESTION, wait_until


def queue(phones: Phones) -> list[Row]:
    """Everything that was to be sent."""
    return phones.room.world.all("select * from public.et_outbound_queue order by created_at")


def statuses(phones: Phones) -> Counter[str]:
    """How many rows are in which status."""
    return Counter(row["status"] for row in queue(phones))


def at_work(phones: Phones) -> tuple[str, Any, Any]:
    """A paired account with its bridge, and the workers that answer; a fast pace, since the pace is not the matter."""
    number, session, process = running(phones)
    phones.room.start("inbound", "outbound")
    phones.room.wait_for_listeners("inbound", "outbound")
    known = "select * from private.channel_providers where provider = 'baileys'"
    wait_until(
        lambda: phones.room.world.all(known), 60, 0.05, phones.room.logs
    )  # else the router would set its own pace
    phones.room.world.owner.execute(
        "update private.channel_providers set session_per_second = 100, recipient_interval_s = 0.01 where provider = 'baileys'"
    )
    return number, session, process


def test_an_answer_reaches_the_phone_and_its_receipts_come_back(phones: Phones) -> None:
    """Under the id of its queue row, quoting the question; sent, delivered, read, and never back."""
    number, session, _ = at_work(phones)
    asked = phones.whatsapp.write(number, "+491700000001", QUESTION)
    wait_until(lambda: phones.whatsapp.sent, 60, 0.05, phones.room.logs)
    phones.room.settle()
    (said,) = phones.whatsapp.sent
    (row,) = queue(phones)
    assert (said["id"], said["jid"], said["quoted"]) == (row["id"].hex.upper(), "491700000001@s.whatsapp.net", asked)
    assert "open" in said["text"].lower()
    assert row["provider_message_id"] == f"{session}:491700000001:{said['id']}"
    key = {"id": said["id"], "fromMe": True, "remoteJid": said["jid"]}
    for status in (4, 3, 4):
        phones.whatsapp.tell(number, {"emit": ["messages.update", [{"key": key, "update": {"status": status}}]]})
    wait_until(lambda: queue(phones)[0]["status"] == "read", 60, 0.05, phones.room.logs)
    phones.whatsapp.tell(number, {"wants": said["id"]})
    wait_until(lambda: said["id"] in phones.whatsapp.repeated, 60, 0.05)
    assert phones.whatsapp.repeated[said["id"]] == said["text"], "a device that could not read it is told again"
    assert (
        phones.room.world.one("select * from private.channel_providers where provider = 'baileys'")["delivery_class"]
        == "N"
    )
    assert phones.room.violations() == []


@pytest.mark.parametrize("people", [15, pytest.param(60, marks=pytest.mark.prove)])
def test_lost_answers_double_nothing_and_settle_by_themselves(phones: Phones, people: int) -> None:
    """The line between worker and bridge breaks for a third of the sends: every person gets one message, and each send
    nobody heard of ends as sent, since WhatsApp's own word comes by another way."""
    chance = random.Random(4)
    proxy = Proxy(phones.room.settings.baileys_port, lambda: chance.random() < 0.33)
    phones.room.settings = _replace(phones.room.settings, baileys_url=f"http://127.0.0.1:{proxy.port}")
    number, _, _ = at_work(phones)
    for person in range(people):
        phones.whatsapp.write(number, f"+4917000{person:05}", QUESTION)
    wait_until(lambda: len(queue(phones)) == people, 90, 0.1, phones.room.logs)
    phones.room.settle(90)
    wait_until(lambda: set(statuses(phones)) == {"sent"}, 60, 0.1, lambda: f"{statuses(phones)} {phones.room.logs()}")
    got = Counter(one["jid"] for one in phones.whatsapp.sent)
    print(
        {"people": people, "stanzas": sum(got.values()), "answers lost": proxy.cut, "statuses": dict(statuses(phones))}
    )
    assert proxy.cut > 2, "no answer was lost: the test proved nothing"
    assert len(got) == people and max(got.values()) == 1
    assert phones.room.violations() == []
    proxy.close()


def test_what_whatsapp_never_acknowledged_is_listed_not_repeated(phones: Phones) -> None:
    """No acknowledgement, no receipt: dispatch_unknown. When the receipt comes after all, it is delivered."""
    number, _, _ = at_work(phones)
    phones.whatsapp.answer_ack = lambda _: None
    phones.whatsapp.write(number, "+491700000001", QUESTION)
    wait_until(lambda: statuses(phones) == {"dispatch_unknown": 1}, 60, 0.1, phones.room.logs)
    (said,) = phones.whatsapp.sent
    key = {"id": said["id"], "fromMe": True, "remoteJid": said["jid"]}
    phones.whatsapp.tell(number, {"emit": ["messages.update", [{"key": key, "update": {"status": 3}}]]})
    wait_until(lambda: statuses(phones) == {"delivered": 1}, 60, 0.1, phones.room.logs)
    assert len(phones.whatsapp.sent) == 1


def test_a_refusal_fails_the_message(phones: Phones) -> None:
    """An acknowledgement with an error is a clear no."""
    number, _, _ = at_work(phones)
    phones.whatsapp.answer_ack = lambda sent: {"id": sent["id"], "from": sent["jid"], "error": "463"}
    phones.whatsapp.write(number, "+491700000001", QUESTION)
    wait_until(lambda: statuses(phones) == {"failed": 1}, 60, 0.1, phones.room.logs)
    assert len(phones.whatsapp.sent) == 1


def test_while_the_bridge_is_away_messages_wait(phones: Phones) -> None:
    """Nothing was sent, so it is tried again, and leaves once the bridge is back: one stanza."""
    number, _, process = at_work(phones)
    phones.whatsapp.write(number, "+491700000001", QUESTION)
    wait_until(lambda: statuses(phones) == {"sent": 1}, 60, 0.05, phones.room.logs)
    phones.room.settle()
    process.send_signal(signal.SIGKILL)
    process.wait()
    tenant_id = phones.room.world.value("select tenant_id from public.et_outbound_queue limit 1")
    thread = phones.room.world.value("select thread_id from public.et_outbound_queue limit 1")
    phones.room.world.owner.execute(
        "select private.enqueue_outbound(%s, %s, 'One more thing', 'system', 'system', '{}')", [tenant_id, thread]
    )
    wait_until(
        lambda: phones.room.world.all("select * from public.dispatch_attempts where error_code = 'connection'"),
        60, 0.1, phones.room.logs,
    )  # fmt: skip
    phones.start()
    wait_until(lambda: len(phones.whatsapp.sent) == 2, 90, 0.1, phones.room.logs)
    phones.room.settle()
    assert statuses(phones) == {"sent": 2} and phones.whatsapp.sent[1]["text"] == "One more thing"


@pytest.mark.prove
@pytest.mark.timeout(480)
def test_a_bridge_that_is_killed_while_it_sends_doubles_nothing(phones: Phones) -> None:
    """Killed eight times among forty sends: nobody gets two; each row is sent, or is listed as unknown."""
    chance = random.Random(8)
    number, _, process = at_work(phones)
    for person in range(40):
        phones.whatsapp.write(number, f"+4917000{person:05}", QUESTION)
    for _ in range(8):
        time.sleep(0.2 + chance.random() * 1.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = phones.start()
        wait_until(lambda: phones.whatsapp.is_open(number), 60, 0.05, phones.room.logs)
    wait_until(lambda: len(queue(phones)) == 40, 90, 0.1, phones.room.logs)
    # The breaker opened while no bridge ran; on a busy machine its pauses add up.
    phones.room.settle(280)
    got = Counter(one["jid"] for one in phones.whatsapp.sent)
    print({"kills": 8, "stanzas": sum(got.values()), "statuses": dict(statuses(phones))})
    assert max(got.values()) == 1
    assert set(statuses(phones)) <= {"sent", "dispatch_unknown"}
    sent_rows = {row["id"].hex.upper() for row in queue(phones) if row["status"] == "sent"}
    assert sent_rows <= {one["id"] for one in phones.whatsapp.sent}
    assert phones.room.violations() == []


def test_who_is_not_on_whatsapp_is_not_written_to(phones: Phones) -> None:
    """Asked before the first message to a number; the no suppresses the address."""
    _, session, _ = at_work(phones)
    phones.whatsapp.absent.add("491700000404@s.whatsapp.net")
    tenant = phones.room.world.one("select tenant_id from public.et_channel_sessions where id = %s", session)[
        "tenant_id"
    ]
    owner = phones.room.world.value(
        "select user_id from public.tenant_members where tenant_id = %s and role = 'owner'", tenant
    )
    phones.room.world.rpc(owner, tenant, "test_channel_session(%s, '+491700000404')", session)
    wait_until(lambda: set(statuses(phones)) & {"bounced", "failed"}, 60, 0.1, phones.room.logs)
    assert statuses(phones) == {"bounced": 1} and phones.whatsapp.sent == []
    assert (
        phones.room.world.value("select address from public.suppressions where tenant_id = %s", tenant)
        == "+491700000404"
    )


def test_only_who_has_the_token_may_send(phones: Phones) -> None:
    """Without it, or with another, nothing happens; and the port is on this machine only."""
    import httpx

    phones.start()
    url = f"http://127.0.0.1:{phones.room.settings.baileys_port}"
    wait_until(lambda: _answers(phones.room.settings.baileys_port), 60, 0.05, phones.room.logs)
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": ""}):
        assert httpx.post(f"{url}/send", json={}, headers=headers).status_code == 401
    adapter = create_adapters(phones.room.settings)["baileys"]
    assert adapter.capabilities.channel == "whatsapp"
    from app.channels.whatsapp.baileys import token

    let_in = {"authorization": f"Bearer {token(phones.room.settings.secret_keys()[0])}"}
    for body in (b"", b"{", b'{"session_id": 1}', b"[]", b'{"id": "x"}'):
        assert httpx.post(f"{url}/send", content=body, headers=let_in).status_code == 400
    assert httpx.get(f"{url}/health").json() == {"accounts": 0, "connected": 0}


class Proxy:
    """Hands requests on to a port; when `cuts` says so, the answer is thrown away."""

    def __init__(self, port: int, cuts: Any) -> None:
        self.to, self.cuts, self.cut = port, cuts, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, socket.create_connection(("127.0.0.1", self.to)) as server:
                threading.Thread(target=_copy, args=(client, server), daemon=True).start()
                while data := server.recv(65536):
                    if self.cuts():
                        self.cut += 1
                        return
                    client.sendall(data)
        except OSError:
            return


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        return


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def _replace(settings: Any, **changes: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(settings, **changes)
