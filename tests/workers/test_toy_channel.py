"""A new channel is the files it brings: an adapter, a receiver if it polls, an edge function if its provider pushes."""

import asyncio
import hmac
import json
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import httpx
import pytest

from app.channels.registry import create_adapters
from app.errors import SetupError
from app.secrets import Vault
from app.settings import PROJECT, load
from tests.db.helpers import Tenant
from tests.support.database import Database
from tests.support.threaded import InThread
from tests.workers.harness import Room, wait_until

TOY = Path(__file__).with_name("toy")
MODULE = "tests.workers.toy.adapter"
BRINGS = {
    "adapter.py": "app/channels/pigeon.py",
    "receiver.py": "workers/receivers/pigeon.py",
    "handler.ts": "supabase/functions/pigeon-webhook/handler.ts",
    "index.ts": "supabase/functions/pigeon-webhook/index.ts",
}
SEAL = "wax"


class Loft(InThread):
    """The provider: keeps every letter it is given, and gives out what landed."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, str]] = []
        self.landed: list[dict[str, str]] = []
        self.port = 0

    async def listen(self) -> None:
        """On any port."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop_listening(self) -> None:
        """Take nothing more."""
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = json.loads(await reader.readline())
        if "since" in said:
            writer.write(json.dumps(self.landed[said["since"] :]).encode() + b"\n")
        else:
            self.sent.append(said)
            writer.write(f"ok ring-{len(self.sent)}\n".encode())
        writer.close()

    def answer_to(self, person: str) -> str:
        """The one letter a person got, waited for."""
        wait_until(lambda: [one for one in self.sent if one["to"] == person], what=lambda: self.sent)
        (one,) = [one for one in self.sent if one["to"] == person]
        return one["text"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """This tree and the files of the new channel; nothing that was there is another."""
    made = tmp_path / "tree"
    for name in ("app", "workers", "devstack", "supabase"):
        shutil.copytree(PROJECT / name, made / name, ignore=shutil.ignore_patterns("__pycache__"))
    (made / ".venv").symlink_to(PROJECT / ".venv")
    for source, place in BRINGS.items():
        assert not (made / place).exists()
        (made / place).parent.mkdir(exist_ok=True)
        shutil.copy(TOY / source, made / place)
    return made


def account(room: Room, tenant: Tenant, port: int) -> uuid.UUID:
    """An account of the new channel, made as an admin makes one once the router has said that the channel exists."""
    wait_until(lambda: room.world.value("select private.is_declared('pigeon')"), what=room.logs)
    made = room.world.rpc(
        tenant.people["owner"], tenant, "create_channel_session('pigeon', 'pigeon', 'Loft', 'loft-1', %s)",
        json.dumps({"port": port}),
    )  # fmt: skip
    session = uuid.UUID(made["session_id"])
    sealed = Vault(room.settings.secret_keys()).seal(SEAL)
    room.world.owner.execute("select private.put_channel_secret(%s, %s, 'seal', %s)", [tenant.id, session, sealed])
    return session


def push(room: Room, session: uuid.UUID, seal: str = SEAL, **said: str) -> int:
    """The loft calls; the status it is answered with."""
    body = json.dumps({"flight": uuid.uuid4().hex, **said}).encode()
    mac = hmac.new(seal.encode(), body, "sha256").hexdigest()
    url = f"http://127.0.0.1:{room.functions_port}/functions/v1/pigeon-webhook/{session}"
    return httpx.post(url, content=body, headers={"x-seal": mac}, timeout=30).status_code


def in_tree(tree: Path, *arguments: str) -> str:
    """What Python says in that tree."""
    command = [sys.executable, "-c", *arguments]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout


def test_a_channel_that_polls_and_pushes_is_four_files(database: Database, tmp_path: Path, tree: Path) -> None:
    """Letters that are fetched and letters that are pushed are answered, and a pushed receipt settles the answer; the
    core knows no pigeons."""
    room = Room(database, tmp_path)
    tenant = room.tenant()
    with Loft() as loft:
        for module in ("workers.ingress", "workers.inbound", "workers.outbound", "devstack.functions"):
            room.spawn([sys.executable, "-m", module], module, cwd=tree)
        room.spawn([sys.executable, "-c", "from app.cli import main; main()", "receive", "pigeon"], "receive", cwd=tree)
        room.wait_for_functions()
        session = account(room, tenant, loft.port)
        loft.landed.append({"from": "hill", "ring": "r1", "text": "What are your opening hours?"})
        assert push(room, session, **{"from": "dale", "ring": "r2", "text": "When are you open?"}) == 200
        assert push(room, session, "candle", **{"from": "thief", "ring": "r3", "text": "Hi"}) == 401
        assert "open" in loft.answer_to("hill").lower()
        assert "open" in loft.answer_to("dale").lower()
        room.settle()
        for number in range(len(loft.sent)):
            assert push(room, session, landed=f"ring-{number + 1}") == 200
        query = "select direction, delivery_status from public.et_messages where tenant_id = %s order by 1, 2"
        wait_until(
            lambda: {tuple(row.values()) for row in room.world.all(query, tenant.id)}
            == {("inbound", "inbound_ai_replied"), ("outbound", "delivered")}, what=room.logs,
        )  # fmt: skip
    state = room.world.one("select status, verified_at from public.et_channel_sessions where id = %s", session)
    assert state["status"] == "connected" and state["verified_at"]
    declared = room.world.one("select * from private.channel_providers where provider = 'pigeon'")
    assert (declared["delivery_class"], declared["max_body_chars"]) == ("N", 200)
    assert len(loft.sent) == 2 and room.world.violations(tenant) == {}
    room.close()


def test_the_stack_and_the_command_line_find_the_receiver(tree: Path) -> None:
    """`parley up` starts it and `parley receive --help` lists it, with what its file says of itself."""
    processes = in_tree(tree, "from devstack.plan import NAMES; print(*NAMES)").split()
    assert {"receive-email", "receive-pigeon"} <= set(processes) and len(processes) == len(set(processes))
    shown = in_tree(tree, "from app.cli import main; main()", "receive", "--help")
    assert "pigeon" in shown and "asks the loft" in shown


def test_an_adapter_outside_the_tree_is_named_in_a_setting() -> None:
    """PARLEY_CHANNEL_MODULES adds it to the ones in the tree."""
    adapters = create_adapters(load({"PARLEY_CHANNEL_MODULES": MODULE}))
    assert {"pigeon", "telegram", "smtp"} <= set(adapters)


def test_two_adapters_of_one_name_are_refused() -> None:
    """A router that would not know which of two to use does not start."""
    settings = load({"PARLEY_CHANNEL_MODULES": f"{MODULE},{MODULE}"})
    with pytest.raises(SetupError, match="pigeon"):
        create_adapters(settings)


def test_a_missing_module_is_named() -> None:
    """The remedy names the setting."""
    with pytest.raises(SetupError, match=r"no module nowhere\.at_all"):
        create_adapters(load({"PARLEY_CHANNEL_MODULES": "nowhere.at_all"}))
