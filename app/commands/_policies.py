"""`parley moderation policy`: a tenant's policy as its operator keeps it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from app.commands._document import read_document
from app.db.queries import query
from app.errors import NotFound, from_postgres
from app.moderation.documents import TEMPLATES, check, template
from app.settings import load

Cursor = psycopg.Cursor[dict[str, Any]]
TENANT = click.option("--tenant", required=True, help="The tenant (its slug).")
EXPECTED = click.option(
    "--expected-version", "expected", type=int, help="Only if this version is in force; 0 stands for none."
)


@click.group(invoke_without_command=True)
@click.option("--template", "named", type=click.Choice(TEMPLATES), help="Print a document to begin with.")
@click.pass_context
def policy(context: click.Context, named: str | None) -> None:
    """Versions of a tenant's moderation policy: put, list, show, diff, activate, off.

    \b
    parley moderation policy --template marketplace > policy.json
    parley moderation policy put policy.json --tenant acme
    """
    if context.invoked_subcommand is None:
        if named is None:
            raise click.UsageError("name a command, or --template")
        click.echo(json.dumps(template(named), indent=2))


@policy.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@TENANT
@click.option("--note", help="Why, for whoever reads the list.")
@click.option("--draft", is_flag=True, help="Do not put it in force.")
@EXPECTED
def put(file: Path, tenant: str, note: str | None, draft: bool, expected: int | None) -> None:
    """Keep the document in FILE as the next version, in force from the next message on."""
    document = read_document(file)
    check(document)
    given = {"document": Jsonb(document), "note": note, "activate": not draft, "expected": expected}
    _say(_answer("add_policy", tenant, **given))


@policy.command()
@click.argument("version", type=int)
@TENANT
@EXPECTED
def activate(version: int, tenant: str, expected: int | None) -> None:
    """Put VERSION in force: back to an older one, or on to a draft."""
    _say(_answer("choose_policy", tenant, version=version, expected=expected))


@policy.command()
@TENANT
@EXPECTED
def off(tenant: str, expected: int | None) -> None:
    """Moderate nothing from the next message on. The versions stay."""
    _say(_answer("end_moderation", tenant, expected=expected))


@policy.command(name="list")
@TENANT
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a version.")
def list_versions(tenant: str, as_json: bool) -> None:
    """Every version, newest first; * is in force."""
    with _reading(tenant) as (cursor, found):
        rows = cursor.execute(query("moderating", "policy_versions"), {"tenant_id": found["id"]}).fetchall()
    for row in rows:
        if as_json:
            click.echo(json.dumps(row, default=str))
        else:
            mark = "*" if row["is_active"] else " "
            click.echo(f"{mark} {row['version']:>4}  {row['created_at']:%Y-%m-%d %H:%M}  {row['created_by']}"
                       f"  {row['note'] or ''}".rstrip())  # fmt: skip


@policy.command()
@click.argument("version", type=int, required=False)
@TENANT
def show(version: int | None, tenant: str) -> None:
    """The document of VERSION, or of the one in force."""
    with _reading(tenant) as (cursor, found):
        wanted = version or found["version"]
        given = {"tenant_id": found["id"], "version": wanted}
        row = cursor.execute(query("moderating", "policy_document"), given).fetchone()
    if row is None:
        raise NotFound("there is no such version" if wanted else "no policy is in force",
                       remedy="see parley moderation policy list")  # fmt: skip
    click.echo(json.dumps(row["document"], indent=2))


@policy.command()
@click.argument("first", metavar="FROM", type=int)
@click.argument("second", metavar="TO", type=int)
@TENANT
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diff(first: int, second: int, tenant: str, as_json: bool) -> None:
    """What differs between two versions."""
    answer = _answer("compare_policies", tenant, **{"from": first, "to": second})
    if as_json:
        click.echo(json.dumps(answer))
        return
    for one in answer["changes"]:
        click.echo(f"{one['path']}: {json.dumps(one['from'])} → {json.dumps(one['to'])}")


@contextmanager
def _reading(tenant: str) -> Iterator[tuple[Cursor, dict[str, Any]]]:
    with psycopg.connect(load().database_url, row_factory=dict_row) as connection:
        cursor = connection.cursor()
        found = cursor.execute(query("moderating", "tenant_named"), {"slug": tenant}).fetchone()
        if found is None:
            raise NotFound(f"there is no tenant {tenant}", field="tenant", remedy="name its slug")
        yield cursor, found


def _answer(name: str, tenant: str, **given: Any) -> dict[str, Any]:
    try:
        with _reading(tenant) as (cursor, found):
            row = cursor.execute(query("moderating", name), {"tenant_id": found["id"], **given}).fetchone()
    except psycopg.Error as error:
        raise from_postgres(error) from error
    answer: dict[str, Any] = row["answer"] if row else {}
    if answer.get("code") == "not_found":
        raise NotFound(answer["message"], remedy="see parley moderation policy list")
    return answer


def _say(answer: dict[str, Any]) -> None:
    now = answer["active_version"]
    kept = f"version {answer['version']} is kept; " if answer["version"] not in (None, now) else ""
    click.echo(f"{kept}version {now} is in force" if now else f"{kept}nothing is moderated")
