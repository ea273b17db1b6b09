"""Compare deciders: on live traffic beside each other, or on what was stored."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

import click
import msgspec
import psycopg
from psycopg.rows import dict_row

from app.commands._times import moment
from app.db.queries import query
from app.settings import load

SHOWN = 20
WHAT = ("action", "intent")


@click.group()
def command() -> None:
    """Compare deciders. `diff` looks at what the shadow worker wrote down, `replay` asks a decider now."""


def _options(function: Any) -> Any:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option("--limit", type=click.IntRange(1, 100_000), default=1000, show_default=True, help="Newest first."),
        click.option("--tenant", help="Only this tenant's (its slug)."),
        click.option("--since", callback=moment, help="2h, 7d, or an ISO time. Default: everything."),
    ):
        function = option(function)
    return function


@command.command()
@click.option("--candidate", help="Only this candidate's. Default: all.")
@click.option("--against", help="Another candidate to compare with. Default: the live decisions.")
@click.option("--made-by", help="Only live decisions this decider made.")
@_options
def diff(  # noqa: PLR0917 - one per option
    candidate: str | None, against: str | None, made_by: str | None, since: datetime | None, tenant: str | None,
    limit: int, as_json: bool,
) -> None:  # fmt: skip
    """What a shadow decider would have done differently, and what it costs.

    Deciders are named decider[:model[:prompt]], such as anthropic:claude-haiku-5-5:decide.v2; what is left out is any.
    """
    from app.replay import filters

    values = {"since": since, "tenant": tenant, "limit": limit}
    for prefix, name in (("candidate", candidate), ("against", against), ("made_by", made_by)):
        values |= filters(prefix, name)
    with psycopg.connect(load().database_url, autocommit=True, row_factory=dict_row) as connection:
        rows = connection.execute(query("decisions", "shadow_pairs"), values).fetchall()
    report = compare(rows)
    if as_json:
        click.echo(json.dumps(report))
        return
    click.echo(_diff_words(report))
    _print_table(("base", "candidate", "decision", "why"), [_difference(row) for row in report["differences"][:SHOWN]])


def _difference(row: dict[str, Any]) -> tuple[str, ...]:
    base, candidate = (f"{row[f'{who}_action']}/{row[f'{who}_intent']}" for who in ("base", "candidate"))
    return base, candidate, row["decision_id"], (row["candidate_reasons"] or [""])[0][:60]


def compare(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Agreement by action and intent over pairs whose input read the same, the differences, and both costs.

    `base` is the live decision, or what the other candidate would have done.
    """
    exact = [row for row in rows if row["status"] == "done" and not row["inputs_changed"]]
    differing = [row for row in exact if any(row[f"base_{what}"] != row[f"candidate_{what}"] for what in WHAT)]
    return {
        "bases": dict(Counter(row["base"] for row in exact).most_common()),
        "candidates": dict(Counter(row["candidate"] for row in exact).most_common()),
        "pairs": len(rows),
        "exact": len(exact),
        "failed": sum(row["status"] == "failed" for row in rows),
        "inputs_changed": sum(row["inputs_changed"] for row in rows),
        "same_action": _share(sum(row["base_action"] == row["candidate_action"] for row in exact), len(exact)),
        "same_intent": _share(sum(row["base_intent"] == row["candidate_intent"] for row in exact), len(exact)),
        "same_reply": _share(
            sum(row["same_reply"] for row in exact if row["base_action"] == row["candidate_action"] == "auto_reply"),
            sum(row["base_action"] == row["candidate_action"] == "auto_reply" for row in exact),
        ),
        "actions": _counted(exact, "action"),
        "intents": _counted(exact, "intent"),
        "base_cost_usd": round(sum(row["base_cost_usd"] for row in exact), 6),
        "candidate_cost_usd": round(sum(row["candidate_cost_usd"] for row in exact), 6),
        "base_latency_ms": _mean([row["base_latency_ms"] for row in exact]),
        "candidate_latency_ms": _mean([row["candidate_latency_ms"] for row in exact]),
        "differences": differing,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 3) if known else None


def _counted(rows: list[dict[str, Any]], what: str) -> dict[str, int]:
    """`base → candidate` and how often, most frequent first."""
    pairs = Counter(f"{row[f'base_{what}']} → {row[f'candidate_{what}']}" for row in rows)
    return dict(pairs.most_common())


@command.command()
@click.option("--decider", required=True, help="rules or anthropic[:model[:prompt]] (which costs money).")
@click.option("--made-by", help="Only decisions this decider made, named in the same way.")
@_options
def replay(  # noqa: PLR0917 - one per option
    decider: str, made_by: str | None, since: datetime | None, tenant: str | None, limit: int, as_json: bool
) -> None:
    """Ask a decider again about stored inputs. Nothing is sent or recorded, except what it costs."""
    from app.replay import Selection
    from app.replay import replay as run

    report = run(load(), decider, Selection(since=since, tenant=tenant, made_by=made_by, limit=limit))
    plain = msgspec.to_builtins(report)
    if as_json:
        click.echo(json.dumps(plain))
        return
    agreement = "nothing to compare" if report.agreement is None else f"{report.agreement:.1%} equal"
    click.echo(
        f"{report.replayed} decisions replayed by {report.decider}: {agreement} ({report.equal} equal,"
        f" {report.different} different), {report.inputs_changed} inputs read differently now,"
        f" {report.skipped} were not decided by a decider; {report.cost_usd:.6f} USD"
    )
    _print_table(
        ("decision", "field", "live", "replayed"),
        [(one.decision_id, name, str(pair[0])[:40], str(pair[1])[:40])
         for one in report.differences[:SHOWN] for name, pair in one.fields.items()],
    )  # fmt: skip


def _diff_words(report: dict[str, Any]) -> str:
    if not report["exact"]:
        return "no such shadow decisions: set PARLEY_SHADOW_DECIDER and run `parley worker shadow`"
    lines = [
        f"{report['exact']} decisions compared ({report['failed']} failed, {report['inputs_changed']} whose input reads"
        " differently now)",
        *(f"{count:>6} by {name}" for name, count in report["bases"].items()),
        *(f"{count:>6} beside them by {name}" for name, count in report["candidates"].items()),
        f"same action {report['same_action']:.1%}, same intent {report['same_intent']:.1%}",
        f"cost {report['base_cost_usd']:.6f} USD, {report['candidate_cost_usd']:.6f} USD the candidate",
    ]
    return "\n".join(lines + [f"  {count:>6}  {pair}" for pair, count in report["actions"].items()])


def _print_table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if not rows:
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*heads, box=None)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
