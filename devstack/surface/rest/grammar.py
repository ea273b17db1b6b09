"""Names, select lists, filters, logic trees and orders: one function per rule of the grammar."""

from devstack.surface.rest.scanner import Scanner, Stopped
from devstack.surface.rest.syntax import (
    Field,
    Filter,
    Logic,
    LogicTree,
    Operation,
    OrderTerm,
    SelectEmbed,
    SelectField,
    SelectItem,
    Step,
)

SIMPLE = ("neq", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj")
QUANTIFIED = ("eq", "gte", "gt", "lte", "lt", "like", "ilike", "match", "imatch")
FTS = ("fts", "plfts", "phfts", "wfts")
IS_VALUES = ("not_null", "null", "true", "false", "unknown")
AGGREGATES = ("sum", "avg", "count", "max", "min")
DEPTH = 64
"""How deep embeds and logic trees may nest: more is refused before Python's stack would be."""
_NAME = "field name (* or [a..z0..9_$])"
_OPERATOR = "operator (eq, gt, ...)"


def _is_identifier(char: str) -> bool:
    return char.isalnum() or char in "_ $"


def quoted(scanner: Scanner) -> str:
    """`"text"`, in which a backslash stands before a character that is meant as it is."""
    scanner.expect('"')
    found: list[str] = []
    while not scanner.at_end:
        char = scanner.peek()
        scanner.position += 1
        if char == '"':
            return "".join(found)
        if char == "\\":
            if scanner.at_end:
                break
            char = scanner.peek()
            scanner.position += 1
        found.append(char)
    raise scanner.fail('"\\""')


def identifier(scanner: Scanner, label: str = "letter or digit") -> str:
    """Letters, digits, `_`, `$` and blanks inside."""
    found = scanner.take_while(_is_identifier)
    if not found:
        raise scanner.fail(label)
    return found.strip()


def name(scanner: Scanner) -> str:
    """A name of a column, relation, constraint or alias."""
    if scanner.peek() == '"':
        return quoted(scanner)
    parts = [identifier(scanner, _NAME)]
    while scanner.peek() == "-" and scanner.peek(2) != "->":
        scanner.position += 1
        parts.append(identifier(scanner))
    scanner.hint("letter", "digit", '"-"')
    return "-".join(parts)


def _json_key(scanner: Scanner) -> str:
    label = "any non reserved character different from: .,>()"
    if scanner.peek() == '"':
        return quoted(scanner)
    parts: list[str] = []
    while True:
        part = scanner.take_while(lambda char: char not in "(-:.,>)")
        if not part:
            raise scanner.fail(label)
        parts.append(part.strip())
        if scanner.peek() != "-" or scanner.peek(2) == "->":
            return "-".join(parts)
        scanner.position += 1


def _json_index(scanner: Scanner) -> str:
    sign = "-" if scanner.accept("-") else "+"
    digits = scanner.take_while(lambda char: char in "0123456789")
    if not digits:
        raise scanner.fail("digit")
    if scanner.at_end or scanner.peek() in ".," or scanner.peek(2) in ("->", "::"):
        return sign + digits
    raise scanner.fail("digit", '"->"', '"::"', '"."', '","', "end of input")


def json_path(scanner: Scanner) -> tuple[Step, ...]:
    """Any number of arrows."""
    steps: list[Step] = []
    while scanner.peek(2) == "->":
        as_text = scanner.accept("->>")
        if not as_text:
            scanner.expect("->")
        index = scanner.attempt(lambda: _json_index(scanner))
        steps.append(Step(as_text, index=index) if index is not None else Step(as_text, key=_json_key(scanner)))
    scanner.hint('"->>"', '"->"')
    return tuple(steps)


def field(scanner: Scanner) -> Field:
    """A column with a JSON path."""
    scanner.skip_blanks()
    found = Field(name(scanner), json_path(scanner))
    scanner.skip_blanks()
    return found


def tree_path(scanner: Scanner) -> tuple[tuple[str, ...], Field]:
    """`embed.embed.column->key`: where a filter or an order belongs, and on what."""
    names = [name(scanner)]
    while scanner.accept("."):
        names.append(name(scanner))
    return tuple(names[:-1]), Field(names[-1], json_path(scanner))


def names(scanner: Scanner) -> tuple[str, ...]:
    """Names separated by commas."""
    found = [name(scanner)]
    while True:
        scanner.skip_blanks()
        if not scanner.accept(","):
            return tuple(found)
        scanner.skip_blanks()
        found.append(name(scanner))


def select_list(scanner: Scanner, depth: int = 0) -> tuple[SelectItem, ...]:
    """The items of a select list or of an embed; it may be empty."""
    if depth > DEPTH:
        raise scanner.fail("fewer levels")
    if scanner.at_end or scanner.peek() == ")":
        return ()
    items = [_select_item(scanner, depth)]
    while scanner.accept(","):
        items.append(_select_item(scanner, depth))
    return tuple(items)


def _select_item(scanner: Scanner, depth: int) -> SelectItem:
    scanner.skip_blanks()
    head = scanner.attempt(lambda: _embed_head(scanner))
    if head is None:
        found: SelectItem = _select_field(scanner)
    else:
        scanner.expect("(")
        children = select_list(scanner, depth + 1)
        scanner.expect(")", '")"')
        embed, spread = head
        found = SelectEmbed(embed.name, children, embed.alias, embed.hint, embed.join, spread)
    scanner.skip_blanks()
    return found


def _alias(scanner: Scanner) -> str:
    found = name(scanner)
    if scanner.peek() != ":" or scanner.peek(2) == "::":
        raise scanner.fail('":"')
    scanner.position += 1
    return found


def _embed_head(scanner: Scanner) -> tuple[SelectEmbed, bool]:
    spread = scanner.accept("...")
    if not spread:
        scanner.hint('"..."')
    alias = None if spread else scanner.attempt(lambda: _alias(scanner))
    target = name(scanner)
    if target == "count" and not spread:
        raise scanner.fail('"("')
    hint: str | None = None
    join: str | None = None
    for _ in range(2):
        if not scanner.accept("!"):
            break
        # As PostgREST reads it: a hint that begins with `left` or `inner` is a join followed by something unexpected.
        if scanner.accept("left"):
            join = join or "left"
        elif scanner.accept("inner"):
            join = join or "inner"
        else:
            hint = hint or name(scanner)
    if scanner.peek() != "(":
        raise scanner.fail('"("')
    return SelectEmbed(target, (), alias, hint, join), spread


def _ends(scanner: Scanner) -> None:
    if not scanner.at_end and scanner.peek() not in (")", ","):
        raise scanner.fail('")"', '","', "end of input")


def _select_field(scanner: Scanner) -> SelectField:
    if scanner.accept("*"):
        _ends(scanner)
        return SelectField(Field("*"))
    alias = scanner.attempt(lambda: _alias(scanner))
    if scanner.accept("count()"):
        count_cast = identifier(scanner) if scanner.accept("::") else None
        _ends(scanner)
        return SelectField(Field("*"), alias, None, "count", count_cast)
    if not (scanner.peek() == '"' or _is_identifier(scanner.peek() or "-")):
        raise scanner.fail('"..."', _NAME, '"*"', '"count()"')
    wanted = field(scanner)
    scanner.hint('"::"')
    cast = identifier(scanner) if scanner.accept("::") else None
    scanner.hint('"."')
    aggregate = scanner.attempt(lambda: _aggregate(scanner)) if scanner.peek() == "." else None
    aggregate_cast = identifier(scanner) if aggregate and scanner.accept("::") else None
    _ends(scanner)
    return SelectField(wanted, alias, cast, aggregate, aggregate_cast)


def _aggregate(scanner: Scanner) -> str:
    scanner.expect(".")
    for word in AGGREGATES:
        if scanner.accept(f"{word}()"):
            return word
    raise scanner.fail(*(f'"{word}"' for word in AGGREGATES))


def operation(scanner: Scanner, in_tree: bool = False) -> Operation:
    """`not.operator.value`; inside a logic tree a value ends at a comma or parenthesis."""
    start = scanner.position
    negated = scanner.accept("not.")
    if scanner.accept("in."):
        return Operation("in", "in", negated, values=_list(scanner))
    if scanner.accept("is."):
        return Operation("is", "is", negated, _is_value(scanner))
    if scanner.accept("isdistinct."):
        return Operation("isdistinct", "isdistinct", negated, _value(scanner, in_tree))
    for kind, words in (("fts", FTS), ("simple", SIMPLE), ("quantified", QUANTIFIED)):
        for word in words:
            found = scanner.attempt(lambda kind=kind, word=word: _operator(scanner, kind, word))  # type: ignore[misc]
            if found:
                return Operation(kind, word, negated, _value(scanner, in_tree), (), found[0], found[1])
    scanner.position = start + (len("not.") if negated else 0)
    raise _no_operator(scanner, negated)


def _no_operator(scanner: Scanner, negated: bool) -> Stopped:
    """The error at the furthest place an operator's name leads to."""
    rest = scanner.text[scanner.position :]
    reached = 0
    for word in ("in", "is", "isdistinct", *SIMPLE, *QUANTIFIED, *FTS):
        if rest.startswith(word):
            inside = rest[len(word) + 1 :] if rest[len(word) :].startswith("(") else None
            reach = len(word)
            if inside is not None and word in QUANTIFIED:
                reach += 1 + (3 if inside.startswith(("any", "all")) else 0)
            elif inside is not None and word in FTS:
                reach += 1 + next((n for n, char in enumerate(inside) if not _is_identifier(char)), len(inside))
            reached = max(reached, reach)
    if not negated and reached < len("not") and rest.startswith("not"):
        scanner.position += len("not")
        return scanner.fail("delimiter (.)")
    scanner.position += reached
    return scanner.fail(*([] if negated or reached else ['"not"']), _OPERATOR)


def _operator(scanner: Scanner, kind: str, word: str) -> tuple[str | None, str | None]:
    """The word, what stands in parentheses behind it, and the dot; gives quantifier and language."""
    if not scanner.accept(word):
        raise scanner.fail()
    quantifier = language = None
    if kind == "quantified":
        quantifier = "any" if scanner.accept("(any)") else "all" if scanner.accept("(all)") else None
    elif kind == "fts" and scanner.accept("("):
        language = identifier(scanner)
        scanner.expect(")")
    if not scanner.accept("."):
        raise scanner.fail()
    return quantifier, language


def _is_value(scanner: Scanner) -> str:
    for word in IS_VALUES:
        if scanner.peek(len(word)).lower() == word:
            scanner.position += len(word)
            return word
    scanner.position += scanner.common(IS_VALUES)
    raise scanner.fail("isVal: (null, not_null, true, false, unknown)")


def _value(scanner: Scanner, in_tree: bool) -> str:
    if not in_tree:
        return scanner.take_while(lambda _char: True)
    whole = scanner.attempt(lambda: _whole_quoted(scanner))
    if whole is not None:
        return whole
    array = scanner.attempt(lambda: _array(scanner))
    return array if array is not None else scanner.take_while(lambda char: char not in ",)")


def _whole_quoted(scanner: Scanner) -> str:
    found = quoted(scanner)
    if not scanner.at_end and scanner.peek() not in (",", ")"):
        raise scanner.fail()
    return found


def _array(scanner: Scanner) -> str:
    scanner.expect("{")
    inside = scanner.take_while(lambda char: char not in "{}")
    scanner.expect("}")
    return f"{{{inside}}}"


def _list(scanner: Scanner) -> tuple[str, ...]:
    scanner.skip_blanks()
    scanner.expect("(")
    scanner.skip_blanks()
    found: list[str] = []
    while True:
        whole = scanner.attempt(lambda: _whole_quoted(scanner))
        found.append(whole if whole is not None else scanner.take_while(lambda char: char not in ",)"))
        if not scanner.accept(","):
            break
    scanner.expect(")", '")"')
    scanner.skip_blanks()
    return tuple(found)


def logic_tree(scanner: Scanner, depth: int = 0) -> LogicTree:
    """A condition, or `not.and(...)`."""
    if depth > DEPTH:
        raise scanner.fail("fewer levels")
    condition = scanner.attempt(lambda: _condition(scanner))
    if condition is not None:
        return condition
    negated = scanner.accept("not.")
    op = "and" if scanner.accept("and") else "or" if scanner.accept("or") else ""
    if not op:
        raise scanner.fail(*([] if negated else ["negation operator (not)"]), "logic operator (and, or)")
    scanner.skip_blanks()
    scanner.expect("(")
    children: list[LogicTree] = []
    while True:
        scanner.skip_blanks()
        children.append(logic_tree(scanner, depth + 1))
        scanner.skip_blanks()
        if not scanner.accept(","):
            break
    scanner.expect(")", '")"')
    scanner.skip_blanks()
    return Logic(op, negated, tuple(children))


def _condition(scanner: Scanner) -> Filter:
    on = field(scanner)
    scanner.expect(".", "delimiter (.)")
    return Filter(on, operation(scanner, in_tree=True))


def order_list(scanner: Scanner) -> tuple[OrderTerm, ...]:
    """Order terms separated by commas."""
    terms: list[OrderTerm] = []
    while True:
        scanner.skip_blanks()
        terms.append(_order_term(scanner))
        scanner.skip_blanks()
        if not scanner.accept(","):
            return tuple(terms)


def _related(scanner: Scanner) -> tuple[str, Field]:
    relation = name(scanner)
    scanner.expect("(")
    on = field(scanner)
    scanner.expect(")")
    return relation, on


def _order_term(scanner: Scanner) -> OrderTerm:
    related = scanner.attempt(lambda: _related(scanner))
    relation, on = related if related else (None, field(scanner))
    direction = next((word for word in ("asc", "desc") if scanner.accept(f".{word}")), None)
    nulls = next((word for word in ("nullsfirst", "nullslast") if scanner.accept(f".{word}")), None)
    scanner.skip_blanks()
    if not scanner.at_end and scanner.peek() != ",":
        if scanner.accept(".") and not nulls:
            raise scanner.fail(*(() if direction else ('"asc"', '"desc"')), '"nullsfirst"', '"nullslast"')
        raise scanner.fail("delimiter (.)", '","', "end of input")
    return OrderTerm(on, direction, nulls, relation)
