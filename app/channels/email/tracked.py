"""The HTML side of a mail whose opens and clicks a tenant chose to know: the same words, links that lead by way of us.

The text side keeps its addresses as they were written. Without tracking a mail has no HTML side at all.
"""

import html
import re

from app.domain.channels import Links

_URL = re.compile(r"https?://[^\s<>\"]+")


def tracked_html(text: str, links: Links) -> str | None:
    """`text` as HTML with every link of `links` in its place and the picture at the end; None where nothing is
    tracked."""
    if not links.open and not links.clicks:
        return None
    pieces: list[str] = []
    at = 0
    for match in _URL.finditer(text):
        shown = _known(match[0], links)
        if shown is None:
            continue
        pieces += [html.escape(text[at : match.start()]), _anchor(shown, links.clicks[shown])]
        at = match.start() + len(shown)
    pieces.append(html.escape(text[at:]))
    body = "".join(pieces).replace("\n", "<br>\n")
    picture = f'<img src="{html.escape(links.open)}" width="1" height="1" alt="">' if links.open else ""
    return f'<!doctype html>\n<html><body style="font-family:sans-serif">\n{body}\n{picture}</body></html>\n'


def _known(written: str, links: Links) -> str | None:
    """The longest address of `links` that `written` starts with: punctuation behind it is not part of it."""
    return max((one for one in links.clicks if written.startswith(one)), key=len, default=None)


def _anchor(shown: str, leads_to: str) -> str:
    return f'<a href="{html.escape(leads_to)}">{html.escape(shown)}</a>'
