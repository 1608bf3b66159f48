"""Something to try, with an answer that the page can check."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from calc.ledger import Entry
from render import latex, markup
from render.worked import Call, Cell, Index, Part, expand

if TYPE_CHECKING:
    from render.page import Page

MOST = 32  # operands that stand in the exercise itself; more are looked up in their table
_FIELD = (
    '<form class="try" data-search-exclude data-entry="{name}"{place}><label for="try-{number}">Your answer</label>'
    '<input id="try-{number}" autocomplete="off" autocapitalize="off" spellcheck="false">'
    '<button>Check</button><output for="try-{number}"></output></form>'
)


class Exercises:
    """What templates call as try_it(...) and ask(...). A page numbers its exercises from one."""

    def __init__(self, page: Page) -> None:
        self._page, self._count = page, 0

    def try_it(self, entry: Entry, lead: str = "", **at: int) -> str:
        """Work out one number of an entry: the task, its rule, its operands, a field for the answer, and the answer.

        The cell is another one than the worked one where the entry has others: `at` fixes its index on some axes. A
        cell whose operands as they are printed do not give its first three digits is passed over for the next one, and
        so is one that is zero. `lead` is said first.
        """
        page, index = self._page, self._cell(entry, at)
        where = dict(zip(entry.axes, index, strict=True))
        place = page.where(entry, **where)
        symbol = latex.indexed(page.ledger, entry, fixed={axis: str(i) for axis, i in where.items()})
        opening = f"At {place}, work" if place else "Work"  # behind a long formula a comma might begin a line
        task = f"{opening} out ${symbol}$ from its rule and these numbers:"
        rule, operands = f"$$\n{latex.rule(page.ledger, entry)}\n$$", self._operands(entry, index)
        return self.posed(
            f"{lead} {task}".strip(), f"{rule}\n\n{operands}", entry.name, index, page.worked(entry, **where)
        )

    def posed(self, task: str, given: str, name: str, index: Index, answer: str) -> str:
        """A task in words, what it takes, and a field that is held against the cell where the folded answer has it
        last."""
        field = _FIELD.format(name=name, place=markup.place(index), number=self._count + 1)
        return "\n\n".join([self._opened(task), given, field, _folded(answer)])

    def ask(self, question: str, answer: str = "", caller: Callable[[], str] | None = None) -> str:
        """A question in words with a folded answer: ask(question, answer), or <% call ask(question) %> around it."""
        return f"{self._opened(question)}\n\n{_folded((caller() if caller else answer).strip())}"

    def _opened(self, words: str) -> str:
        """The words of an exercise, after its number."""
        self._count += 1
        first, gap, rest = words.strip().partition("\n\n")
        return f"**Exercise {self._count}.** {first}\n{{ .exercise }}{gap}{rest}"

    def _operands(self, entry: Entry, index: Index) -> str:
        """The numbers that the rule takes, a line for each operand, or where they stand if they are many."""
        page = self._page
        cells = list(dict.fromkeys(_cells(expand(entry, index))))
        lines = []
        for operand in dict.fromkeys(cell.entry for cell in cells):
            own = [cell.index for cell in cells if cell.entry is operand]
            fixed = {axis: str(own[0][n]) for n, axis in enumerate(operand.axes) if len({i[n] for i in own}) == 1}
            symbol = f"${latex.indexed(page.ledger, operand, fixed=fixed)}$"
            if len(own) > MOST:
                lines.append(f"- {symbol}: {page.spelled(len(own))} numbers of {page.links.entry(operand)}")
                continue
            numbers = [page.num(operand, **dict(zip(operand.axes, i, strict=True))) for i in own]
            free = [axis for axis in operand.axes if axis not in fixed]
            along = f" for each ${', '.join(map(latex.letter, free))}$" if free else ""
            whole = math.prod(operand.shape[operand.axes.index(axis)] for axis in free)
            along += " of the sum" if len(own) < whole else ""
            lines.append(f"- {symbol}{along}: {'; '.join(numbers)}")
        return "\n".join(lines)

    def _cell(self, entry: Entry, at: dict[str, int]) -> Index:
        """The cell of the exercise."""
        worked, nearest = self._page.index(entry, {}), self._page.index(entry, at)
        cells = list(itertools.product(*map(range, entry.shape)))
        if nearest not in cells:
            raise IndexError(f"{entry.name} has the shape {entry.shape}, and so no cell {nearest}")
        start = cells.index(nearest)
        cells = cells[start:] + cells[:start]
        asked = [c for c in cells if all(c[entry.axes.index(axis)] == i for axis, i in at.items())]
        for some in (asked, cells):
            for cell in some:
                if cell != worked and self._telling(entry, cell):
                    return cell
        return next((cell for cell in cells if cell != worked), worked)

    def _telling(self, entry: Entry, cell: Index) -> bool:
        """Whether the cell is not zero and its operands, as they are printed, give its first three digits."""
        digits, worker = self._page.digits, self._page.worker
        printed = digits.printed(entry, cell)
        if printed.infinite or not printed.value:
            return False
        value, _ = worker.evaluate(expand(entry, cell), 0)
        return value is not None and abs(value - printed.value) <= tolerance(printed.value) / 2


def tolerance(value: Fraction) -> Fraction:
    """One unit of the third significant digit: how far an answer may be off. exercises.js does the same."""
    return Fraction(10) ** (math.floor(math.log10(abs(value))) - 2)


def _cells(part: Part) -> Iterator[Cell]:
    if isinstance(part, Cell):
        yield part
    elif isinstance(part, Call):
        for inner in part.parts:
            yield from _cells(inner)


def _folded(answer: str) -> str:
    return f'??? note "Answer"\n\n{markup.indented(answer)}'
