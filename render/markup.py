"""What pages are written with, wherever it is written: numbers bound to their place, bodies set in."""

from __future__ import annotations


def place(index: tuple[int, ...]) -> str:
    """The attribute that names a cell; none for a single number."""
    return f' data-index="{",".join(map(str, index))}"' if index else ""


def number(text: str, name: str, index: tuple[int, ...] = (), ledger: str = "") -> str:
    """A number in a sentence, bound to its entry and cell, and to the ledger of another run where it is of one."""
    run = f' data-ledger="{ledger}"' if ledger else ""
    return f'<span class="n" data-ref="{name}"{place(index)}{run}>{text}</span>'


def indented(text: str) -> str:
    """The body of a folded note or of a tab."""
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
