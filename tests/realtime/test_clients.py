"""The clients front ends use, on real sockets: supabase-js in Node, and supabase for Python."""

import asyncio
import os
import re
from typing import Any

from realtime import AsyncRealtimeClient, RealtimeSubscribeStates

from devstack import bridge
from tests.realtime.conftest import PUBLISHABLE, People, Running, token
from tests.realtime.test_signs import judged
from tests.support import npm

SUITES = npm.CLIENTS / "gateway"


async def test_supabase_js(gateway: Running, people: People) -> None:
    """Every test of the suite passes, and none is skipped."""
    people.say(f"user:{people.ann}", {"n": 0}, "before")
    await passes("realtime.mjs", 8, gateway, people)


async def test_our_library_where_people_are_judged(gateway: Running, people: People) -> None:
    """parley-client shows who types and who is there; words of a supabase-js of one's own are refused by name."""
    judged(people)
    await passes("signs.mjs", 2, gateway, people)


async def passes(suite: str, tests: int, gateway: Running, people: People) -> None:
    """Run a suite in Node; where it asks for one, a row is written."""
    node = bridge.node()
    npm.needed(npm.are_fetched(npm.CLIENTS), "Node 22 with supabase-js")
    assert node
    his = f"user:{people.ann}"
    told = {
        "SUPABASE_URL": f"http://127.0.0.1:{gateway.port}", "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE,
        "ANN": token(people.ann), "BOB": token(people.bob), "ANN_ID": str(people.ann), "BOB_ID": str(people.bob),
        "STRANGER": token(people.stranger, tenant=people.elsewhere), "THREAD": f"thread:{people.thread}", "HIS": his,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        node, "--test", "--test-force-exit", "--test-reporter=spec", str(SUITES / suite), env={"PATH": os.environ["PATH"], "NO_COLOR": "1", **told},
        cwd=npm.CLIENTS, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    lines: list[str] = []
    async with asyncio.timeout(240):
        assert process.stdout is not None
        async for line in process.stdout:
            lines.append(line.decode())
            if "WRITE A ROW" in lines[-1]:
                people.say(his, {"n": 1})
        await process.wait()
    said = "".join(lines)
    counts = {name: int(number) for name, number in re.findall(r"^ℹ (\w+) (\d+)$", said, re.MULTILINE)}
    assert process.returncode == 0 and counts["fail"] == 0, said
    assert counts["pass"] == counts["tests"] == tests, said


async def test_supabase_for_python(gateway: Running, people: People) -> None:
    """It joins, hears rows and people, tracks presence, and is refused where it may not be."""
    topic = f"thread:{people.thread}"
    config: Any = {
        "config": {
            "private": True,
            "broadcast": {"ack": False, "self": False},
            "presence": {"key": "p", "enabled": True},
        }
    }
    ann = AsyncRealtimeClient(gateway.url, PUBLISHABLE, auto_reconnect=False)
    bob = AsyncRealtimeClient(gateway.url, PUBLISHABLE, auto_reconnect=False)
    await ann.set_auth(token(people.ann))
    await bob.set_auth(token(people.bob))
    heard: asyncio.Queue[Any] = asyncio.Queue()
    states: asyncio.Queue[Any] = asyncio.Queue()
    first, second = ann.channel(topic, config), bob.channel(topic, config)
    second.on_broadcast("*", heard.put_nowait)
    second.on_presence_join(lambda key, _now, new: heard.put_nowait({"event": f"join {key}", "payload": new}))
    async with asyncio.timeout(60):
        for channel in (first, second):
            await channel.subscribe(lambda state, error: states.put_nowait((state, error)))
            assert (await states.get())[0] == RealtimeSubscribeStates.SUBSCRIBED
        await first.send_broadcast("typing", {"on": True})
        assert (await heard.get())["payload"] == {"on": True}
        people.write(people.thread, people.ann, "hello")
        while (told := await heard.get())["event"] != "message.new":
            pass
        assert told["payload"]["seq"] == 1
        await first.track({"at": "desk"})
        assert (await heard.get())["event"] == "join p"
        wrong = ann.channel(f"user:{people.bob}", config)
        await wrong.subscribe(lambda state, error: states.put_nowait((state, error)))
        state, error = await states.get()
        assert state == RealtimeSubscribeStates.CHANNEL_ERROR and "Unauthorized" in str(error)
    await ann.close()
    await bob.close()
