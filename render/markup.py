"""What pages are written with, wherever it is written: numbers bound to their place, bodies set in."""

from __future__ import annotations

import re

_MATRIX = re.compile(r'<table class="matrix".*?</table>', re.DOTALL)
_END = re.compile(r"</(?:td|th|tr|thead|tbody)>")
_TINT = re.compile(r'<td class="(\w+)"')
# Which open elements an element ends by its beginning: HTML lets their end tags be left out.
ENDS = {"td": {"td", "th"}, "th": {"td", "th"}, "tr": {"td", "th", "tr"}}
ENDS["tbody"] = ENDS["tr"] | {"thead", "tbody"}


def place(index: tuple[int, ...]) -> str:
    """The attribute that names a cell; none for a single number."""
    return f' data-index="{",".join(map(str, index))}"' if index else ""


def of_run(run: str) -> str:
    """The attribute that names the run that a number is of; none for the walk's step."""
    return f' data-ledger="{run}"' if run else ""


def number(text: str, name: str, index: tuple[int, ...] = (), ledger: str = "") -> str:
    """A number in a sentence, bound to its entry and cell, and to the ledger of another run where it is of one."""
    return f'<span class="n" data-ref="{name}"{place(index)}{of_run(ledger)}>{text}</span>'


def leaner(html: str) -> str:
    """The page with its matrices' end tags and quotes left out where HTML does not ask for them: a twentieth of the
    bytes of a page of matrices."""
    return _MATRIX.sub(lambda matrix: _TINT.sub(r"<td class=\1", _END.sub("", matrix[0])), html)


def indented(text: str) -> str:
    """The body of a folded note or of a tab."""
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
