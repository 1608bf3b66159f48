"""What stands on a page, counted from its Markdown: bound numbers, and worked lines."""

from __future__ import annotations

import re
from typing import NamedTuple

FENCE = re.compile(r"^ *~~~(matrix|worked)\n(.*?)^ *~~~$", re.MULTILINE | re.DOTALL)
_BOUND = re.compile(r"\{[a-z]\d*(?: [\d,]+)?\}")
_INLINE = re.compile(r'<span class="n" data-ref=')


class Tally(NamedTuple):
    """`numbers` bound to a ledger, in tables, worked lines and sentences; `lines` of worked arithmetic."""

    numbers: int = 0
    lines: int = 0

    def plus(self, other: Tally) -> Tally:
        return Tally(self.numbers + other.numbers, self.lines + other.lines)


def tally(markdown: str) -> Tally:
    """The counts of one page."""
    total = Tally(len(_INLINE.findall(markdown)), 0)
    for kind, body in FENCE.findall(markdown):
        if kind == "worked":
            total = total.plus(Tally(len(_BOUND.findall(body)), len(body.split("\n\n", 1)[-1].strip().splitlines())))
        else:
            rows = [line.split()[1:] for line in body.strip().splitlines()[2:]]
            total = total.plus(Tally(sum(cell != "…" for row in rows for cell in row), 0))
    return total
