"""What a run of the stack will look like: ports, keys, settings of the children, and the children themselves."""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from app.settings import PORTS, PROJECT, Settings, default, fill_in, process_environment, to_environment
from devstack.bootstrap import SCRIPT
from devstack.children import WORKERS, Child, answers_http, answers_smtp
from devstack.keys import ensure_keys
from devstack.ports import next_free
from devstack.state import State

METRICS_BASE = 9464
RECEIVERS = {"receive": "workers.receivers.email", "telegram": "workers.receivers.telegram"}
NAMES = ("catcher", "api", *RECEIVERS, *WORKERS)
"""Every process but Postgres."""


@dataclass(frozen=True)
class Plan:
    """Everything decided before the first process starts."""

    home: Path
    settings: Settings
    keys: dict[str, str]
    external: bool
    """Whether the database is one we were given (DATABASE_URL) rather than the embedded one."""
    metrics: dict[str, int]
    environment: dict[str, str]
    missing: list[str]
    """Processes that are left out: this tree lacks them, or `without` named them."""

    @classmethod
    def make(cls, asked: Settings, state: State, say: Callable[[str], None], without: frozenset[str]) -> "Plan":
        """Choose ports (the ones asked for, else the last run's, else the defaults; occupied: the next free) and
        keys."""
        home, external = asked.home_dir, bool(asked.database_url)
        keys = ensure_keys(home)
        taken: set[int] = set()
        chosen: dict[str, Any] = {}
        for field in PORTS:
            wanted = getattr(asked, field)
            if wanted == default(field):
                wanted = state.values.get(field, wanted)
            if external and field == "pg_port":
                continue
            chosen[field] = next_free(wanted, taken)
            taken.add(chosen[field])
            if chosen[field] != wanted:
                say(f"port {wanted} is occupied: {field.removesuffix('_port')} takes {chosen[field]}")
        settings = fill_in(msgspec.structs.replace(asked, **chosen), {"running": True}, keys)
        absent = [name for name in NAMES if not Child(name, _module(name), 0).exists()]
        if absent:
            say(f"this tree has no {', '.join(absent)}: left out")
        if not settings.shadow_decider:
            without = without | {"shadow"}
        missing = [name for name in NAMES if name in absent or name in without]
        metrics: dict[str, int] = {}
        for worker in (name for name in (*RECEIVERS, *WORKERS) if name not in missing):
            metrics[worker] = next_free(METRICS_BASE, taken)
            taken.add(metrics[worker])
        environment = {**process_environment(), **to_environment(settings), "PYTHONUNBUFFERED": "1"}
        return cls(home, settings, keys, external, metrics, environment, missing)

    def children(self) -> list[Child]:
        """The processes of this run; a lower stage stops earlier."""
        ready = {
            "catcher": answers_smtp(self.settings.catcher_port),
            "api": answers_http(f"http://{self.settings.api_host}:{self.settings.api_port}/health/ready"),
            "receive": answers_smtp(self.settings.smtp_port),
        }
        stages = {**dict.fromkeys(RECEIVERS, 0), "api": 2, "catcher": 3}
        return [
            Child(
                name, _module(name), stages.get(name, 1), ready.get(name),
                {"PARLEY_METRICS_PORT": str(self.metrics[name])} if name in self.metrics else {},
            )
            for name in NAMES
            if name not in self.missing
        ]  # fmt: skip

    def opening_state(self) -> dict[str, Any]:
        """The members of the state file that are known before anything runs."""
        ports = {field: getattr(self.settings, field) for field in PORTS if not (self.external and field == "pg_port")}
        return {
            "pid": os.getpid(), "ready": False, "error": None, "started_at": time.time(), "home": str(self.home),
            **ports,
            "external_database_url": self.settings.database_url if self.external else None, "metrics": self.metrics,
            "telegram_url": self.settings.telegram_url, "missing": self.missing, "mailboxes": [], "processes": {},
        }  # fmt: skip


def _module(name: str) -> str:
    """The module a process is run from."""
    special = {"catcher": "devstack.catcher", "api": "app.http.main", **RECEIVERS}
    return special.get(name, f"workers.{name}")


def fingerprint(plan: Plan) -> str:
    """Stands for what a prepared database was made from: bootstrap, migrations, seed, and which database it is."""
    digest = hashlib.sha256()
    for path in (SCRIPT, *sorted((PROJECT / "supabase").rglob("*.sql"))):
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
