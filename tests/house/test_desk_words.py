"""What the desk says when the API refuses: every code its calls can meet, in every language it speaks."""

import json
import re
from collections.abc import Iterator
from typing import Any

from scripts.api_types import document
from tests.house.tree import PROJECT

DESK = PROJECT / "dashboard" / "src"
CALLED = re.compile(r"""['"`](?:/v1)?(/[a-z][^'"`\s?]*)""")
EVERYWHERE = {"internal", "method_not_allowed", "no_such_path"}
"""What any call may be answered with, by the server before it knows which call it is."""
OURS = {"unreadable"}
"""What the desk says itself, of an answer that is no problem document."""
Segments = tuple[str, ...]


def called() -> set[Segments]:
    """The paths that stand in the desk's source, `*` where it puts an id or a verb."""
    source = "\n".join(one.read_text() for one in DESK.rglob("*.ts*") if one.name != "schema.ts")
    written = (re.sub(r"\$\{.*?(\}|$)", "*", one) for one in CALLED.findall(source))
    return {tuple(one.strip("/").split("/")) for one in written}


def fits(path: str, call: Segments) -> bool:
    """Whether a call may be one of this path of the API."""
    segments = path.removeprefix("/v1/").split("/")
    return len(segments) == len(call) and all(made in ("*", known) for known, made in zip(segments, call, strict=True))


def codes(whole: dict[str, Any], part: Any) -> Iterator[str]:
    """The code of every problem that is shown below a part of the document."""
    if isinstance(part, list):
        for one in part:
            yield from codes(whole, one)
    elif isinstance(part, dict):
        if str(part.get("type")).startswith("urn:parley:problem:"):
            yield part["code"]
        target = part.get("$ref", "")
        if target.startswith(("#/components/responses/", "#/components/examples/")):
            yield from codes(whole, whole["components"][target.split("/")[2]][target.split("/")[3]])
        for one in part.values():
            yield from codes(whole, one)


def words(tag: str) -> dict[str, str]:
    """What a language has to say, by code."""
    found: dict[str, str] = json.loads((DESK / "text" / "problems" / f"{tag}.json").read_text())
    return found


def languages() -> list[str]:
    """Every language there is a catalogue of."""
    return sorted(one.stem for one in (DESK / "text").glob("*.json"))


def test_every_problem_the_desk_can_meet_has_words() -> None:
    """The codes of the operations it calls, no fewer and no others; English may leave one to the server's own sentence."""
    whole = document()
    calls = called()
    met = [item for path, item in whole["paths"].items() if any(fits(path, one) for one in calls)]
    assert len(met) > 60
    wanted = {code for item in met for code in codes(whole, item)} | EVERYWHERE | OURS
    assert len(wanted) > 70
    for tag in languages():
        said = words(tag)
        assert set(said) - wanted == set(), f"{tag}: no such code can be met"
        if tag != "en":
            assert wanted - set(said) == set(), f"problems/{tag}.json lacks words"
        assert list(said) == sorted(said), tag
        assert [code for code, text in said.items() if not re.search(r"[.!?؟]$", text)] == [], tag
