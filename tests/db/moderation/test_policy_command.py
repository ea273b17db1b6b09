"""`parley moderation`: versions, simulations and replays from the operator's terminal."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import group
from app.errors import ParleyError
from tests.db.helpers import World
from tests.db.moderation.judging import Gated

MASKING = {"lanes": {"people": {}}, "regions": ["US"]}
STRICT = {"lanes": {"people": {"before": {"phone": {"action": "block"}}}}, "regions": ["US"]}


@pytest.fixture(autouse=True)
def here(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands find this module's database, and documents in the folder they run in."""
    monkeypatch.setenv("DATABASE_URL", world.database.url())
    monkeypatch.chdir(tmp_path)
    for name, document in (("masking", MASKING), ("strict", STRICT), ("bad", {"lanes": {}})):
        Path(f"{name}.json").write_text(json.dumps(document))


def parley(*arguments: Any) -> Result:
    """Run `parley moderation …`."""
    return CliRunner().invoke(group, ["moderation", *map(str, arguments)])


def test_a_policy_from_template_to_rollback(world: World) -> None:
    """Printed, put, kept as a draft, activated, compared, listed, shown, taken back, switched off."""
    slug = world.tenant().slug
    Path("market.json").write_text(parley("policy", "--template", "marketplace").stdout)
    done = [
        parley("policy", "put", "market.json", "--tenant", slug, "--note", "to begin with"),
        parley("policy", "put", "strict.json", "--tenant", slug, "--draft"),
        parley("policy", "activate", 2, "--tenant", slug, "--expected-version", 1),
        parley("policy", "activate", 1, "--tenant", slug),
        parley("policy", "off", "--tenant", slug),
    ]
    assert [one.stdout.strip() for one in done] == [
        "version 1 is in force", "version 2 is kept; version 1 is in force", "version 2 is in force",
        "version 1 is in force", "nothing is moderated",
    ]  # fmt: skip
    parley("policy", "activate", 2, "--tenant", slug)
    listed = parley("policy", "list", "--tenant", slug).stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [["*", "2"], ["1", listed[1].split()[1]]]
    assert listed[1].endswith("to begin with")
    assert json.loads(parley("policy", "show", "--tenant", slug).stdout) == STRICT
    differs = parley("policy", "diff", 1, 2, "--tenant", slug).stdout
    assert 'regions: null → ["US"]' in differs and "lanes.agent" in differs
    assert len(parley("policy", "list", "--tenant", slug, "--json").stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("policy", "put", "bad.json"), "bad_policy"), (("policy", "activate", 9), "not_found"),
        (("policy", "activate", 1, "--expected-version", 7), "policy_moved"), (("policy", "show"), "not_found"),
        (("policy", "diff", 1, 2), "not_found"),
    ],
)  # fmt: skip
def test_what_is_refused(world: World, arguments: tuple[Any, ...], code: str) -> None:
    """In one line, with the code and the remedy of every other surface."""
    refused = parley(*arguments, "--tenant", world.tenant().slug).exception
    assert isinstance(refused, ParleyError)
    assert (refused.code, bool(refused.remedy)) == (code, True)


def test_a_simulation_shows_texts_only_with_a_reason(world: World) -> None:
    """Counted for everybody, texts for whoever says why; that is on record with the messages."""
    gated = Gated(world)
    gated.decree(MASKING)
    ann, _, thread = gated.talk()
    masked = gated.write(ann, thread, "call me at 650-253-0000")[0]["message_id"]
    asked = ("simulate", "--policy", "strict.json", "--tenant", gated.tenant.slug)
    report = json.loads(parley(*asked, "--json").stdout)
    assert (report["changes"], report["samples"][0]["text"]) == ({"filtered→blocked": 1}, None)
    looks = "select details from public.audit_log where tenant_id = %s and action = 'moderation.texts_read'"
    assert world.all(looks, gated.tenant.id) == []
    assert isinstance(parley(*asked, "--show-text", "why").exception, ParleyError)
    shown = parley(*asked, "--json", "--show-text", "complaint 4711")
    assert json.loads(shown.stdout)["samples"][0]["text"] == "call me at 650-253-0000"
    assert world.one(looks, gated.tenant.id)["details"] == {"reason": "complaint 4711", "messages": [masked]}
    words = parley(*asked)
    assert words.exit_code == 0
    for part in ("2 messages judged", "filtered→blocked", "people.before.phone.block"):
        assert part in words.stdout


def test_a_simulation_that_is_ended_says_what_it_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is no loss: the report so far, marked as such, and exit code 130."""
    gated = Gated(world)
    ann, _, thread = gated.talk()
    gated.write(ann, thread, "two", "three")
    judged = []

    def ended(_candidate: Any, cases: Any) -> Any:
        if judged:
            raise KeyboardInterrupt
        judged.extend(cases)
        return real(_candidate, cases)

    from app.history import simulate

    real = simulate.judge_all
    monkeypatch.setattr(simulate, "PAGE", 2)
    monkeypatch.setattr(simulate, "judge_all", ended)
    done = parley("simulate", "--policy", "strict.json", "--tenant", gated.tenant.slug, "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["complete"], report["messages"]) == (130, False, 2)


def test_a_replay_from_the_terminal(world: World) -> None:
    """Exit code 0 while everything is identical, 1 as soon as something differs."""
    gated = Gated(world)
    gated.decree(MASKING)
    ann, bob = gated.pair()
    first = gated.start(ann, bob, body="call me at 650-253-0000")
    gated.pass_gate(first["message_id"])
    good = parley("replay", "--tenant", gated.tenant.slug)
    assert (good.exit_code, "1 identical" in good.stdout) == (0, True)
    world.owner.execute(
        "update private.verdict_documents set verdict = replace(verdict, 'filtered', 'approved') where tenant_id = %s",
        [gated.tenant.id],
    )
    bad = parley("replay", "--tenant", gated.tenant.slug, "--json")
    assert (bad.exit_code, json.loads(bad.stdout)["different"]) == (1, 1)
