"""What a policy document may say: the cases of documents.json, which the database is tried with, too."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.errors import BadInput
from app.moderation import judge, policy_of
from app.moderation.documents import TEMPLATES, check, template

CASES = json.loads((Path(__file__).parent / "documents.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_document_is_taken_or_the_field_is_named(case: dict[str, Any]) -> None:
    """What is wrong is named by its path, with a remedy; what is right is taken."""
    if "field" not in case:
        check(case["document"])
        return
    with pytest.raises(BadInput) as refused:
        check(case["document"])
    assert (refused.value.code, refused.value.field) == ("bad_policy", case["field"])
    assert refused.value.remedy


def test_a_document_that_is_too_long() -> None:
    """Its lists have an end each, and all together, too."""
    with pytest.raises(BadInput, match="100,000"):
        check({"lanes": {"people": {}}, "allowed_values": ["x" * 200 for _ in range(500)]})


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_are_documents(name: str) -> None:
    """Each can be put as it is."""
    assert check(template(name)).lanes


def test_templates_say_what_they_are_called_after() -> None:
    """The marketplace masks a phone number before and shows it after, the strict one stops it, the open one lets it by."""
    said = {}
    for name in TEMPLATES:
        for stage in ("before", "after"):
            policy = policy_of(template(name), "people", stage)
            assert policy
            said[name, stage] = judge("call me at 650-253-0000", region="US", policy=policy).decision
    assert said == {
        ("marketplace", "before"): "filtered", ("marketplace", "after"): "approved",
        ("off-platform-strict", "before"): "blocked", ("off-platform-strict", "after"): "filtered",
        ("open", "before"): "approved", ("open", "after"): "approved",
    }  # fmt: skip


def test_there_is_no_other_template() -> None:
    """A name that is none is refused with those there are."""
    with pytest.raises(BadInput, match="marketplace"):
        template("../weights/spam")
