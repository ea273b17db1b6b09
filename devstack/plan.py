"""What a run of the stack will look like: ports, keys, settings of the children, and the children themselves."""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from app.receivers import receivers
from app.settings import PORTS, PROJECT, Settings, default, fill_in, process_environment, to_environment
from devstack import bridge
from devstack.bootstrap import SCRIPTS
from devstack.children import WORKERS, Child, answers_http, answers_smtp
from devstack.functions import can_run
from devstack.keys import ensure_keys
from devstack.ports import Ports
from devstack.state import State

METRICS_BASE = 9464
PROVIDER_URLS = ("telegram_url", "whatsapp_url", "twilio_url", "resend_url", "sparkpost_url", "public_url")
"""Settings that say whom the running processes talk to, and where they are reached."""
RECEIVERS = {f"receive-{name}": module for name, module in receivers().items()}
NAMES = ("catcher", "api", "surface", "functions", "whatsapp", *RECEIVERS, *WORKERS)
"""Every process but Postgres."""


@dataclass(frozen=True)
class Plan:
    """Everything decided before the first process starts."""

    home: Path
    asked: Settings
    """What was asked for, with the ports that were to be had."""
    settings: Settings
    """The same with everything that follows from it: URLs, passwords, keys."""
    environment: dict[str, str]
    """The settings as the children see them."""
    keys: dict[str, str]
    external: bool
    """Whether the database is one we were given (DATABASE_URL) rather than the embedded one."""
    metrics: dict[str, int]
    missing: list[str]
    """Processes that are left out: this tree lacks them, or `without` named them."""
    moved: dict[str, int]
    """Ports that were asked for and are others now: whoever asks for them again means the others."""

    @classmethod
    def make(
        cls, asked: Settings, state: State, say: Callable[[str], None], without: frozenset[str], ports: Ports
    ) -> "Plan":
        """Choose ports (the ones asked for, else the last run's, else the defaults; occupied: the next free) and
        keys."""
        home, external = asked.home_dir, bool(asked.database_url)
        keys = ensure_keys(home)
        chosen: dict[str, Any] = {}
        moved: dict[str, int] = {}
        for field in PORTS:
            if external and field == "pg_port":
                continue
            wanted = getattr(asked, field)
            if wanted == default(field):
                wanted = last if isinstance(last := state.values.get(field), int) else wanted
            chosen[field] = ports.take(wanted)
            if chosen[field] != wanted:
                moved[field] = getattr(asked, field)
                if wanted:  # 0 asks for any
                    say(_told(field, wanted, chosen[field]))
        absent = [name for name in NAMES if not Child(name, _module(name), 0).exists()]
        if "functions" not in {*absent, *without} and not can_run():
            say("Deno or its libraries are not installed (`make setup` fetches them): functions left out")
            absent.append("functions")
        elif absent:
            say(f"this tree has no {', '.join(absent)}: left out")
        if "whatsapp" not in {*absent, *without} and not bridge.can_run():
            absent.append("whatsapp")  # nobody needs it who has no such account: not a word
        if not asked.shadow_decider:
            without = without | {"shadow"}
        missing = [name for name in NAMES if name in absent or name in without]
        last_metrics = state.values.get("metrics") or {}
        metrics = {
            worker: ports.take(last_metrics.get(worker, METRICS_BASE + number))
            for number, worker in enumerate((*RECEIVERS, *WORKERS))
            if worker not in missing
        }
        with_ports = msgspec.structs.replace(asked, **chosen)
        derived = _derived(with_ports, keys, missing)
        return cls(home, with_ports, *derived, keys, external, metrics, missing, moved)

    def move_postgres(self, ports: Ports, say: Callable[[str], None]) -> "Plan":
        """The same plan with the next free port for Postgres: somebody else was quicker to listen on the first."""
        taken = self.settings.pg_port
        with_ports = msgspec.structs.replace(self.asked, pg_port=ports.take(taken + 1))
        say(_told("pg_port", taken, with_ports.pg_port))
        settings, environment = _derived(with_ports, self.keys, self.missing)
        moved = {"pg_port": taken, **self.moved}
        return replace(self, asked=with_ports, settings=settings, environment=environment, moved=moved)

    def leave_out(self, name: str) -> "Plan":
        """The same plan without one of its processes."""
        missing = [one for one in NAMES if one in {*self.missing, name}]
        settings, environment = _derived(self.asked, self.keys, missing)
        return replace(self, settings=settings, environment=environment, missing=missing)

    def children(self) -> list[Child]:
        """The processes of this run; a lower stage stops earlier."""
        settings = self.settings
        host = f"[{settings.api_host}]" if ":" in settings.api_host else settings.api_host
        servers = {
            "catcher": (settings.catcher_port, answers_smtp(settings.catcher_port)),
            "api": (settings.api_port, answers_http(f"http://{host}:{settings.api_port}/health/ready")),
            "receive-email": (settings.smtp_port, answers_smtp(settings.smtp_port)),
            "surface": (settings.supabase_port, answers_http(f"http://127.0.0.1:{settings.supabase_port}/health")),
            "functions": (settings.functions_port, answers_http(f"http://127.0.0.1:{settings.functions_port}/health")),
        }
        stages = {**dict.fromkeys((*RECEIVERS, "functions", "whatsapp"), 0), "api": 2, "surface": 2, "catcher": 3}
        found = []
        for name in NAMES:
            if name not in self.missing:
                port, ready = servers.get(name, (0, None))
                metrics_port = self.metrics.get(name, 0)
                found.append(Child(name, _module(name), stages.get(name, 1), port, ready, metrics_port))
        return found

    def opening_state(self) -> dict[str, Any]:
        """The members of the state file that are known before anything runs."""
        ports = {field: getattr(self.settings, field) for field in PORTS if not (self.external and field == "pg_port")}
        return {
            "pid": os.getpid(), "ready": False, "error": None, "started_at": time.time(), "home": str(self.home),
            **ports, "moved": self.moved,
            "external_database_url": self.settings.database_url if self.external else None, "metrics": self.metrics,
            **{name: getattr(self.settings, name) for name in PROVIDER_URLS},
            "missing": self.missing, "mailboxes": [], "processes": {},
        }  # fmt: skip


def _derived(asked: Settings, keys: dict[str, str], missing: list[str]) -> tuple[Settings, dict[str, str]]:
    """`asked` with what follows from it, and the environment that tells the children all of it."""
    settings = fill_in(asked, {"running": True, "missing": missing}, keys)
    return settings, {**process_environment(), **to_environment(settings), "PYTHONUNBUFFERED": "1"}


def _told(field: str, wanted: int, taken: int) -> str:
    return f"port {wanted} is occupied: {field.removesuffix('_port')} takes {taken}"


def _module(name: str) -> str:
    """The module a process is run from."""
    special = {
        "catcher": "devstack.catcher", "surface": "devstack.surface.main", "functions": "devstack.functions",
        "whatsapp": "devstack.bridge",
        "api": "app.http.main", **RECEIVERS,
    }  # fmt: skip
    return special.get(name, f"workers.{name}")


def fingerprint(plan: Plan) -> str:
    """Stands for what a prepared database was made from: bootstrap, migrations, seed, and which database it is."""
    digest = hashlib.sha256()
    for path in (*SCRIPTS, *sorted((PROJECT / "supabase").rglob("*.sql"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    place = plan.settings.database_url if plan.external else str(plan.home)
    version = plan.home / "pg17" / "PG_VERSION"
    digest.update(f"{place}{version.stat().st_ctime_ns if version.exists() else ''}".encode())
    return digest.hexdigest()


def mailboxes(database_url: str) -> list[dict[str, str]]:
    """The tenants' mail addresses: objects with `tenant` and `address`; none when the schema has no such table."""
    query = (
        "select t.name, s.address from public.et_channel_sessions s join public.tenants t on t.id = s.tenant_id"
        " where s.channel = 'email' order by t.name, s.address limit 20"
    )
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            return [{"tenant": name, "address": address} for name, address in connection.execute(query)]
    except psycopg.Error:
        return []
