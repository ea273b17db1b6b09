"""The Bot API on loopback keeps Telegram's rules: what is proved against it would not be worth much otherwise."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.settings import PROJECT
from devstack.providers.telegram import Telegram
from devstack.providers.telegram.bots import Limits

TOKEN = "700009:AAtestTESTtestTESTtestTESTtestTESTte"


@pytest.fixture
async def api(place: Any) -> AsyncIterator[Any]:
    """Calls a method of the bot: (status, answer)."""
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=100)) as client:

        async def call(method: str, /, token: str = place.token, **fields: Any) -> tuple[int, Any]:
            answer = await client.post(f"{place.url}/bot{token}/{method}", json=fields)
            return answer.status_code, answer.json()

        yield call


async def test_an_update_is_given_until_an_offset_confirms_it(place: Any, api: Any) -> None:
    """Limit, order and offset as documented; what is confirmed is gone."""
    for text in "abc":
        place.provider.write(place.token, 1, text)
    _, first = await api("getUpdates", limit=2)
    _, again = await api("getUpdates", limit=2)
    assert first == again and [one["message"]["text"] for one in first["result"]] == ["a", "b"]
    _, rest = await api("getUpdates", offset=first["result"][-1]["update_id"] + 1)
    assert [one["message"]["text"] for one in rest["result"]] == ["c"]
    assert place.bot.confirmed == 2
    _, nothing = await api("getUpdates", offset=rest["result"][-1]["update_id"] + 1)
    assert nothing == {"ok": True, "result": []}


async def test_a_long_poll_ends_when_something_comes(place: Any, api: Any) -> None:
    """And not before, nor much later than its time."""
    waiting = asyncio.create_task(api("getUpdates", timeout=50))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    place.provider.write(place.token, 1, "now")
    _, found = await asyncio.wait_for(waiting, 60)
    assert found["result"][0]["message"]["text"] == "now"
    place.bot.updates.clear()
    _, nothing = await asyncio.wait_for(api("getUpdates", timeout=0.3), 60)
    assert nothing["result"] == []


async def test_the_newer_of_two_polls_wins(place: Any, api: Any) -> None:
    """The older one hears 409."""
    older = asyncio.create_task(api("getUpdates", timeout=50))
    while place.bot._poll is None:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    newer = asyncio.create_task(api("getUpdates", timeout=0.3))
    status, answer = await older
    assert status == 409 and "terminated by other getUpdates request" in answer["description"]
    assert (await newer)[0] == 200


async def test_kinds_nobody_asked_for_are_not_queued(place: Any, api: Any) -> None:
    """`allowed_updates` is remembered until it is said again."""
    await api("getUpdates", allowed_updates=["message"])
    place.provider.write(place.token, 1, "edited", kind="edited_message")
    place.provider.block(place.token, 1)
    place.provider.write(place.token, 1, "said")
    _, found = await api("getUpdates")
    assert [sorted(one)[0] for one in found["result"]] == ["message"]


async def test_one_chat_takes_one_message_a_second(place: Any, api: Any) -> None:
    """After a short burst: 429 with the seconds to wait, in the words and the members Telegram uses."""
    assert (Limits().chat_per_second, Limits().bot_per_second) == (1, 30)
    place.bot.limits = Limits(chat_per_second=0.05)  # slow enough for a busy machine to see the end of the burst
    place.bot._buckets.clear()
    answers = [await api("sendMessage", chat_id=place.person, text=str(n)) for n in range(4)]
    assert [status for status, _ in answers] == [200, 200, 200, 429]
    wait = answers[-1][1]["parameters"]["retry_after"]
    assert 1 <= wait <= 20
    assert answers[-1][1] == {"ok": False, "error_code": 429, "description": f"Too Many Requests: retry after {wait}",
                              "parameters": {"retry_after": wait}}  # fmt: skip


async def test_a_bot_sends_thirty_messages_at_once(place: Any, api: Any) -> None:
    """Over all chats together."""
    place.bot.limits = Limits(bot_per_second=0.1)
    for person in range(1, 41):
        place.provider.write(place.token, person, "hi")
    answers = await asyncio.gather(*(api("sendMessage", chat_id=person, text="x") for person in range(1, 41)))
    taken = [status for status, _ in answers].count(200)
    assert 30 <= taken <= 33, taken


@pytest.mark.parametrize(
    ("method", "fields", "status", "description"),
    [
        ("sendMessage", {"chat_id": 1, "text": "x"}, 400, "Bad Request: chat not found"),
        ("sendMessage", {"text": "x"}, 400, "Bad Request: chat_id is empty"),
        ("sendMessage", {"chat_id": 4242, "text": " "}, 400, "Bad Request: message text is empty"),
        ("sendMessage", {"chat_id": 4242, "text": "a" * 4097}, 400, "Bad Request: message is too long"),
        ("sendMessage", {"chat_id": 4242, "text": "a.b", "parse_mode": "MarkdownV2"}, 400,
         "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("sendMessage", {"chat_id": 4242, "text": "x", "reply_parameters": {"message_id": 99}}, 400,
         "Bad Request: message to be replied not found"),
        ("getFile", {"file_id": "x"}, 400, "Bad Request: invalid file_id"),
        ("deleteMessage", {"chat_id": 4242, "message_id": 99}, 400, "Bad Request: message to delete not found"),
        ("nothing", {}, 404, "Not Found: method not found"),
    ],
)  # fmt: skip
async def test_refusals_have_telegrams_words(api: Any, method: str, fields: Any, status: int, description: str) -> None:
    """error_code is the HTTP status, `ok` is false."""
    got, answer = await api(method, **fields)
    assert (got, answer) == (status, {"ok": False, "error_code": status, "description": description})


async def test_unknown_and_revoked_tokens_are_unauthorized(place: Any, api: Any) -> None:
    """401; what does not even look like a token is 404."""
    assert (await api("getMe", token=TOKEN))[1] == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert (await api("getMe", token="no-token"))[0] == 404
    place.bot.revoked = True
    assert (await api("getMe"))[0] == 401


async def test_a_bot_edits_and_deletes_what_it_sent(place: Any, api: Any) -> None:
    """Its own messages only, and an edit has to change something."""
    _, sent = await api("sendMessage", chat_id=place.person, text="frist")
    there = {"chat_id": place.person, "message_id": sent["result"]["message_id"]}
    assert (await api("editMessageText", **there, text="first"))[1]["result"]["text"] == "first"
    assert "not modified" in (await api("editMessageText", **there, text="first"))[1]["description"]
    theirs = {"chat_id": place.person, "message_id": place.first["message_id"]}
    assert "can't be edited" in (await api("editMessageText", **theirs, text="x"))[1]["description"]
    assert (await api("deleteMessage", **there))[1] == {"ok": True, "result": True}
    assert place.delivered[0]["deleted"] is True


async def test_a_webhook_gets_every_update_in_order_until_it_says_yes(place: Any, api: Any) -> None:
    """With the secret in its header; meanwhile polls hear 409, and after deleteWebhook they work again."""
    got: list[tuple[str, str]] = []
    refusals = 2

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal refusals
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(
            next(line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length"))
        )
        body = json.loads(await reader.readexactly(length))
        secret = next(line.split(": ")[1] for line in head.split("\r\n") if "secret-token" in line.lower())
        status = "200 OK" if refusals <= 0 else "503 Busy"
        refusals -= 1
        if status.startswith("200"):
            got.append((secret, body["message"]["text"]))
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        assert (await api("setWebhook", url="https://example.com"))[0] == 400
        await api("setWebhook", url=url, secret_token="s3cret")
        for text in "abc":
            place.provider.write(place.token, 1, text)
        assert "webhook is active" in (await api("getUpdates"))[1]["description"]
        for _ in range(1200):
            if len(got) == 3:
                break
            await asyncio.sleep(0.05)
        assert got == [("s3cret", "a"), ("s3cret", "b"), ("s3cret", "c")]
        info = (await api("getWebhookInfo"))[1]["result"]
        assert info["pending_update_count"] == 0 and "503" in info["last_error_message"] and info["last_error_date"]
        await api("deleteWebhook")
    assert (await api("getUpdates"))[0] == 200


async def test_it_can_run_as_a_process_and_take_orders() -> None:
    """Orders by HTTP: bots, messages, faults, and what was delivered."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devstack.providers.telegram", "--seed", "3", cwd=PROJECT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        url = json.loads(await process.stdout.readline())["url"]
        async with httpx.AsyncClient(base_url=url) as client:
            await client.post("/control/bots", json={"token": TOKEN})
            orders = {"token": TOKEN, "messages": [{"person": 5, "text": "hi"}]}
            assert (await client.post("/control/messages", json=orders)).json()[0]["text"] == "hi"
            assert (await client.get("/control")).json()["bots"][0]["pending"] == 1
            sent = await client.post(f"/bot{TOKEN}/sendMessage", data={"chat_id": "5", "text": "hello"})
            assert sent.json()["ok"] is True
            delivered = (await client.get("/control/deliveries?since=0")).json()
            assert [one["message"]["text"] for one in delivered] == ["hello"]
            assert (await client.post("/control/faults", json={"kind": "nonsense"})).status_code == 400
            await client.post("/control/faults", json={"kind": "drop", "calls": "getMe"})
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(f"/bot{TOKEN}/getMe")
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_faults_by_chance_are_the_same_for_the_same_seed() -> None:
    """So that a run that went wrong can be run again."""
    runs = []
    for _ in range(2):
        provider = Telegram(Limits(), seed=7)
        provider.faults.order("lost", rate=0.05)
        runs.append([provider.faults.strike("sendMessage") is not None for _ in range(400)])
    assert runs[0] == runs[1]
    assert 5 < sum(runs[0]) < 40


async def test_telegram_takes_only_a_secret_and_an_address_it_can_use(place: Any, api: Any) -> None:
    """1 to 256 of the allowed characters, and https."""
    here = "http://127.0.0.1:9/x"
    for secret in ("ü", "a b", "a.b", "x" * 257):
        assert "secret token" in (await api("setWebhook", url=here, secret_token=secret))[1]["description"]
    assert "HTTPS" in (await api("setWebhook", url="http://example.com/x"))[1]["description"]
    assert (await api("setWebhook", url=here, secret_token="x" * 256, allowed_updates=["message"]))[0] == 200
    info = (await api("getWebhookInfo"))[1]["result"]
    assert (info["url"], info["allowed_updates"]) == (here, ["message"])
