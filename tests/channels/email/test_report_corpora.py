"""Real delivery reports, by the hundred: 95 % are read with the right recipient, status, original and reason.

They stay where they are published. Those of sisimai/set-of-emails, whose truth is in `report_truth.tsv`, are looked for
below `../shared/data`, or in the folder `PARLEY_TEST_REPORTS` names; the others come with the source distribution of
flufl.bounce.
"""

import ast
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from app.channels.email import parse_mail
from app.settings import PROJECT
from tests.channels.email.report_corpus import ENOUGH, judge, read_truth

FLUFL = "flufl.bounce==6.0.0"
SHARED = PROJECT.parent / "shared" / "data"
UV = PROJECT / ".venv" / "bootstrap" / "bin" / "uv"


def test_our_own_sample_is_read_right() -> None:
    """Kind, recipient, code, the mail it is about and why, in fifteen reports written in the shapes of mailers."""
    folder = Path(__file__).with_name("reports")
    truth = read_truth(folder / "truth.tsv")
    assert {path.stem for path in folder.glob("*.eml")} == set(truth)
    wrong = {
        name: reason for name, expected in truth.items()
        if (reason := judge(parse_mail((folder / f"{name}.eml").read_bytes(), envelope_from="", envelope_to=[]), expected))
    }  # fmt: skip
    assert wrong == {}
    named = [one for expected in truth.values() for one in expected if one.kind != "auto_reply"]
    assert all(one.original and one.reason for one in named)


@pytest.mark.prove
def test_reports_of_seven_mail_systems_are_read_right() -> None:
    """Kind, recipient, code, reason and the mail it is about, of every recipient in bounces, delays, complaints and
    automatic answers."""
    folder = Path(os.environ.get("PARLEY_TEST_REPORTS") or SHARED)
    if not folder.is_dir():
        pytest.skip("neither PARLEY_TEST_REPORTS nor ../shared/data has the reports of sisimai/set-of-emails")
    truth = read_truth(Path(__file__).with_name("report_truth.tsv"))
    found = {path.stem: path for path in folder.rglob("*") if path.stem in truth}
    wrong = {
        name: reason for name, path in found.items()
        if (reason := judge(parse_mail(path.read_bytes(), envelope_from="", envelope_to=[]), truth[name]))
    }  # fmt: skip
    share = 1 - len(wrong) / len(found)
    print(f"{len(found)} reports, {share:.1%} right", wrong)
    assert len(found) > 100
    assert share >= ENOUGH


@pytest.mark.prove
def test_reports_of_twenty_other_mail_systems_are_read_right(tmp_path: Path) -> None:
    """Who could not be reached, and whether for good: what the people say who collected these over twenty years.

    Our reader asks flufl.bounce for addresses, so for those the set is a friendly one; status and what is left out are
    our own.
    """
    truth, folder = _fetch(tmp_path)
    wrong = {}
    for name, expected in truth.items():
        mail = parse_mail((folder / name).read_bytes(), envelope_from="", envelope_to=[])
        got = {(one.recipient or "", one.kind in {"delayed", "bounced_soft"}) for one in mail.reports}
        firm = {address for address, temporary in got if not temporary}
        # What is told as failed may be a full mailbox, which is soft to us; what is told as late is never hard.
        if {address for address, _ in got} != set(expected) or any(expected[one] for one in firm):
            wrong[name] = got
    share = 1 - len(wrong) / len(truth)
    print(f"{len(truth)} reports, {share:.1%} right", wrong)
    assert len(truth) > 100
    assert share >= ENOUGH


def _fetch(folder: Path) -> tuple[dict[str, dict[str, bool]], Path]:
    """File → {recipient: whether the trouble passes}, and where the files are. A file one detector is silent about says
    nothing."""
    command = [
        UV,
        "tool",
        "run",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        ":all:",
        FLUFL,
        "--dest",
        folder,
    ]
    subprocess.run(command, check=True, timeout=120)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as packed:
        packed.extractall(folder, filter="data")
    tests = next(folder.glob("flufl*/tests"))
    tree = ast.parse((tests / "test_detectors.py").read_text())
    table = next(
        ast.literal_eval(node.value) for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "DETECTORS"
    )  # fmt: skip
    truth: dict[str, dict[str, bool]] = {}
    for _, name, addresses, temporary in table:
        for address in addresses:
            truth.setdefault(name, {})[address.decode().lower()] = temporary
    return truth, tests / "data"
