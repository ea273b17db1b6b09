"""The conversation with a virus scanner, over real sockets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import SetupError
from app.scanning import clamd
from app.scanning.clamd import Clamd, ScannerAwayError, create_scanner, verdict
from tests.support.clamd import EICAR, FakeClamd


@pytest.mark.parametrize("where", ["tcp", "unix"])
async def test_clean_and_infected_files_are_told_apart(where: str, tmp_path: Path) -> None:
    """EICAR is found wherever it lies, over TCP and over a Unix socket; every byte arrives."""
    with FakeClamd(tmp_path / "clamd.ctl" if where == "unix" else None) as server:
        scanner = Clamd(server.address)
        assert await scanner.scan(b"hello") is None
        assert await scanner.scan(b"") is None
        assert await scanner.scan(b"x" * 200_000 + EICAR) == "Win.Test.EICAR_HDB-1"
        assert server.scanned == [5, 0, 200_000 + len(EICAR)]


@pytest.mark.parametrize(
    ("break_it", "says"),
    [(lambda server: setattr(server, "mode", "drop"), "without an answer|ConnectionReset|BrokenPipe"),
     (lambda server: setattr(server, "mode", "error"), "Can't allocate memory"),
     (lambda server: setattr(server, "mode", "hang"), "TimeoutError"),
     (lambda server: setattr(server, "most", 10), "size limit exceeded|ConnectionReset"), (FakeClamd.stop, "ConnectionRefused")],
    ids=["drop", "error", "hang", "limit", "down"],
)  # fmt: skip
async def test_no_verdict_is_never_a_clean_one(
    break_it: Callable[[FakeClamd], None], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong is said to have gone wrong."""
    monkeypatch.setattr(clamd, "ANSWER_S", 0.5)
    with FakeClamd() as server:
        break_it(server)
        with pytest.raises(ScannerAwayError, match=says):
            await Clamd(server.address).scan(EICAR * 3000)


@pytest.mark.parametrize("answer", [b"", b"stream: OK FOUND OK", b"OK", b"FOUND", b"stream: ", b"stream: x", b"\xff\0"])
def test_only_two_answers_count(answer: bytes) -> None:
    """Anything that is not clamd's word for it is no verdict."""
    with pytest.raises(ScannerAwayError):
        verdict(answer)


@pytest.mark.parametrize("address", ["localhost", ":3310", "host:", "host:x", "run/clamd.ctl"])
def test_an_address_that_is_none_is_refused_at_start(address: str) -> None:
    """The worker does not start without the scanner it was told to ask."""
    with pytest.raises(SetupError, match="PARLEY_CLAMD_ADDRESS"):
        create_scanner(address)
    assert create_scanner("") is None
