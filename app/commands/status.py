"""Tell whether the stack runs, and every address of it."""

import json
from typing import Any

import click

from app.commands._stack import is_running, read_state
from app.settings import Settings, load


def describe(settings: Settings) -> dict[str, Any]:
    """Every address and process of the stack; works when it is down. URLs carry passwords: they are there to be
    used."""
    state, running = read_state(settings.home_dir), is_running(settings.home_dir)
    metrics = state.get("metrics") or {}
    return {
        "running": running,
        "ready": running and bool(state.get("ready")),
        "pid": state.get("pid") if running else None,
        "home": settings.home,
        "api_url": f"http://127.0.0.1:{settings.api_port}",
        "functions_url": f"http://127.0.0.1:{settings.functions_port}/functions/v1",
        "smtp": f"127.0.0.1:{settings.smtp_port}",
        "catcher": f"127.0.0.1:{settings.catcher_port}",
        "smtp_url": settings.smtp_url,
        "mail_dir": str(settings.home_dir / "mail"),
        "database_url": settings.database_url,
        "api_database_url": settings.api_database_url,
        "worker_database_url": settings.worker_database_url,
        "metrics": {name: f"http://127.0.0.1:{port}/metrics" for name, port in metrics.items()},
        "mailboxes": state.get("mailboxes") or [],
        "processes": (state.get("processes") or {}) if running else {},
        "missing": state.get("missing") or [],
        "seconds_to_ready": state.get("seconds_to_ready") if running else None,
        "error": state.get("error"),
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object; its URLs carry passwords.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Show addresses and processes. Exit code 3 when the stack is down."""
    status = describe(load())
    if as_json:
        click.echo(json.dumps(status))
    else:
        click.echo(
            "running" if status["ready"] else "starting" if status["running"] else "not running: `parley up` starts it"
        )
        if status["error"] and not status["running"]:
            click.echo(f"last time: {status['error']['detail']} — {status['error']['remedy']}")
        for name in ("api_url", "functions_url", "smtp", "catcher", "home"):
            there = name != "functions_url" or "functions" not in status["missing"]
            click.echo(f"  {name:<13} {status[name] if there else 'left out'}")
        for name, process in status["processes"].items():
            click.echo(f"  {name:<13} {process['state']} (pid {process['pid']}, {process['restarts']} restarts)")
    if not status["running"]:
        context.exit(3)
