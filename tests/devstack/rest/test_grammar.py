"""The query string as a language: what its texts mean, and that no text breaks its reader."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devstack.surface.rest.errors import Problem
from devstack.surface.rest.parse import parse
from devstack.surface.rest.syntax import (
    Field,
    Filter,
    Logic,
    Operation,
    OrderTerm,
    Range,
    SelectEmbed,
    SelectField,
    Step,
)


def read(text: str, **options: Any) -> Any:
    """Parse an unencoded query string."""
    return parse(quote(text, safe="=&").encode(), **options)


def plain(name: str) -> SelectField:
    return SelectField(Field(name))


SELECTS: dict[str, tuple[Any, ...]] = {
    "*": (plain("*"),),
    "": (),
    "a,b": (plain("a"), plain("b")),
    " a , b ": (plain("a"), plain("b")),
    "x:a::text": (SelectField(Field("a"), "x", "text"),),
    "a::double precision": (SelectField(Field("a"), None, "double precision"),),
    '"a,b","c""d"'.replace('""', '\\"'): (plain("a,b"), plain('c"d')),
    "with space,da-sh,$": (plain("with space"), plain("da-sh"), plain("$")),
    "d->a->>b": (SelectField(Field("d", (Step(False, "a"), Step(True, "b")))),),
    "d->0->>-1": (SelectField(Field("d", (Step(False, index="+0"), Step(True, index="-1")))),),
    "d->1a": (SelectField(Field("d", (Step(False, "1a"),))),),
    'd->>"x.y,z"': (SelectField(Field("d", (Step(True, "x.y,z"),))),),
    "a.sum()": (SelectField(Field("a"), aggregate="sum"),),
    "n:a::int.avg()::text": (SelectField(Field("a"), "n", "int", "avg", "text"),),
    "count()": (SelectField(Field("*"), aggregate="count"),),
    "r(a)": (SelectEmbed("r", (plain("a"),)),),
    "r()": (SelectEmbed("r", ()),),
    "x:r!h!inner(a,s(*))": (SelectEmbed("r", (plain("a"), SelectEmbed("s", (plain("*"),))), "x", "h", "inner"),),
    "r!left!h(a)": (SelectEmbed("r", (plain("a"),), None, "h", "left"),),
    "...r!h(x:a)": (SelectEmbed("r", (SelectField(Field("a"), "x"),), hint="h", spread=True),),
}

CONDITIONS: dict[str, Operation] = {
    "eq.a.b,c": Operation("quantified", "eq", value="a.b,c"),
    "not.eq.1": Operation("quantified", "eq", True, "1"),
    "eq.": Operation("quantified", "eq"),
    "like(any).{a,b}": Operation("quantified", "like", value="{a,b}", quantifier="any"),
    "not.gte(all).{1}": Operation("quantified", "gte", True, "{1}", quantifier="all"),
    'in.(1,"a,b", c ,"x\\"y")': Operation("in", "in", values=("1", "a,b", " c ", 'x"y')),
    "in.()": Operation("in", "in", values=("",)),
    "is.NULL": Operation("is", "is", value="null"),
    "not.is.not_null": Operation("is", "is", True, "not_null"),
    "isdistinct.x": Operation("isdistinct", "isdistinct", value="x"),
    "fts.a | b": Operation("fts", "fts", value="a | b"),
    "not.wfts(simple).a": Operation("fts", "wfts", True, "a", language="simple"),
    "neq.1": Operation("simple", "neq", value="1"),
}


def test_select_lists_are_read() -> None:
    """Names, aliases, casts, JSON paths, aggregates and embeds."""
    for text, wanted in SELECTS.items():
        assert read(f"select={text}").select == wanted, text


def test_conditions_are_read() -> None:
    """Operators with negation, quantifier, language, lists and quotes."""
    for text, wanted in CONDITIONS.items():
        assert read(f"a={text}").filters == (((), Filter(Field("a"), wanted)),), text


def test_parameters_belong_to_the_resource_their_path_names() -> None:
    """Filters, logic, orders, limits and offsets of embeds."""
    found = read("r.s.a->>b=eq.1&r.order=a.desc.nullslast&r.limit=3&r.offset=4&r.not.or=(a.is.null)&limit=5&x(y)=eq.1")
    assert found.filters[0] == (
        ("r", "s"),
        Filter(Field("a", (Step(True, "b"),)), Operation("quantified", "eq", value="1")),
    )
    assert found.order == ((("r",), (OrderTerm(Field("a"), "desc", "nullslast"),)),)
    assert found.ranges == {("r",): Range(4, 3), (): Range(0, 5)}
    assert found.logic == ((("r",), Logic("or", True, (Filter(Field("a"), Operation("is", "is", value="null")),))),)
    assert read("order=r(a->b).asc,c").order[0][1] == (
        OrderTerm(Field("a", (Step(False, "b"),)), "asc", None, "r"),
        OrderTerm(Field("c")),
    )


def test_values_in_a_logic_tree_end_at_commas_unless_they_are_quoted() -> None:
    """Quotes and braces keep commas and parentheses together."""
    tree = read('or=(a.eq."x,(y)",b.cs.{1,2},c.in.("d,e",f),not.and(g.eq.1,h.not.is.true))').logic[0][1]
    values = [child.operation.value or child.operation.values for child in tree.children[:3]]
    assert values == ["x,(y)", "{1,2}", ("d,e", "f")]
    assert tree.children[3].negated
    assert tree.children[3].children[1].operation == Operation("is", "is", True, "true")


def test_arguments_of_a_function_are_what_is_no_filter() -> None:
    """By GET an argument and a filter differ by whether the value begins with an operator."""
    found = read("a=1&b=eq.2&c=x.y&d.e=eq.3&select=z&d=not.in.(1)", is_call=True)
    assert found.params == (("a", "1"), ("c", "x.y"))
    assert [(*path, one.field.name) for path, one in found.filters] == [("b",), ("d", "e"), ("d",)]


def test_the_canonical_query_is_sorted() -> None:
    """As Content-Location gives it."""
    assert read("b=eq.1&a=eq.x y").canonical == "a=eq.x%20y&b=eq.1"


MISTAKES: dict[str, tuple[int, str]] = {
    "select=a,": (3, 'unexpected end of input expecting "...", field name (* or [a..z0..9_$]), "*" or "count()"'),
    "select=id,r(name[])": (
        10,
        """unexpected '[' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input""",
    ),
    "select=a::": (4, "unexpected end of input expecting letter or digit"),
    "select=a!h": (
        2,
        """unexpected '!' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input""",
    ),
    "select=a.foo()": (3, 'unexpected "f" expecting "sum", "avg", "count", "max" or "min"'),
    "a=foo.1": (1, 'unexpected "f" expecting "not" or operator (eq, gt, ...)'),
    "a=": (1, 'unexpected end of input expecting "not" or operator (eq, gt, ...)'),
    "a=eq().1": (4, 'unexpected ")" expecting operator (eq, gt, ...)'),
    "a=is().1": (3, 'unexpected "(" expecting operator (eq, gt, ...)'),
    "a=fts().1": (5, 'unexpected ")" expecting operator (eq, gt, ...)'),
    "a=eqq.1": (3, 'unexpected "q" expecting operator (eq, gt, ...)'),
    "a=not.x": (5, 'unexpected "x" expecting operator (eq, gt, ...)'),
    "a=is.nope": (6, 'unexpected "p" expecting isVal: (null, not_null, true, false, unknown)'),
    "a=in.1": (4, 'unexpected "1" expecting "("'),
    "order=a.up": (3, 'unexpected "u" expecting "asc", "desc", "nullsfirst" or "nullslast"'),
    "order=id.ac": (4, 'unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast"'),
    "order=id.asc.nlsfst": (8, 'unexpected "l" expecting "nullsfirst" or "nullslast"'),
    "order=id.descc": (8, """unexpected 'c' expecting delimiter (.), "," or end of input"""),
    "order=clients(name,id)": (
        8,
        """unexpected '(' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input""",
    ),
    "or=()": (
        4,
        'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)',
    ),
    "or=(id.in.1,2,id.eq.3)": (10, 'unexpected "1" expecting "("'),
    "or=(id=1)": (6, 'unexpected "=" expecting letter, digit, "-", "->>", "->" or delimiter (.)'),
    "and=(or=(name.ilike.x))": (7, 'unexpected "=" expecting "("'),
    "or=)(": (3, 'unexpected ")" expecting "("'),
    "or=(id.eq.1,not.xor(id.eq.2,id.eq.3))": (16, 'unexpected "x" expecting logic operator (and, or)'),
}


@pytest.mark.parametrize(("text", "column", "details"), [(text, *wanted) for text, wanted in MISTAKES.items()])
def test_a_mistake_is_named_where_it_stands(text: str, column: int, details: str) -> None:
    """Column and expectation of PostgREST's own messages."""
    with pytest.raises(Problem) as caught:
        read(text)
    assert (caught.value.code, caught.value.details) == ("PGRST100", details)
    assert caught.value.message.endswith(f"(line 1, column {column})")


def test_endless_nesting_is_refused() -> None:
    """Embeds and logic trees may be deep, but not as deep as Python's stack."""
    for text in ("select=" + "a(" * 5000, "or=" + "(and" * 5000 + "(a.eq.1)" + ")" * 5000, "select=" + "...a(" * 3000):
        with pytest.raises(Problem) as caught:
            read(text)
        assert caught.value.status == 400


PIECES = st.sampled_from([
    "select", "order", "limit", "offset", "or", "and", "not", "columns", "on_conflict", "id", "name", "projects", "clients", "eq", "in", "is",
    "fts", "null", "any", "asc", "nullslast", "inner", ".", ",", "(", ")", ":", "::", "!", "->", "->>", "*", "...", "=", "&", ";", '"', "\\", "{",
    "}", "-", "+", " ", "%", "%25", "%00", "1", "'", "ü", "count()", ".sum()",
])  # fmt: skip


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=24).map("".join), st.booleans())
def test_no_query_string_breaks_the_parser(text: str, is_call: bool) -> None:
    """Every text is a query or a named mistake."""
    try:
        parse(text.encode(), is_call=is_call)
    except Problem as problem:
        assert problem.status in (400, 416)


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_no_bytes_break_the_parser(raw: bytes) -> None:
    """Not even those that are no text."""
    try:
        parse(raw)
    except Problem as problem:
        assert problem.status in (400, 416)
