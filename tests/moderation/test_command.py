"""`parley moderate`: lines in, verdicts out."""

import json
import subprocess
import sys
from pathlib import Path


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a shell would start it."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "moderate", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_line_gets_one_verdict() -> None:
    """In order, with everything the contract names."""
    lines = [
        {"text": "call 020 7946 0958", "region": "GB"},
        {"text": "see you on Monday"},
        {"text": "7946", "earlier": ["510", "574"], "region": ["US", "CA"]},
    ]
    done = run("--jsonl", stdin="\n".join(map(json.dumps, lines)) + "\n\n")
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [one["decision"] for one in verdicts] == ["filtered", "approved", "filtered"]
    assert verdicts[0]["threats_detected"] == [
        {"kind": "phone", "span": [5, 18], "value": "+442079460958", "confidence": 0.9}
    ]
    assert set(verdicts[0]) == {
        "decision", "threats_detected", "filtered_content", "confidence_score", "comments", "sentiment", "version",
    }  # fmt: skip


def test_one_text_may_be_an_argument() -> None:
    """For a look at a single message."""
    assert json.loads(run("mail jo@x.com").stdout)["filtered_content"] == "mail [email removed]"


def test_a_line_that_is_no_message_is_named_and_the_others_go_on() -> None:
    """The number of the line and what is expected, not a traceback; exit code 1 in the end."""
    done = run("--jsonl", stdin='{"text": "a"}\n{"txt": "b"}\nnonsense\n{"text": "mail jo@x.com"}\n')
    assert done.returncode == 1
    wrong = done.stderr.splitlines()
    assert [line.partition(" of stdin is no message: ")[0] for line in wrong] == ["error: line 2", "error: line 3"]
    assert all(line.endswith('— one {"text": "…"} a line') for line in wrong)
    assert [json.loads(line)["decision"] for line in done.stdout.splitlines()] == ["approved", "filtered"]


def test_bytes_that_are_no_text_and_lines_without_end_are_named_too() -> None:
    """Bad UTF-8 and a line of many megabytes end nothing."""
    stream = b'{"text": "\xff"}\n{"text": "' + b"a" * (3 << 20) + b'"}\n{"text": "a"}'
    command = [sys.executable, "-m", "app.cli", "moderate", "--jsonl"]
    done = subprocess.run(command, input=stream, capture_output=True, check=False)
    assert done.returncode == 1
    assert [line[:13] for line in done.stderr.splitlines()] == [b"error: line 1", b"error: line 2"]
    assert len(done.stdout.splitlines()) == 1


def test_a_verdict_is_there_before_the_next_line_is() -> None:
    """The command can be talked to line by line."""
    command = [sys.executable, "-m", "app.cli", "moderate", "--jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
        assert talk.stdin is not None
        assert talk.stdout is not None
        for text in ("mail jo@x.com", "see you"):
            talk.stdin.write(json.dumps({"text": text}).encode() + b"\n")
            talk.stdin.flush()
            assert json.loads(talk.stdout.readline())["decision"] in ("filtered", "approved")


def test_a_policy_decides(tmp_path: Path) -> None:
    """The document a tenant keeps, for the lane and stage that are named; a bad one is refused by the field's path."""
    file = tmp_path / "policy.json"
    people = {"before": {"email": {"action": "block"}}, "after": {"email": {"action": "allow"}}}
    file.write_text(json.dumps({"regions": ["DE"], "lanes": {"people": people, "ai": {}}}))

    def decision(text: str, *more: str) -> str:
        return str(json.loads(run(text, "--policy", str(file), *more).stdout)["decision"])

    assert decision("mail jo@x.com") == "blocked"
    assert decision("mail jo@x.com", "--stage", "after") == "approved"
    assert decision("mail jo@x.com", "--lane", "ai") == "filtered", "it names no rule: the usual one"
    (threat,) = json.loads(run("Ruf an: 030 901820", "--policy", str(file)).stdout)["threats_detected"]
    assert threat["value"] == "+4930901820", "the home countries are the document's"
    assert run("hi", "--policy", str(file), "--lane", "agent").stderr.startswith("error: this policy does not moderate")
    for wrong, said in (
        ({"people": {"before": {"mail": {"action": "block"}}}}, "lanes.people.before"),
        ({"people": {"before": {"email": {"action": "eat"}}}}, "lanes.people.before.email.action"),
        ({"people": {"before": {"email": {"action": "mask", "threshold": 7}}}}, "lanes.people.before.email.threshold"),
        ({"person": {}}, "lanes.person"),
    ):
        file.write_text(json.dumps({"lanes": wrong}))
        done = run("mail jo@x.com", "--policy", str(file))
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"error: the policy's {said}"), done.stderr
    file.write_text("[")
    assert "is no JSON" in run("mail jo@x.com", "--policy", str(file)).stderr


def test_text_and_lines_exclude_each_other() -> None:
    """Wrong usage is exit code 2."""
    assert run("--jsonl", "a").returncode == run().returncode == 2
