"""The fence `facts`: what is known of one thing, as a list of labels with their values.

    ~~~facts
    Made by: [`dot`](../#dot), sum of products
    Code: `calc/attention.py`, line 28
        scores = led.put("scores", "S", "H T S", "dot", q, k)
    ~~~

A value is plain text with links and `code`. Lines that are set in by four spaces belong to the fact above them and are
code, character by character. A link leads where it says from the built page, since no Markdown is read here: a page of
twenty entries with a hundred links takes a tenth of the time that it would take as Markdown.
"""

from __future__ import annotations

import re
from html import escape

from pymdownx.superfences import SuperFencesException

_PIECE = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<link>[^)\s]+)\)|`(?P<code>[^`]+)`")
_LABEL = re.compile(r"([^\s:`\[][^:`\[]*): (\S.*)")
CODE = "    "
NARROW = 34  # letters of code that fit in a line of a phone; a longer name may break behind its dots


class FactsError(SuperFencesException):
    """A line is neither a fact nor code below one. (superfences swallows any other exception.)"""


def draw_facts(source: str) -> str:
    """The text of a facts fence as a description list."""
    html: list[str] = []
    code: list[str] = []
    for line in [*source.strip("\n").splitlines(), ""]:
        if line.startswith(CODE) and html:
            code.append(line.removeprefix(CODE))
            continue
        if code:
            # No <pre>: the theme would hang a button on each.
            html[-1] += f'<code class="lines" tabindex="0">{escape(chr(10).join(code))}</code>'
            code = []
        if not line:
            continue
        fact = _LABEL.fullmatch(line)
        if not fact:
            raise FactsError(f"facts: {line!r} is no line `Label: value`")
        html.append(f"<dt>{escape(fact[1])}</dt><dd>{_inline(fact[2])}")
    if not html:
        raise FactsError("facts: no lines")
    return '<dl class="facts">' + "".join(f"<div>{fact}</dd></div>" for fact in html) + "</dl>"


def _inline(text: str) -> str:
    """Plain text with links and code as HTML."""
    parts, at = [], 0
    for piece in _PIECE.finditer(text):
        parts.append(escape(text[at : piece.start()]))
        if piece["link"]:
            text_of = _inline(piece["text"]) if "`" in piece["text"] else _name(piece["text"])
            parts.append(f'<a href="{escape(piece["link"])}">{text_of}</a>')
        else:
            parts.append(f"<code>{_name(piece['code'])}</code>")
        at = piece.end()
    return "".join([*parts, escape(text[at:])])


def _name(text: str) -> str:
    """A name or a few words as HTML."""
    return escape(text) if len(text) <= NARROW or " " in text else escape(text).replace(".", ".<wbr>")
