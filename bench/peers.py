"""Peers: graphile-worker (npm) and procrastinate (PyPI), each with no-op jobs in a database of its own on the
same server.

They are installed only when asked for (`parley bench queue --install-peers`), below `.parley/bench-peers`.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from app.settings import PROJECT, process_environment
from bench.database import connect

FOLDER = PROJECT / ".parley" / "bench-peers"
HOW = "peer not installed: `parley bench queue --install-peers`"
GRAPHILE_VERSION = "0.18"

GRAPHILE = """
import { run, runMigrations } from "graphile-worker";
import pg from "pg";
const [count, connectionString] = [Number(process.argv[2]), process.env.PEER_URL];
const quiet = { error() {}, warning() {}, info() {}, debug() {} };
const logger = new (await import("graphile-worker")).Logger(() => () => {});
await runMigrations({ connectionString, logger });
const client = new pg.Client({ connectionString });
await client.connect();
await client.query("select graphile_worker.add_jobs(array_agg(json_populate_record(null::graphile_worker.job_spec, "
  + "'{\\"identifier\\":\\"noop\\",\\"payload\\":{}}'::json))) from generate_series(1, $1)", [count]);
await client.query("vacuum analyze");
let done = 0, started = 0n, finish;
const finished = new Promise((resolve) => { finish = resolve; });
started = process.hrtime.bigint();
const runner = await run({
  connectionString, logger, maxPoolSize: 10, taskList: { noop: async () => { if (++done === count) finish(); } },
  preset: { worker: {
    concurrentJobs: 10, maxPoolSize: 10, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0,
  } },
});
await finished;
await runner.stop();
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
await client.end();
console.log(JSON.stringify({ rate: count / seconds }));
process.exit(0);
"""

PROCRASTINATE = """
import asyncio, json, sys, time, logging
import procrastinate
logging.disable(logging.CRITICAL)
count = int(sys.argv[1])
connector = procrastinate.PsycopgConnector(conninfo=sys.stdin.readline(), min_size=10, max_size=12)
app = procrastinate.App(connector=connector)

@app.task(queue="bench")
async def noop() -> None:
    pass

async def main() -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await noop.batch_defer_async(*({} for _ in range(count)))
        started = time.perf_counter()
        await app.run_worker_async(concurrency=10, wait=False, listen_notify=False, install_signal_handlers=False)
        print(json.dumps({"rate": count / (time.perf_counter() - started)}))

asyncio.run(main())
"""


def node_program(name: str) -> str | None:
    """`node` or `npm`: the environment's own, else the one on the PATH."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def install() -> list[str]:
    """Install both peers. Returns what could not be installed, and why."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    problems = []
    npm = node_program("npm")
    if npm is None:
        problems.append("graphile-worker: npm not found")
    else:
        environment = process_environment()
        environment["PATH"] = f"{Path(npm).parent}:{environment.get('PATH', '')}"
        (FOLDER / "package.json").write_text('{"name": "bench-peers", "private": true, "type": "module"}')
        problems += _problem(
            "graphile-worker",
            [
                npm,
                "install",
                "--no-audit",
                "--no-fund",
                "--prefix",
                str(FOLDER),
                f"graphile-worker@{GRAPHILE_VERSION}",
                "pg@8",
            ],
            environment,
        )
    problems += _problem("procrastinate", [sys.executable, "-m", "venv", str(FOLDER / "venv")], None) or _problem(
        "procrastinate",
        [str(FOLDER / "venv" / "bin" / "pip"), "install", "-q", "procrastinate>=3.5", "psycopg[binary,pool]"],
        None,
    )
    return problems


def _problem(name: str, command: list[str], environment: dict[str, str] | None) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=FOLDER)
    if done.returncode == 0:
        return []
    return [f"{name}: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"]


def graphile_rate(url: str, count: int) -> float | str:
    """No-op jobs a second with a local queue of 500 and batched completion, or why there is no figure."""
    node = node_program("node")
    if node is None or not (FOLDER / "node_modules" / "graphile-worker").exists():
        return HOW
    script = FOLDER / "graphile.mjs"
    script.write_text(GRAPHILE)
    return _measure(url, "graphile", [node, str(script), str(count)])


def procrastinate_rate(url: str, count: int) -> float | str:
    """No-op jobs a second at concurrency 10, or why there is no figure."""
    python = FOLDER / "venv" / "bin" / "python"
    if not python.exists():
        return HOW
    return _measure(url, "procrastinate", [str(python), "-c", PROCRASTINATE, str(count)])


def _measure(url: str, name: str, command: list[str]) -> float | str:
    database = f"bench_{name}"
    parts: dict[str, Any] = conninfo_to_dict(url)
    peer_url = f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}/{database}"
    with connect(url) as connection:
        _replace(connection, database)
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=120,
                env={**process_environment(), "PEER_URL": peer_url}, input=peer_url,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "peer did not finish within two minutes"
        finally:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))
    if done.returncode:
        return f"peer failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"
    return float(json.loads(done.stdout.strip().splitlines()[-1])["rate"])


def _replace(connection: psycopg.Connection[Any], database: str) -> None:
    name = sql.Identifier(database)
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
    connection.execute(sql.SQL("create database {}").format(name))
