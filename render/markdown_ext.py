"""A Python-Markdown extension that draws formulas, matrices and worked equations.

Inline by default, so that any tool that runs Python-Markdown builds the whole page. With `defer: true` it
leaves placeholders, whose sources are attributes, for `expand` to draw. The hook of mkdocs does that after
the search index is built: parsing digits and KaTeX's markup for the index would take most of the build.
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor

from render.fences import DRAW, placeholder
from render.katex import Formula, Katex
from render.parts import parted
from render.says import spoken

# What pymdownx.arithmatex (generic) makes of $...$ and $$...$$.
_INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.S)
_DISPLAY = re.compile(r'<div class="arithmatex">\\\[(.*?)\\\]</div>', re.S)
# A number of the ledger in a sentence. It holds no markup of its own.
_NUMBER = re.compile(r'<span class="n"[^<>]*>[^<>]*</span>')
# Code, whose names would crowd the search's results.
_LISTING = re.compile(r'<div class="(?:language-\w+ )?highlight">.*?</div>', re.S)
# A browser may break a line on either side of a formula, also before a comma; so the signs next to it are seen too.
_LATER = re.compile(
    r"(?P<before>[(“‘]?)"
    r'<(?P<tag>span|div) class="later" data-later="(?P<kind>\w+)" data-source="(?P<source>[^"]*)">[^<]*</(?P=tag)>'
    r"(?P<after>[,.;:?!)”’]*)"
)


# Boxes of the theme that scroll sideways where they are too wide: a keyboard must be able to come there.
_CODE = re.compile(r"(<pre[^>]*>(?:<span></span>)?)<code>(.*?)</code>", re.S)
_COMMAND = re.compile(r"(?<!<pre>)(?<!<span></span>)<code>(?=[^<>]* )([^<>]{,32})</code>")  # in one line of a sentence
_EMPTY_HEADER = re.compile(r"<th(?: style=\"[^\"]*\")?></th>")
_MARKUP = re.compile(r'<span class="katex-mathml">.*?</math></span>|<[^>]*>', re.S)
PHONE_CODE, PHONE_SIGNS = 36, 25  # what is sure to fit in a line of a phone
SHORT_SIGNS = 14  # a formula that keeps the sign before or behind it, a comma say, in its own line


@cache
def drawer() -> Katex:
    """The one KaTeX of this process; it starts node only when a formula is new."""
    return Katex()


def _put_off(html: str) -> str:
    """Formulas, numbers and code as placeholders; in the search an ellipsis stands for what is in a sentence."""
    html = _INLINE.sub(lambda m: placeholder("inline", unescape(m[1]), "span", "…"), html)
    html = _DISPLAY.sub(lambda m: placeholder("display", unescape(m[1]), "div"), html)
    html = _LISTING.sub(lambda m: placeholder("drawn", m[0]), html)
    return _NUMBER.sub(lambda m: placeholder("drawn", m[0], "span", "…"), html)


def _reachable(html: str) -> str:
    """Wide code and plain tables take the keyboard's focus, empty header cells are empty cells, commands stay whole."""

    def code(m: re.Match[str]) -> str:
        width = max(map(len, unescape(_MARKUP.sub("", m[2])).splitlines() or [""]))
        return m[0] if width <= PHONE_CODE else f'{m[1]}<code tabindex="0">{m[2]}</code>'

    html = _EMPTY_HEADER.sub("<td></td>", _CODE.sub(code, _COMMAND.sub(r'<code class="whole">\1</code>', html)))
    return html.replace("<table>", '<table tabindex="0">')


def expand(html: str) -> str:
    """Draw every placeholder. Raises FenceError or FormulaError."""
    found = [(m["kind"], unescape(m["source"])) for m in _LATER.finditer(html)]
    formulas = {Formula(source.strip(), kind == "display") for kind, source in found if kind in ("inline", "display")}
    ordered = sorted(formulas)
    drawn = dict(zip(ordered, drawer().draw(ordered), strict=True)) if ordered else {}
    results = iter(found)

    def draw(m: re.Match[str]) -> str:
        kind, source = next(results)
        before, after = m["before"], m["after"]
        if kind == "drawn":
            return before + source + after
        if kind == "inline":
            formula = f'<span class="arithmatex">{drawn[Formula(source.strip(), False)]}</span>'
            signed = before + formula + after
            kept = signed != formula and len(unescape(_MARKUP.sub("", formula))) <= SHORT_SIGNS
            return f'<span class="whole">{signed}</span>' if kept else signed
        if kind == "display":
            formula = drawn[Formula(source.strip(), True)]
            wide = len(unescape(_MARKUP.sub("", formula))) > PHONE_SIGNS
            focus = ' tabindex="0" role="group" aria-label="formula"' if wide else ""
            return f'{before}<div class="arithmatex"{focus}>{formula}</div>{after}'
        return before + DRAW[kind](source) + after

    return _LATER.sub(draw, html)


class _Draw(Postprocessor):
    def __init__(self, md: Markdown, defer: bool) -> None:
        super().__init__(md)
        self.defer = defer

    def run(self, text: str) -> str:
        text = parted(_put_off(_reachable(spoken(text))))
        return text if self.defer else expand(text)


class DrawExtension(Extension):
    """See the module's own words."""

    def __init__(self, **options: Any) -> None:
        self.config = {"defer": [False, "Leave placeholders for `expand` to draw"]}
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        defer = bool(self.getConfig("defer"))
        md.draws_later = True  # read by the fences' formatters: in either case all is drawn in `expand`
        # After raw HTML is put back (30), so that numbers in sentences are seen too.
        md.postprocessors.register(_Draw(md, defer), "every-number", -10)


def makeExtension(**options: Any) -> DrawExtension:
    """The entry point that Python-Markdown looks for."""
    return DrawExtension(**options)
