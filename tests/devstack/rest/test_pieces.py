"""The small parts on their own: preferences, ranges, media types, suggestions, views."""

import json
from typing import Any

import pytest

from devstack.surface.rest import answer, errors, media, preferences, ranges
from devstack.surface.rest.errors import Problem
from devstack.surface.rest.fragments import array_literal, quote
from devstack.surface.rest.fuzzy import CLOSE, nearest
from devstack.surface.rest.syntax import Range


def test_of_two_preferences_for_one_thing_the_first_counts() -> None:
    """Several headers are one list; what nobody knows is kept for `handling=strict`."""
    found = preferences.read(["return=minimal, count=exact", "return=representation,foo, max-affected=3"], frozenset())
    assert (found.representation, found.count, found.max_affected, found.invalid) == ("minimal", "exact", 3, ("foo",))
    assert found.applied("return", "count") == "return=minimal, count=exact"
    assert found.applied("max-affected") is None


@pytest.mark.parametrize(("header", "asked", "wanted"), [
    (None, Range(2, 3), Range(2, 3)), ("0-1", Range(), Range(0, 2)), ("5-", Range(), Range(5, None)), ("0-9", Range(0, 3), Range(0, 3)),
    ("items=2-4", Range(), Range(2, 3)), ("0-1", Range(0, 0), Range(0, 0)), ("bytes", Range(1, 1), Range(1, 1)), ("1-5", Range(3, 10), Range(3, 3)),
])  # fmt: skip
def test_a_range_header_narrows_what_was_asked(header: str | None, asked: Range, wanted: Range) -> None:
    """Header and parameters are taken together; an odd header is no range."""
    assert ranges.top_range(header, asked) == wanted


def test_impossible_ranges_are_refused() -> None:
    """The end before the beginning, and nothing in common."""
    for header, asked in (("5-2", Range()), ("0-1", Range(5, 2))):
        with pytest.raises(Problem) as caught:
            ranges.top_range(header, asked)
        assert (caught.value.status, caught.value.code) == (416, "PGRST103")


@pytest.mark.parametrize(("header", "wanted"), [
    (None, media.JSON), ("*/*", media.JSON), ("text/csv", media.CSV), ("text/html;q=0.1, text/csv;q=0.5, application/json", media.JSON),
    ("application/vnd.pgrst.object+json", media.OBJECT), ("application/vnd.pgrst.object+json;nulls=stripped", media.STRIPPED_OBJECT),
    ("application/vnd.pgrst.array+json; nulls=stripped", media.STRIPPED), ("text/html, */*", media.JSON),
])  # fmt: skip
def test_the_most_wanted_form_there_is_is_taken(header: str | None, wanted: str) -> None:
    """By quality, then by order."""
    assert media.choose(media.accepted(header)) == wanted


def test_suggestions_are_near_and_not_far() -> None:
    """A typing mistake finds the name; another word finds nothing."""
    names = ["films", "directors", "roles", "actors"]
    assert nearest(names, "film") == (pytest.approx(0.8), "films")
    assert nearest(names, "Films") == (1.0, "films")
    assert nearest(names, "noclosealternative") is None
    assert nearest(["(name, param, val)", "(attr, id)"], "(attrs, id)") == (pytest.approx(10 / 11), "(attr, id)")
    assert nearest([], "x") is None
    assert nearest(["notes"], "nope", CLOSE) is None
    assert nearest(["clients"], "client", CLOSE)


def test_names_and_lists_are_quoted_whole() -> None:
    """Quotes, percent signs and backslashes cannot end what they stand in."""
    assert quote('a"b%c') == '"a""b%%c"'
    assert array_literal(['a"b', "c\\d", "", "{,}"]) == '{"a\\"b","c\\\\d","","{,}"}'


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("X-Pot", "tea", [(b"x-pot", b"tea")]), ("X-Pot", "Zoë €", [(b"x-pot", "Zoë €".encode())]),
        ("X-Pot", "a\r\nX-Evil: 1", None), ("X-Pot\r\nX-Evil", "1", None), ("X-Pot", "\0", None), ("X Pot", "1", None),
        ("X-Pot:", "1", None), ("", "1", None), ("Content-Length", "5", []), ("transfer-encoding", "chunked", []),
    ],
)  # fmt: skip
def test_a_header_from_sql_is_one_header_and_ends_no_answer(name: str, value: str, sent: list[Any] | None) -> None:
    """Of `response.headers` and of a raised error: what is none is refused, and where an answer ends is ours to say."""
    assert errors.headers_of([(name, value)]) == sent
    detail = json.dumps({"status": 400, "headers": {name: value}})
    raised = errors._raised('{"code": "1", "message": "m"}', detail)
    assert (raised.code, raised.headers) == (("PGRST121", []) if sent is None else ("1", sent))
    if sent is None:
        with pytest.raises(errors.Problem, match=r"response\.headers guc"):
            answer._own_headers(json.dumps([{name: value}]))


@pytest.mark.parametrize("status", ["99", "100", "101", "600", "799", "9999", "-1", "²00", "٢٠٠", "tea", ""])
def test_a_status_from_sql_is_one_that_can_be_sent(status: str) -> None:
    """PGRST112, and 500 for PTxyz, instead of a connection that breaks off."""
    with pytest.raises(errors.Problem) as refused:
        answer._own_status(status, 200)
    assert refused.value.code == "PGRST112"
    assert errors._status(f"PT{status}", "", has_token=True) == 500
    raised = errors._raised('{"code": "1", "message": "m"}', f'{{"status": {status or "true"}, "headers": {{}}}}')
    assert raised.code == "PGRST121"
    assert (answer._own_status("418 I am one", 200), errors._status("PT402", "", has_token=True)) == (418, 402)
