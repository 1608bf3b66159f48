"""Pictures of the pages on tokens: a text cut into words, a word put together from bytes, and what each merge saves."""

from __future__ import annotations

from html import escape

from render import markup
from render.figures.drawing import Drawing, fixed
from render.figures.kit import Pen, some
from render.pieces import FILE, MARK, spelled
from render.words import inert

WORDS, BYTES, STEPS, ROUNDS = 7, 9, 8, 21  # as many as have room


class Tokens(Pen):
    """Each public method is one picture, as a fence for the page."""

    def cut_at_spaces(self) -> str:
        """The sentence as it is typed, its words cut apart, and the id of each."""
        page, d = self.page, self.sketch(150)
        shown = some(page.n("T"), WORDS, page.at["T"])
        width = 310 / max(len(shown), 3)
        for y, what in ((25, "text"), (79, "tokens"), (135, "ids")):
            d.text(0, y, what, "faint")
        d.box(50, 8, width * len(shown), 26, "none", radius=0)
        for column, t in enumerate(shown):
            middle = 50 + (column + 0.5) * width
            d.word(middle, 25, self.token_at(t), anchor="middle")
            if column:
                d.text(middle - width / 2, 25, MARK, "faint", "middle")
            d.line((middle, 38), (middle, 56), "thin", arrow=True)
            d.box(middle - width / 2 + 2, 62, width - 4, 26, "value-edge", "inputs.tokens", radius=8)
            d.word(middle, 79, self.token_at(t), anchor="middle")
            d.line((middle, 92), (middle, 112), "thin", arrow=True)
            d.number(middle, 135, page.e("inputs.tokens"), (t,), "strong")
        ids = page.e("inputs.tokens")
        says = "; ".join(f"“{self.told(self.token_at(t))}” gets {self.said(ids, (t,))}" for t in shown)
        more = f" Shown are {len(shown)} of {page.n('T')} words." if len(shown) < page.n("T") else ""
        return d.done(
            f"The text is cut at its spaces, and each word gets an id: {says}.",
            f"From text to words to ids. The sign {MARK} stands for a space, which belongs to no token.{more}",
        )

    def put_together(self) -> str:
        """A word's pieces, from its bytes on, a row for each merge that joins something in it."""
        bpe = self.page.bpe
        word = max((w for w in bpe.learned.words if fits(bpe.steps(w))), key=lambda w: len(bpe.steps(w)), default="")
        steps = bpe.steps(word)[:STEPS]
        columns = min(len(steps[0]), BYTES)
        width, left = 250 / columns, 104.0
        d = self.sketch(40 * len(steps) + 4)
        for row, pieces in enumerate(steps):
            y, at = 6 + 40 * row, 0
            made = f"after merge {bpe.first(steps[row - 1])}" if row else "its bytes"
            d.text(0, y + 18, made, "faint")
            for piece in pieces[:columns]:
                new = row > 0 and piece not in steps[row - 1]
                d.box(left + at * width + 2, y, len(piece) * width - 4, 26, "p2" if new else "value-edge", radius=6)
                middle = left + (at + len(piece) / 2) * width
                _piece(d, middle, y + 18, piece)
                at += len(piece)
        says = "; then ".join(", ".join(f"“{spelled(p)}”" for p in pieces) for pieces in steps)
        whole = "What is filled was joined by that merge. " if len(steps) > 1 else ""
        return d.done(
            f"A word of the corpus in its pieces: {says}.",
            f'<code class="token">{inert(word)}</code> on its way from bytes to pieces. {whole}'
            f"The sign {MARK} stands for the space in front of a word.",
        )

    def shrinking(self) -> str:
        """How many pieces the corpus has after each merge, as bars."""
        bpe = self.page.bpe
        rounds = some(bpe.last + 1, ROUNDS, bpe.last)
        first = bpe.val("rounds.0.length")
        d = self.sketch(22 * len(rounds) + 26)
        d.text(0, 14, "merges", "faint")
        d.text(58, 14, "pieces of the corpus", "faint")
        for row, k in enumerate(rounds):
            y, length = 22 + 22 * row, bpe.val(f"rounds.{k}.length")
            d.text(34, y + 15, str(k), "small", "end")
            d.bar(58, y + 3, 240 * length / first, 15, "value")
            _count(d, 64 + 240 * length / first, y + 15, f"rounds.{k}.length")
        told = [f"{bpe.text(f'rounds.{k}.length')} after {k}" for k in rounds]
        fewer = "Every merge leaves fewer pieces." if bpe.last else "No pair was joined."
        return d.done(f"Pieces of the corpus by the number of merges: {', '.join(told)}.", fewer)


def fits(steps: list[tuple[bytes, ...]]) -> bool:
    """Whether a word has room in a picture."""
    return len(steps[0]) <= BYTES and len(steps) <= STEPS


def _piece(d: Drawing, x: float, y: float, piece: bytes) -> None:
    drawn = f'<tspan class="token">{escape(spelled(piece))}</tspan>'
    d.parts.append(f'<text x="{fixed(x)}" y="{fixed(y)}" text-anchor="middle">{drawn}</text>')


def _count(d: Drawing, x: float, y: float, name: str) -> None:
    """A number of the counts' ledger."""
    bound = f'data-ref="{name}"{markup.place(())} data-ledger="{FILE}"'
    d.parts.append(f'<text x="{fixed(x)}" y="{fixed(y)}" class="n" {bound}>{d.page.bpe.text(name)}</text>')
