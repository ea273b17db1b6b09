"""Send messages through the whole product and print what became of them."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec

from app.commands._seed import progress_bars, run_seed
from app.commands._stack import is_running, read_state, tidied_up
from app.demo import mails as sources
from app.demo.channel import DemoChannel
from app.demo.report import Report
from app.demo.run import run
from app.errors import NotFound, SetupError
from app.settings import Settings, load, process_environment

TALKS_TO = ("telegram_url", "whatsapp_url", "twilio_url", "resend_url", "sparkpost_url", "public_url")
"""Settings a running stack keeps in its state."""
PEOPLE = 50
"""About every other gets a reply, and every twentieth reply loses its answer: with many fewer people none would."""


@click.command()
@click.option(
    "--channel",
    type=click.Choice(["email", "telegram", "whatsapp", "sms"]),
    help="Over a provider that stands in for the real.",
)
@click.option("--mbox", type=click.Path(path_type=Path), help="Mail: send the mails of this mbox file.")
@click.option("--maildir", type=click.Path(path_type=Path), help="Mail: send the mails of this Maildir or folder.")
@click.option("--to", "recipient", help="Without --channel: the mailbox to send to. Default: the first of the stack.")
@click.option(
    "--count", type=click.IntRange(1, 100_000), help="With --channel: how many write. Default: 50, email 100."
)
@click.option(
    "--seed", type=click.IntRange(1, 9999), is_flag=False, flag_value=1,
    help="Make a tenant with a month of lifelike work; another number, another tenant.",
)  # fmt: skip
@click.option("--remove", is_flag=True, help="With --seed: take that tenant away again.")
@click.option("--private", is_flag=True, help="Use a throw-away stack even when one is running.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(  # noqa: PLR0917 - one per option
    channel: str | None, mbox: Path | None, maildir: Path | None, recipient: str | None, count: int | None,
    seed: int | None, remove: bool, private: bool, as_json: bool,
) -> None:  # fmt: skip
    """Send messages in, wait until each is decided and every reply handed over, and print the figures.

    Mail comes in over SMTP and goes out to the catcher; with --channel answers go to a stand-in for a provider on this
    machine. Uses the running stack, or a throw-away one of its own when none runs, whose answers come from the rules
    where a model would cost money. Refuses to run where replies could reach real people. The exit code is 1 when
    something was lost or sent twice, or an invariant is broken.

    \b
    parley demo                      eleven mails of its own, one of them broken
    parley demo --mbox list.mbox     any mail you have, thousands of messages
    parley demo --channel email      replies leave by providers that lose one answer in twenty
    parley demo --channel telegram   fifty people write to a bot, whose provider loses one answer in twenty
    parley demo --channel whatsapp   … to a number
    parley demo --channel sms        the same by SMS
    parley demo --seed               nothing is sent: a tenant to look at, beside those there are
    """
    if seed is not None:
        if mbox or maildir or channel or recipient or count or private:
            raise click.UsageError("--seed sends nothing: it goes with --remove and --json alone")
        run_seed(seed, remove=remove, as_json=as_json)
        return
    if remove:
        raise click.UsageError("--remove takes away what --seed made: say --seed, too")
    _refuse_mixture(channel, mbox, maildir, recipient, count)
    demo = _demo(channel, mbox, maildir, recipient, count)
    with tidied_up(), _stack(demo, private, quiet=as_json) as settings, progress_bars(as_json) as progress:
        report = asyncio.run(run(demo, settings, progress))
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
    else:
        _print(report, channel)
    sys.exit(0 if report.good else 1)


def _refuse_mixture(
    channel: str | None, mbox: Path | None, maildir: Path | None, recipient: str | None, count: int | None
) -> None:
    """Raises UsageError for options that do not go together."""
    if mbox and maildir:
        raise click.UsageError("--mbox and --maildir exclude each other")
    if channel not in (None, "email") and (mbox or maildir):
        raise click.UsageError("--mbox and --maildir are for mail")
    if channel and recipient:
        raise click.UsageError("--to is for the demo without --channel: a channel's demo makes its own accounts")
    if count and (mbox or maildir or not channel):
        raise click.UsageError("--count is for the people of --channel: a demo of mails sends what it is given")


def _demo(
    channel: str | None, mbox: Path | None, maildir: Path | None, recipient: str | None, count: int | None
) -> DemoChannel:
    """What sends. Imported here: help must not pay for what a channel needs."""
    if channel == "telegram":
        from app.demo.telegram import TelegramDemo

        return TelegramDemo(count or PEOPLE)
    if channel in ("whatsapp", "sms"):
        from app.demo.phones import SmsDemo, WhatsAppDemo

        return WhatsAppDemo(count or PEOPLE) if channel == "whatsapp" else SmsDemo(count or PEOPLE)
    if channel == "email":
        from app.demo.mail_providers import MailProvidersDemo

        return MailProvidersDemo(count or 100, _load(mbox, maildir) if mbox or maildir else ())
    from app.demo.email import EmailDemo

    return EmailDemo(_load(mbox, maildir), recipient)


def _load(mbox: Path | None, maildir: Path | None) -> list[bytes]:
    batch = list(sources.from_mbox(mbox) if mbox else sources.from_folder(maildir) if maildir else sources.sample())
    if not batch:
        raise NotFound("there is no mail in there", remedy="name another file")
    return batch


@contextmanager
def _stack(demo: DemoChannel, private: bool, *, quiet: bool) -> Iterator[Settings]:
    settings = load()
    if not private and is_running(settings.home_dir):
        state = read_state(settings.home_dir)
        if not state.get("ready"):
            raise SetupError("the stack is still starting", remedy="try again in a moment")
        # What the running processes use counts, not what this one was told.
        yield msgspec.structs.replace(settings, **{name: state[name] for name in TALKS_TO if name in state})
        return
    with demo.provider() as extra, _throw_away({**extra, **_free_of_charge(settings)}, quiet=quiet) as made:
        yield made


def _free_of_charge(settings: Settings) -> dict[str, str]:
    """Thousands of messages are not sent through a model that somebody pays for; one on this machine is welcome."""
    on_loopback = urlsplit(settings.anthropic_base_url).hostname in ("127.0.0.1", "::1", "localhost")
    return {} if on_loopback or not settings.anthropic_api_key else {"PARLEY_DECIDER": "rules"}


@contextmanager
def _throw_away(extra: Mapping[str, str], *, quiet: bool) -> Iterator[Settings]:
    home = Path(tempfile.mkdtemp(prefix="parley-demo-"))
    environment = {name: value for name, value in process_environment().items() if not _of_a_stack(name)}
    environment |= {"PARLEY_HOME": str(home), **extra}
    command_line = [sys.executable, "-m", "app.cli"]
    if not quiet:
        click.echo("starting a throw-away stack …", err=True)
    try:
        up = subprocess.run(
            [*command_line, "up", "--detach"], env=environment, capture_output=True, text=True, check=False
        )
        if up.returncode:
            lines = (up.stderr or up.stdout).strip().splitlines() or ["no reason given"]
            raise SetupError(f"the throw-away stack did not start: {lines[-1].removeprefix('error: ')}")
        yield load({"PARLEY_HOME": str(home), **extra})
    finally:
        subprocess.run([*command_line, "down"], env=environment, capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)


def _of_a_stack(name: str) -> bool:
    return name.startswith(("PARLEY_", "SUPABASE_")) or name == "DATABASE_URL"


WORDS = {
    "sent": "messages sent", "received": "accepted", "lost": "accepted and lost", "duplicates": "seen before",
    "unparsed": "kept unparsed", "threads": "threads", "decisions": "decisions", "replies": "replies handed over",
    "errors": "errors", "p50_ms": "reply p50 (ms)", "p95_ms": "reply p95 (ms)", "p99_ms": "reply p99 (ms)",
    "violations": "broken invariants",
}  # fmt: skip


def _print(report: Report, channel: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2))
    for name, words in WORDS.items():
        value = getattr(report, name)
        table.add_row(words, "–" if value is None else f"{value:,}")
    console = Console()
    console.print(table)
    for one in report.providers or ():
        console.print(
            f"{one.provider} (class {one.delivery_class}): {one.dispatches} dispatches, {one.sent} sent,"
            f" {one.answers_lost} answers lost on purpose, {one.doubled} doubled, {one.lost} lost,"
            f" {len(one.unknown)} unknown, {one.unlisted} unlisted"
        )
        for message_id in one.unknown:
            console.print(f"  unknown: parley explain {message_id}")
    if channel is None:
        console.print("[dim]See the replies with `parley mail`, the reasons with `parley explain`.[/dim]")
