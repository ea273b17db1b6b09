"""The page of channels says what the adapters declare, and what they declare is there."""

from app.channels.registry import create_adapters
from app.domain.channels import Adapter, Capabilities
from app.settings import PROJECT, load

PAGE = PROJECT / "docs" / "channels" / "README.md"
WAYS = {"both": "both ways", "in": "in", "out": "out"}
ORDER = ("sent", "delivered", "read", "delayed", "failed", "bounced_hard", "bounced_soft", "complained", "unsubscribed",
         "opened", "clicked")  # fmt: skip


def adapters(public_url: str = "https://desk.example.com") -> dict[str, Adapter]:
    """Those of an installation that the world can reach."""
    return create_adapters(load({"PARLEY_PUBLIC_URL": public_url}))


def table() -> str:
    """What the adapters declare, a line for each, as it stands on the page."""
    lines = ["| provider | channel | way | class | text | free text | receipts | edit | unsend |", "|" + "---|" * 9]
    known = [one.capabilities for one in adapters().values()]
    lines += [_line(one) for one in sorted(known, key=lambda one: (one.channel, one.provider))]
    return "\n".join(lines) + "\n"


def _line(one: Capabilities) -> str:
    kinds = ", ".join(kind for kind in ORDER if kind in one.receipts) or "none"
    window = f"{one.window_hours} h" if one.window_hours else "always"
    cells = (
        f"`{one.provider}`", one.channel, WAYS[one.direction], one.delivery_class, f"{one.max_body_chars:,}",
        "never" if one.direction == "in" else window, kinds, "yes" if one.can_edit else "no",
        "yes" if one.can_unsend else "no",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def test_the_page_of_channels_says_what_the_adapters_declare() -> None:
    """Put this table there after a change of an adapter."""
    assert table() in PAGE.read_text(), f"docs/channels/README.md lacks this table:\n{table()}"


def test_what_adapters_declare_is_there() -> None:
    """Receipts by the names the database has, edge functions by their folders, secrets where calls are verified."""
    for provider, adapter in adapters().items():
        declared = adapter.capabilities
        assert declared.receipts <= set(ORDER), provider
        if declared.webhook_function is not None:
            assert (PROJECT / "supabase" / "functions" / declared.webhook_function / "handler.ts").is_file(), provider
            assert declared.webhook_secrets, provider


def test_without_a_public_address_nothing_is_called_back() -> None:
    """Twilio is told where to call in the call that sends: where there is no such place, no receipt is waited for."""
    assert adapters("")["twilio"].capabilities.receipts == frozenset()
    assert "delivered" in adapters()["twilio"].capabilities.receipts
