"""An account's life: pairing, reconnecting, logging out; what is stored of it, and who may see it."""

import json
import signal
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from app.secrets import Vault
from app.settings import PROJECT
from devstack import bridge
from tests.channels.whatsapp.test_inbound import running, stop
from tests.support.whatsapp import Phones
from tests.workers.harness import wait_until

HERE = Path(__file__).parent


def node(*arguments: str, **environment: str) -> str:
    """What a Node script says; it must end well."""
    binary = bridge.node()
    assert binary
    done = subprocess.run(
        [binary, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment or None,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def account(phones: Phones, session: uuid.UUID) -> dict[str, Any]:
    """The channel session as it is now."""
    return phones.room.world.one("select * from public.et_channel_sessions where id = %s", session)


def told(phones: Phones, session: uuid.UUID) -> list[str]:
    """What the owner was notified of, oldest first."""
    rows = phones.room.world.all(
        "select n.title from public.notifications n where n.channel_session_id = %s order by n.created_at", session
    )
    return [row["title"] for row in rows]


def test_its_own_rules_hold() -> None:
    """`node --test`: how endings are judged, messages are read, values are sealed, and Baileys' real socket says hello."""
    said = node("--test", *map(str, sorted(HERE.glob("*.test.mjs"))))
    assert "fail 0" in said


@pytest.mark.parametrize("arguments", [("check", "--quiet", "src/main.js"), ("lint", "--quiet", "src")])
def test_types_and_style_hold(arguments: tuple[str, ...]) -> None:
    """Typed by its comments, and linted: by the Deno that comes along."""
    from devstack import functions

    binary = functions.deno()
    assert binary, "run `make setup`"
    command = [binary, arguments[0], "--config", "deno.json", *arguments[1:]]
    done = subprocess.run(
        command, cwd=bridge.BRIDGE, env=functions.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_installed_is_pinned_and_from_npm() -> None:
    """Exact versions, from the registry alone, without scripts that run while installing."""
    package = json.loads((bridge.BRIDGE / "package.json").read_text())
    assert all(version[0].isdigit() for version in package["dependencies"].values())
    lock = json.loads((bridge.BRIDGE / "package-lock.json").read_text())["packages"]
    # Without an address of its own, a package comes from the registry npm is set to, checked by its digest.
    elsewhere = [name for name, one in lock.items() if name and ("resolved" in one or "integrity" not in one)]
    assert elsewhere == []
    assert '"--ignore-scripts"' in (PROJECT / "scripts" / "setup.py").read_text()


def test_only_settings_reads_the_environment() -> None:
    """And it reads what the local stack hands over, nothing else."""
    sources = sorted((bridge.BRIDGE / "src").glob("*.js"))
    assert [path.name for path in sources if "process.env" in path.read_text()] == ["settings.js"]
    import re

    read = set(re.findall(r'read\("([A-Z_]+)"', (bridge.BRIDGE / "src" / "settings.js").read_text()))
    assert read == bridge.READ
    assert [path.name for path in sources if len(path.read_text().splitlines()) > 400] == []


def test_the_code_is_shown_to_owners_and_admins_only(phones: Phones) -> None:
    """Agents and other tenants get no code, and nobody reads the table."""
    tenant, other = phones.room.tenant(), phones.room.tenant()
    _, session = phones.connect(tenant)
    agent = phones.room.world.member(tenant.id, "agent")
    admin = phones.room.world.member(tenant.id, "admin")
    phones.start()
    wait_until(lambda: phones.code(phones.ask(tenant, session)), 60, 0.1, phones.room.logs)
    assert phones.room.world.rpc(admin, tenant, "pair_channel_session(%s)", session)["ciphertext"]
    with pytest.raises(psycopg.Error) as refused:
        phones.room.world.rpc(agent, tenant, "pair_channel_session(%s)", session)
    assert refused.value.sqlstate == "PT403"
    foreign = phones.room.world.rpc(other.people["owner"], other, "pair_channel_session(%s)", session)
    assert "ciphertext" not in foreign
    for table in ("bridge_pairings", "bridge_values", "bridge_inbox"):
        with phones.room.world.acting(admin, tenant) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"select * from private.{table}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            phones.room.world.worker.execute(f"select * from private.{table}")
        phones.room.world.worker.rollback()


def test_nobody_asks_for_a_code_and_whatsapp_is_left_alone(phones: Phones) -> None:
    """An account that is not paired connects only while an admin waits for its code."""
    phones.connect(phones.room.tenant())
    phones.start()
    time.sleep(4)
    assert phones.whatsapp.connects == []


def test_another_phone_than_the_accounts_is_turned_away(phones: Phones) -> None:
    """Its pairing is ended, nothing of it stays, and the reason says which number it was."""
    tenant = phones.room.tenant()
    _, session = phones.connect(tenant)
    phones.start()
    phones.ask(tenant, session)
    phones.whatsapp.scan("+4915999999999")
    wait_until(lambda: account(phones, session)["status"] == "disconnected", 60, 0.1, phones.room.logs)
    assert "the phone that was paired is +4915999999999" in account(phones, session)["status_reason"]
    assert phones.whatsapp.logouts == 1
    wait_until(lambda: phones.room.world.value("select count(*) from private.bridge_values") == 0, 60, 0.1)
    assert account(phones, session)["verified_at"] is None


def test_logged_out_on_the_phone_clears_the_keys_and_says_so(phones: Phones) -> None:
    """401: keys gone, account disconnected, admins told, no further connects until somebody pairs it again."""
    tenant = phones.room.tenant()
    number, session = phones.connect(tenant)
    phones.start()
    phones.pair(tenant, number, session)
    phones.whatsapp.write(number, "+491700000001", "Hello")
    wait_until(lambda: len(phones.stored(session)) == 1, 60, 0.05, phones.room.logs)
    assert phones.room.world.value("select count(*) from private.bridge_values") > 1
    phones.room.world.owner.execute("delete from private.bridge_pairings")
    phones.whatsapp.tell(number, {"close": 401})
    wait_until(lambda: account(phones, session)["status"] == "disconnected", 60, 0.1, phones.room.logs)
    assert phones.room.world.value("select count(*) from private.bridge_values") == 0
    assert any("logged out on the phone" in title for title in told(phones, session))
    before = len(phones.whatsapp.connects)
    time.sleep(3)
    assert len(phones.whatsapp.connects) == before
    phones.pair(tenant, number, session)
    assert len(phones.stored(session)) == 1, "what came in stays"


@pytest.mark.parametrize("code", [428, *(pytest.param(code, marks=pytest.mark.prove) for code in (408, 500, 503))])
def test_it_comes_back_with_growing_pauses(phones: Phones, code: int) -> None:
    """Refused again and again, the tries get rarer and the account is degraded; let in, it is connected again."""
    number, session, _ = running(phones)
    began = len(phones.whatsapp.connects)
    phones.whatsapp.greet = lambda _: code
    phones.whatsapp.tell(number, {"close": code})
    wait_until(lambda: len(phones.whatsapp.connects) >= began + 3, 60, 0.05, phones.room.logs)
    wait_until(lambda: account(phones, session)["status"] in ("degraded", "disconnected"), 60, 0.05, phones.room.logs)
    at = [moment for moment, _ in phones.whatsapp.connects[began:]]
    assert at[1] - at[0] > 1.4 and at[2] - at[1] > 2.9, "two seconds, then four, less a quarter by chance"
    phones.whatsapp.greet = lambda _: None
    wait_until(lambda: account(phones, session)["status"] == "connected", 60, 0.1, phones.room.logs)
    phones.whatsapp.write(number, "+491700000001", "still here")
    wait_until(lambda: len(phones.stored(session)) == 1, 60, 0.05, phones.room.logs)


@pytest.mark.parametrize(("code", "status"), [(403, "disconnected"), (440, "degraded")])
def test_who_is_thrown_out_does_not_storm_back(phones: Phones, code: int, status: str) -> None:
    """Banned, or replaced by another program: told at once, keys kept, not a second connect within seconds."""
    number, session, _ = running(phones)
    began = len(phones.whatsapp.connects)
    phones.whatsapp.tell(number, {"close": code})
    wait_until(lambda: account(phones, session)["status"] == status, 60, 0.05, phones.room.logs)
    time.sleep(3)
    assert len(phones.whatsapp.connects) == began
    assert phones.room.world.value("select count(*) from private.bridge_values") > 0


def test_two_bridges_never_hold_one_account(phones: Phones) -> None:
    """The second waits; when the first is killed, it takes over with the same keys."""
    phones.room.lease(600)
    first = phones.start()
    number, session = phones.paired(phones.room.tenant())
    from devstack.ports import free_port

    phones.start(PARLEY_BAILEYS_PORT=str(free_port()))
    time.sleep(3)
    paired = [at for at, who in phones.whatsapp.connects if who == number]
    assert len(paired) == 1
    first.send_signal(signal.SIGKILL)
    first.wait()
    phones.room.world.owner.execute("update private.receiver_cursors set lease_until = clock_timestamp()")
    wait_until(lambda: phones.whatsapp.is_open(number), 60, 0.05, phones.room.logs)
    phones.whatsapp.write(number, "+491700000001", "over there")
    wait_until(lambda: len(phones.stored(session)) == 1, 60, 0.05, phones.room.logs)


def test_everything_is_sealed_and_keys_rotate(phones: Phones) -> None:
    """No key, credential, code or message can be read in the tables; a new Fernet key seals everything anew."""
    number, session, process = running(phones)
    for n in range(10):
        phones.whatsapp.write(number, f"+49170000000{n}", f"the secret text {n}")
    wait_until(lambda: len(phones.stored(session)) == 10, 60, 0.05, phones.room.logs)
    values = phones.room.world.all("select kind, ciphertext from private.bridge_values")
    assert {row["kind"] for row in values} >= {"creds", "session"} and len(values) >= 11
    old = Vault(phones.room.settings.secret_keys())
    for row in values:
        assert bytes(row["ciphertext"])[:5] == b"gAAAA"
        json.loads(old.open(_base64(row["ciphertext"])))
    dump = "".join(str(phones.room.world.all(f"select t::text from private.{table} t")) for table in ("bridge_values", "bridge_inbox"))  # fmt: skip
    assert "chain of" not in dump and number.removeprefix("+") not in dump and "491700000001" not in dump
    stop(process)
    new = Fernet.generate_key().decode()
    phones.start(PARLEY_SECRETS_KEYS=f"{new},{phones.room.settings.secrets_keys}")
    wait_until(lambda: phones.whatsapp.is_open(number), 60, 0.05, phones.room.logs)
    for row in phones.room.world.all("select ciphertext from private.bridge_values"):
        Vault([new]).open(_base64(row["ciphertext"]))


def test_real_signal_sessions_survive_concurrency_and_reloads(phones: Phones) -> None:
    """Baileys' own libsignal over the store: 200 messages both ways, many at once, the state read anew in between."""
    tenant = phones.room.tenant()
    phones.connect(tenant)
    phones.connect(tenant)
    phones.room.lease(600)
    said = node(str(HERE / "signal.mjs"), **phones.room.environment())
    assert json.loads(said) == {"exchanged": 400, "wrong": 0}
    kinds = {row["kind"] for row in phones.room.world.all("select distinct kind from private.bridge_values")}
    assert {"session", "creds"} <= kinds


def test_deleting_the_account_wipes_what_the_bridge_kept(phones: Phones) -> None:
    """Keys, code and inbox go with it."""
    tenant = phones.room.tenant()
    number, session = phones.connect(tenant)
    phones.start()
    phones.pair(tenant, number, session)
    phones.room.world.rpc(tenant.people["owner"], tenant, "set_channel_session_status(%s, 'deleted')", session)
    wait_until(lambda: not phones.whatsapp.is_open(number), 60, 0.05, phones.room.logs)
    for table in ("bridge_pairings", "bridge_values", "bridge_inbox"):
        assert phones.room.world.value(f"select count(*) from private.{table}") == 0


def test_without_keys_it_says_what_is_missing() -> None:
    """One line on the terminal, exit code 1."""
    binary = bridge.node()
    assert binary
    done = subprocess.run([binary, str(bridge.MAIN)], env={}, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        "error: PARLEY_WORKER_DATABASE_URL is not set — `parley status --json` names it"
    ]


def _base64(data: Any) -> str:
    import base64

    return base64.b64encode(bytes(data)).decode()
