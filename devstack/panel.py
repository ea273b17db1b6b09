"""The one panel a person sees when the stack is up."""

import shlex
from typing import Any

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from app.settings import Settings

DEMO_ADMIN = "owner@acme.test"
"""One of the people of `supabase/seed.sql`; they all have the same password."""


def send_line(smtp_port: int, address: str) -> str:
    """A line to paste into any shell: sends a mail to `address` with plain Python."""
    code = (
        "import smtplib,email.utils as u;"
        f"smtplib.SMTP('127.0.0.1',{smtp_port}).sendmail('ada@example.com',['{address}'],"
        f"'From: Ada <ada@example.com>\\r\\nTo: {address}\\r\\nSubject: Hello\\r\\nMessage-ID: '+u.make_msgid()"
        "+'\\r\\n\\r\\nHello, what are your opening hours?')"
    )
    return f"python3 -c {shlex.quote(code)}" if '"' in code else f'python3 -c "{code}"'


def show(state: dict[str, Any], settings: Settings, keys: dict[str, str], *, detached: bool, console: Console) -> None:
    """Print addresses, keys and the line to paste. Long values are never broken: they are there to be copied."""

    def row(label: str, value: str) -> None:
        console.print(Text.assemble((f"  {label:<12}", "bold"), " ", value), soft_wrap=True)

    console.print(Rule(f"Parley is up ({state.get('seconds_to_ready', 0):.1f} s)", style="green"))
    if "api" not in state["missing"]:
        row("API", f"http://127.0.0.1:{state['api_port']}")
    if "surface" not in state["missing"]:
        row("Supabase", f"http://127.0.0.1:{state['supabase_port']}")
        row("publishable", keys["publishable_key"])
        row("secret", keys["secret_key"])
        if not state.get("external_database_url"):
            row("sign in", f"{DEMO_ADMIN} with {keys['demo_password']}")
            row("chat", f"http://127.0.0.1:{state['supabase_port']}/chat/")
            if "api" not in state["missing"]:
                row("desk", f"http://127.0.0.1:{state['api_port']}/dashboard/")
    if "functions" not in state["missing"]:
        row("functions", f"http://127.0.0.1:{state['functions_port']}/functions/v1")
    if "receive-email" not in state["missing"]:
        row("mail in", f"smtp://127.0.0.1:{state['smtp_port']}")
    outbound = settings.smtp_url.rpartition("@")[2].removeprefix("smtp://")
    is_catcher = f"127.0.0.1:{state['catcher_port']}?" in settings.smtp_url
    row(
        "mail out", f"smtp://{outbound.partition('?')[0]}" + (" (the catcher: see `parley mail`)" if is_catcher else "")
    )
    if state.get("external_database_url"):
        row("database", "DATABASE_URL")
    else:
        row("database", f"postgresql://postgres@127.0.0.1:{state['pg_port']}/postgres (password in keys.json)")
    row("anon key", keys["anon_key"])
    row("service key", keys["service_key"])
    row("JWT secret", f"{settings.home}/keys.json")
    row("logs", f"{settings.home}/logs")
    for box in state.get("mailboxes", []):
        row("mailbox", f"{box['address']}  ({box['tenant']})")
    if state.get("mailboxes") and "receive-email" not in state["missing"]:
        console.print("\n  Send yourself a mail, then look at the answer with `.venv/bin/parley mail`:\n")
        console.print(Text(send_line(state["smtp_port"], state["mailboxes"][0]["address"])), soft_wrap=True)
        console.print()
    console.print(Rule("`parley down` stops it" if detached else "Ctrl-C stops it", style="green"))
