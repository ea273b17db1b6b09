"""The page of proofs names tests that exist."""

import re

from app.settings import PROJECT

PAGE = PROJECT / "docs" / "desk-proofs.md"
SUITES = PROJECT / "tests" / "browser" / "js" / "desk"
UNIT = PROJECT / "dashboard" / "test"


def test_every_proof_is_a_test() -> None:
    """Each row leads to a suite, and to a test of that name in it."""
    rows = re.findall(r"^\| [^|]+ \| (\w+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    proofs = [row for row in rows if row[0] != "suite"]
    assert len(proofs) > 30
    assert [row for row in proofs if not exists(*row)] == []


def exists(suite: str, name: str) -> bool:
    """Whether the suite has a test of this name; parts that differ by the size of the page are left out."""
    if suite == "unit":
        return (UNIT / name).exists()
    text = (SUITES / f"{suite}.test.mjs").read_text()
    return f"it('{name}'" in text or f"it(`{re.sub(r' (at the desk|on a phone)$', ' ${size}', name)}`" in text
