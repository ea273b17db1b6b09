"""The chat of `examples/chat` in a real browser: two people, one conversation, and everything that can go wrong."""

import http.server
import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from app.settings import PROJECT
from devstack import bridge
from devstack.ports import free_port
from devstack.surface.example import PEOPLE
from tests.support import npm
from tests.support.surface import LocalProject

HERE = Path(__file__).parent
PICTURES = PROJECT / "docs" / "images"
SUITES = sorted((HERE / "js").glob("*.test.mjs"))
TIMEOUT_S = 560
POLICY = """
insert into public.moderation_policies (tenant_id, version, document, created_by)
select distinct p.tenant_id, 1000, '{"lanes": {"people": {"before": {}, "after": {}}}}'::jsonb, 'test'
from public.thread_participants as p on conflict do nothing"""
ACTIVE = """
insert into public.active_moderation (tenant_id, version, activated_by)
select p.tenant_id, p.version, 'test' from public.moderation_policies as p where p.version = 1000"""


@pytest.fixture(scope="module")
def control(local: LocalProject) -> Iterator[str]:
    """Where the suites ask for what only a person at the machine could do."""

    def restart() -> None:
        local.process.terminate()
        local.process.wait(60)
        local.start()

    def judge(*statements: str) -> Callable[[], None]:
        def do() -> None:
            with local.room.database.connect() as owner:
                for statement in statements:
                    owner.execute(statement.encode())

        return do

    url, stop = serve(
        {
            "/restart": restart,
            "/judge": judge(POLICY, ACTIVE),
            "/judge-no-more": judge("delete from public.active_moderation"),
        }
    )
    yield url
    stop()


def serve(actions: Mapping[str, Callable[[], object]]) -> tuple[str, Callable[[], None]]:
    """Answer POSTs to these paths by doing what they name; returns the URL, and what ends it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            action = actions.get(self.path)
            said = action() if action else None
            self.send_response(200 if action else 404)
            self.end_headers()
            self.wfile.write(json.dumps(said or {}).encode())

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}", server.shutdown


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_in_a_browser(suite: Path, local: LocalProject, control: str) -> None:
    """Every test of the suite passes, and none is skipped."""
    said = run(local, control, "--test", "--test-reporter=spec", f"--test-timeout={TIMEOUT_S * 1000}", str(suite))
    counts = {name: int(number) for name, number in re.findall(r"^ℹ (\w+) (\d+)$", said.stdout, re.MULTILINE)}
    assert said.returncode == 0 and counts["fail"] == 0, said.stdout + said.stderr
    assert counts["pass"] == counts["tests"] > 0, said.stdout


@pytest.mark.prove
def test_pictures_of_the_docs(local: LocalProject, control: str) -> None:
    """Makes docs/images/chat-*.png anew: `make prove PYTEST_ARGS='tests/browser -k pictures'`."""
    PICTURES.mkdir(exist_ok=True)
    said = run(local, control, "js/screenshots.mjs", str(PICTURES))
    assert said.returncode == 0, said.stderr


def run(local: LocalProject, control: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Node in the folder of the suites, with what they need to know of the world."""
    npm.needed(npm.are_fetched(npm.BROWSER), "Node with a browser")
    node = bridge.node()
    assert node
    people = {name: {"email": email, "password": local.keys["demo_password"]} for name, email in PEOPLE}
    told = {"CHAT_URL": f"{local.project.url}/chat/", "CONTROL_URL": control, "CHAT_PEOPLE": json.dumps(people)}
    return npm.run_node(node, *arguments, cwd=HERE, told=told, timeout_s=TIMEOUT_S)
