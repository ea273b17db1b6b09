"""The small parts on their own: preferences, ranges, media types, suggestions, views."""

import pytest

from devstack.surface.rest import media, preferences, ranges
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
