"""Show what was sent: the mails the local catcher kept, newest first."""

import json
import shutil
import sys
import time
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path
from typing import Any

import click
import msgspec

from app.errors import NotFound
from app.settings import load

HEADER_BYTES = 65_536


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One caught mail: `id` (sorts by time), `time` (ISO 8601, UTC), envelope and headers, `path` of the raw file."""

    id: str
    time: str
    sender: str
    to: list[str]
    subject: str
    message_id: str
    in_reply_to: str
    path: str


def mail_folder(home: Path) -> Path:
    """Where the catcher of the stack in `home` keeps mail."""
    return home / "mail"


def list_mails(folder: Path, *, to: str | None = None, limit: int | None = None) -> list[Mail]:
    """The caught mails, newest first; `to` keeps those to an address (case-insensitive). Unreadable headers become
    ''."""
    found: list[Mail] = []
    wanted = to.lower() if to else None
    for path in sorted((folder / "new").glob("*"), key=lambda path: path.name, reverse=True):
        if limit is not None and len(found) >= limit:
            break
        try:
            mail = read_headers(path)
        except FileNotFoundError:  # cleared meanwhile
            continue
        if wanted is None or wanted in (address.lower() for address in mail.to):
            found.append(mail)
    return found


def read_headers(path: Path) -> Mail:
    """The envelope and the main headers of one file."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    # compat32 keeps whatever is there; the modern policy may raise on headers that mailers really send.
    headers = BytesHeaderParser(policy=policy.compat32).parsebytes(head)
    recipients = str(headers.get("X-Parley-Envelope-To", ""))
    return Mail(
        id=path.name,
        time=_time_of(path.name),
        sender=str(headers.get("X-Parley-Envelope-From", "")),
        to=[address.strip() for address in recipients.split(",") if address.strip()],
        subject=_decoded(str(headers.get("Subject", ""))),
        message_id=str(headers.get("Message-ID", "")).strip(),
        in_reply_to=str(headers.get("In-Reply-To", "")).strip(),
        path=str(path),
    )


def read_message(path: Path) -> EmailMessage:
    """The whole mail."""
    return BytesParser(policy=policy.default).parsebytes(path.read_bytes())


def text_of(path: Path) -> str:
    """The text a person would read, '' when there is none."""
    message = read_message(path)
    try:
        part = message.get_body(("plain", "html"))
        return str(part.get_content()) if part else ""
    except (LookupError, ValueError, AttributeError):
        payload = message.get_payload(decode=True)
        return payload.decode(errors="replace") if isinstance(payload, bytes) else ""


def _decoded(value: str) -> str:
    from email.header import decode_header, make_header

    try:
        return " ".join(str(make_header(decode_header(value))).split())
    except (LookupError, ValueError):
        return " ".join(value.split())


def _time_of(name: str) -> str:
    stamp = name.partition("-")[0]
    try:
        moment = time.strptime(stamp.partition(".")[0], "%Y%m%dT%H%M%S")
    except ValueError:
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%S", moment) + f".{stamp.partition('.')[2][:3]}Z"


@click.group(invoke_without_command=True)
@click.option("--to", metavar="ADDRESS", help="Only mail to this address.")
@click.option("--limit", default=20, show_default=True, help="How many to list; 0 for all.")
@click.option(
    "--wait", "wait_s", type=float, default=0.0, metavar="SECONDS", help="Wait up to so long until there is one."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array, with paths of the raw files.")
@click.pass_context
def command(context: click.Context, to: str | None, limit: int, wait_s: float, as_json: bool) -> None:
    """List what was sent, newest first. Exit code 1 when --wait ends without a mail.

    \b
    parley mail --to ada@example.com --wait 5     did the reply arrive?
    parley mail show 1                            read the newest
    parley mail clear                             start afresh
    """
    if context.invoked_subcommand:
        return
    folder = mail_folder(load().home_dir)
    deadline = time.monotonic() + wait_s
    mails = list_mails(folder, to=to, limit=limit or None)
    while not mails and time.monotonic() < deadline:
        time.sleep(0.05)
        mails = list_mails(folder, to=to, limit=limit or None)
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(mail) for mail in mails]))
    else:
        _print_table(mails)
    if wait_s and not mails:
        context.exit(1)


def _print_table(mails: list[Mail]) -> None:
    if not mails:
        click.echo("no mail")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("#", "time (UTC)", "to", "subject"):
        table.add_column(heading, overflow="fold")
    for number, mail in enumerate(mails, 1):
        table.add_row(str(number), mail.time[:19].replace("T", " "), Text(", ".join(mail.to)), Text(mail.subject))
    Console().print(table)


@command.command("show")
@click.argument("which")
@click.option("--raw", is_flag=True, help="The mail as it was sent, envelope headers in front.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, `text` among its keys.")
def show(which: str, raw: bool, as_json: bool) -> None:
    """Show one mail: WHICH is its id, the beginning of it, or its number in the list (1 is the newest)."""
    path = find(mail_folder(load().home_dir), which)
    mail = read_headers(path)
    if raw:
        sys.stdout.buffer.write(path.read_bytes())
    elif as_json:
        members: dict[str, Any] = {**msgspec.to_builtins(mail), "text": text_of(path)}
        members["headers"] = {name: str(value) for name, value in read_headers_only(path)}
        click.echo(json.dumps(members))
    else:
        for name, value in (
            ("From", mail.sender),
            ("To", ", ".join(mail.to)),
            ("Subject", mail.subject),
            ("Sent", mail.time),
        ):
            click.echo(f"{click.style(name, bold=True)}: {value}")
        click.echo("\n" + text_of(path).rstrip())


def read_headers_only(path: Path) -> list[tuple[str, Any]]:
    """Every header of a mail, in order, undecoded."""
    with path.open("rb") as file:
        return list(BytesHeaderParser(policy=policy.compat32).parsebytes(file.read(HEADER_BYTES)).items())


def find(folder: Path, which: str) -> Path:
    """The file of a mail by id, beginning of an id, or number in the list. Raises NotFound."""
    names = sorted((path.name for path in (folder / "new").glob("*")), reverse=True)
    if which.isdigit() and 1 <= int(which) <= len(names):
        return folder / "new" / names[int(which) - 1]
    matches = [name for name in names if name.startswith(which)]
    if len(matches) != 1:
        raise NotFound(f"{len(matches)} mails match {which}", remedy="`parley mail` lists them")
    return folder / "new" / matches[0]


@command.command("clear")
def clear() -> None:
    """Remove every caught mail."""
    folder = mail_folder(load().home_dir) / "new"
    count = sum(1 for _ in folder.glob("*"))
    if folder.exists():
        # Renamed first: a mail that arrives meanwhile goes to the new folder and stays.
        old = folder.with_name(f"cleared-{time.time_ns()}")
        folder.rename(old)
        folder.mkdir()
        shutil.rmtree(old)
    click.echo(f"{count} removed")
