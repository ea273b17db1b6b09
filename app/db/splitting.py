"""Cutting a SQL file into statements, as the Supabase CLI records them."""

import re

_TOKEN = re.compile(
    r"""
      (?P<skip>
        --[^\n]*                                   # line comment
      | '(?:[^']|'')*'                             # string (a backslash is an ordinary character in it)
      | "(?:[^"]|"")*"                             # quoted identifier
      )
    | (?P<escape>\b[eE]'(?:[^'\\]|''|\\.)*')       # E'…' string: a backslash escapes
    | (?P<dollar>\$(?:[A-Za-z_\x80-\uffff][A-Za-z0-9_\x80-\uffff]*)?\$)
    | (?P<block>/\*)
    | (?P<word>[A-Za-z_][A-Za-z0-9_$]*)
    | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)


def split_statements(sql: str) -> list[str]:
    """The statements of `sql` in order, without their final semicolon, comments kept, nothing empty.

    Knows strings, quoted names, nested comments, dollar quotes, and `begin atomic … end` bodies with `case … end` in
    them.
    """
    statements: list[str] = []
    start = at = 0
    depth, previous = 0, ""
    while match := _TOKEN.search(sql, at):
        at = match.end()
        if match["dollar"]:
            at = _after(sql, match["dollar"], at)
        elif match["block"]:
            at = _after_comment(sql, at)
        elif match["word"]:
            word = match["word"].lower()
            if depth == 0 and word == "atomic" and previous == "begin":
                depth = 1
            elif depth and word == "case":
                depth += 1
            elif depth and word == "end":
                depth -= 1
            previous = word
        elif match["end"] and depth == 0:
            statements.append(sql[start : match.start()])
            start, previous = at, ""
    statements.append(sql[start:])
    return [statement.strip() for statement in statements if _says_something(statement)]


def _after(sql: str, quote: str, at: int) -> int:
    end = sql.find(quote, at)
    return len(sql) if end < 0 else end + len(quote)


def _after_comment(sql: str, at: int) -> int:
    depth = 1
    while depth:
        match = re.compile(r"/\*|\*/").search(sql, at)
        if match is None:
            return len(sql)
        depth += 1 if match[0] == "/*" else -1
        at = match.end()
    return at


def _says_something(statement: str) -> bool:
    return bool(re.sub(r"--[^\n]*|/\*.*?\*/|\s", "", statement, flags=re.DOTALL))
