"""`parley moderate`: lines in, verdicts out."""

import json
import subprocess
import sys


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


def test_a_line_that_is_no_message_is_named() -> None:
    """The number of the line and what is expected, not a traceback."""
    done = run("--jsonl", stdin='{"text": "a"}\n{"txt": "b"}\n')
    assert done.returncode == 1
    assert done.stderr.startswith("error: line 2 of stdin is no message")
    assert len(done.stdout.splitlines()) == 1


def test_text_and_lines_exclude_each_other() -> None:
    """Wrong usage is exit code 2."""
    assert run("--jsonl", "a").returncode == run().returncode == 2
