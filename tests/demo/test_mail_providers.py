"""`parley demo --channel email`: replies leave by providers that lose one answer in twenty, and nobody gets two."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from app.channels.email.resend import create_adapter as resend
from app.channels.email.sparkpost import create_adapter as sparkpost
from app.demo.report import Tally
from app.domain.channels import Dispatch
from app.settings import Settings
from devstack.providers.mail import MailProviders
from tests.channels.dispatches import Mark, dispatch
from tests.demo.test_demo import KEYS, Stack
from tests.stack.conftest import ALONE

COUNT = 100


@pytest.fixture
async def providers() -> AsyncIterator[tuple[MailProviders, Settings]]:
    """Both APIs on loopback, and settings that lead there."""
    made = MailProviders()
    async with made.serving() as url:
        yield made, Settings(resend_url=url, sparkpost_url=url)


def mail(providers: MailProviders, **members: Any) -> Dispatch:
    """A reply about to leave."""
    key = providers.apis["resend"].key
    plain = {"channel": "email", "provider": "resend", "recipient": "ann@people.test", "subject": "Re: hello"}
    return dispatch(secrets={"api_key": key}, session_address="desk@acme.test", **(plain | members))


def test_no_reply_is_doubled_and_every_unknown_is_listed(stack: Stack) -> None:
    """A hundred people, both delivery classes, answers lost on purpose: I sends again and N asks a person."""
    report = stack.demo("--channel", "email", "--count", str(COUNT))
    print(report)
    assert list(report) == [*KEYS, "providers"]
    assert (report["sent"], report["received"], report["lost"], report["duplicates"]) == (COUNT, COUNT, 0, 0)
    assert (report["errors"], report["violations"]) == (0, 0)
    one, none = report["providers"]
    assert (one["provider"], one["delivery_class"], none["delivery_class"]) == ("resend", "I", "N")
    for tally in (one, none):
        assert tally["answers_lost"] >= 1, "the weather was bad"
        assert (tally["doubled"], tally["lost"], tally["unlisted"]) == (0, 0, 0)
    assert (one["sent"], one["unknown"]) == (one["dispatches"], [])
    assert len(none["unknown"]) == none["answers_lost"]
    assert none["sent"] + len(none["unknown"]) == none["dispatches"]
    assert not stack.home.exists(), "it touched no stack of ours"


def test_it_refuses_where_mail_could_reach_somebody(stack: Stack) -> None:
    """What counts is the address the running stack uses, whatever this process is told."""
    up = stack.run("up", "--detach", *ALONE)
    assert up.returncode == 0, up.stderr + up.stdout
    url = "http://127.0.0.1:9"
    for extra in ({}, {"PARLEY_RESEND_URL": url, "PARLEY_SPARKPOST_URL": url}):
        refused = stack.run("demo", "--channel", "email", "--json", **extra)
        assert refused.returncode != 0
        assert "real people" in refused.stderr and "--private" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_mailbox_is_no_option_of_a_channel(stack: Stack) -> None:
    """Its accounts are its own, and mails that are given are not counted."""
    for arguments in (
        ("--channel", "email", "--to", "x@acme.test"),
        ("--channel", "email", "--mbox", "x", "--count", "3"),
    ):
        refused = stack.run("demo", *arguments)
        assert refused.returncode == 2
        assert "Traceback" not in refused.stderr


async def test_a_lost_answer_costs_class_i_nothing_and_class_n_the_certainty(
    providers: tuple[MailProviders, Settings],
) -> None:
    """The stand-ins keep what they took: asked again, Resend gives the first answer, SparkPost sends once more."""
    made, settings = providers
    for name, adapter, mails in (("resend", resend(settings), 1), ("sparkpost", sparkpost(settings), 2)):
        made.faults.order("lost", calls=name, times=1)
        lost, again = [await adapter.send(mail(made, provider=name), Mark()) for _ in range(2)]
        assert (lost.kind, again.kind) == ("unknown", "accepted")
        assert len(made.apis[name].mails) == mails
        assert made.unanswered[name] == 1
        await adapter.close()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "limit"}, "retry"), ({"kind": "status", "status": 500}, "unknown"), ({"kind": "html", "status": 502}, "unknown"),
        ({"kind": "garbage"}, "unknown"), ({"kind": "drop"}, "unknown"), ({"kind": "slow", "seconds": 0.2}, "accepted"),
    ],
)  # fmt: skip
async def test_bad_days_are_told_apart(
    providers: tuple[MailProviders, Settings], fault: dict[str, Any], kind: str
) -> None:
    """What the adapter makes of each."""
    made, settings = providers
    adapter = resend(settings)
    async with httpx.AsyncClient(base_url=settings.resend_url) as client:
        assert (await client.post("/control/faults", json={"calls": "resend", **fault})).status_code == 200
        assert (await client.post("/control/faults", json={"kind": "rain"})).status_code == 400
    outcome = await adapter.send(mail(made), Mark())
    assert outcome.kind == kind, outcome
    await adapter.close()


async def test_every_twentieth_is_every_twentieth(providers: tuple[MailProviders, Settings]) -> None:
    """A short run has its share of trouble as well as a long one."""
    made, _ = providers
    made.faults.order("lost", calls="resend", every=20)
    struck = [number for number in range(1, 61) if made.faults.strike("resend")]
    assert struck == [20, 40, 60]
    assert made.faults.strike("sparkpost") is None


@pytest.mark.parametrize(
    "broken", [{"doubled": 1}, {"lost": 1}, {"unlisted": 1}, {"delivery_class": "I", "unknown": ["m"]}]
)
def test_a_broken_promise_is_no_success(broken: dict[str, Any]) -> None:
    """One double is enough for the exit code."""
    good = Tally(provider="x", delivery_class="N", dispatches=2, sent=1, answers_lost=1, doubled=0, lost=0, unlisted=0,
                 unknown=["m"])  # fmt: skip
    assert good.kept
    assert not msgspec.structs.replace(good, **broken).kept
    assert json.loads(msgspec.json.encode(good))["unknown"] == ["m"]
