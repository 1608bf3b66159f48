"""Pictures of a matrix product's backward pass, as boxes whose sides are axes, and of attention's weights read by rows
and by columns."""

from __future__ import annotations

import math

from calc.ledger import Entry
from render.figures.kit import Pen, Sketch, shown_of, some

MOST = 10  # positions in a picture


class ProductGradientPictures(Pen):
    """Which factor is turned over, and why."""

    def product_back(self, x: Entry, w: Entry, out: Entry, names: tuple[str, str, str]) -> str:
        """Forward x w = out; backward the two products that give the gradients. `names` are the three letters."""
        (rows, inner), columns = x.axes, out.axes[-1]
        sizes = {axis: n for entry in (x, w, out) for axis, n in zip(entry.axes, entry.shape, strict=True)}
        nx, nw, nz = names
        longest = max(sizes.values())
        side = {a: 22 + 44 * math.sqrt(n / longest) for a, n in sizes.items()}
        tall = [max(side[rows], side[inner]), max(side[inner], side[rows]), max(side[rows], side[columns])]
        d = self.sketch(sum(tall) + 3 * 58)
        y = 0.0
        lines = (
            ("forward", "value", (nx, rows, inner, False), (nw, inner, columns, False), (nz, rows, columns)),
            ("the weights' gradient", "gradient", (nx, inner, rows, True), (f"∂{nz}", rows, columns, False),
             (f"∂{nw}", inner, columns)),
            ("the input's gradient", "gradient", (f"∂{nz}", rows, columns, False), (nw, columns, inner, True),
             (f"∂{nx}", rows, inner)),
        )  # fmt: skip
        for (title, kind, left, right, result), height in zip(lines, tall, strict=True):
            d.text(0, y + 14, title, f"small strong {kind}")
            middle = y + 40 + height / 2
            self._matrix(d, 66, middle, side, left, kind if left[0].startswith("∂") else "value")
            d.text(122, middle + 4, "·", "strong", "middle")
            self._matrix(d, 182, middle, side, right, kind if right[0].startswith("∂") else "value")
            d.text(240, middle + 4, "=", "strong", "middle")
            self._matrix(d, 302, middle, side, (*result, False), kind)
            y += height + 58
        return d.done(
            f"Three products as boxes, rows by columns. Forward: {nx}, {rows} by {inner}, times {nw}, {inner} by "
            f"{columns}, gives {nz}, {rows} by {columns}. The weights' gradient: {nx} turned over, {inner} by "
            f"{rows}, times "
            f"the gradient of {nz}, {rows} by {columns}, gives {inner} by {columns}. The input's gradient: the "
            "gradient of "
            f"{nz}, {rows} by {columns}, times {nw} turned over, {columns} by {inner}, gives {rows} by {inner}.",
            "Down the side of each box stands the letter of its rows, above it that of its columns. On both sides of "
            "the dot, columns and rows must have the same letter: the sum runs over it. A dashed box is turned over.",
        )

    def _matrix(
        self, d: Sketch, x: float, y: float, side: dict[str, float], matrix: tuple[str, str, str, bool], kind: str
    ) -> None:
        name, rows, columns, turned = matrix
        w, h = side[columns], side[rows]
        d.box(x - w / 2, y - h / 2, w, h, f"{kind}-edge{' turned' if turned else ''}")
        d.text(x, y + 4, f"{name}ᵀ" if turned else name, f"strong {kind}", "middle")
        d.text(x, y - h / 2 - 5, columns, "small", "middle")
        d.text(x - w / 2 - 5, y + 4, rows, "small", "end")

    def both_ways(self) -> str:
        """The worked head's weights twice: the row of a query, forward, and the column of a key, backward."""
        page = self.page
        weights = page.w("attention.weights")
        h, t, s = page.at["H"], page.at["T"], page.at["S"]
        kept = some(page.n("T"), MOST, t, s)
        step = min(22.0, 130 / len(kept))
        size = step * len(kept)
        d = self.sketch(size + 66)
        top = 40.0
        for left, title, under, kind in (
            (14.0, "forward", f"row {t}: what the query takes", "value"),
            (204.0, "backward", f"column {s}: who took the value", "gradient"),
        ):
            d.text(left, 14, title, f"small strong {kind}")
            d.text(left, 32, "key →", "small faint")
            d.tiles(
                weights,
                [((h, i, j), left + b * step, top + a * step) for a, i in enumerate(kept) for b, j in enumerate(kept)],
                step, step,
            )  # fmt: skip
            place = kept.index(t if kind == "value" else s) * step
            if kind == "value":
                d.box(left - 2, top + place - 1, size + 4, step + 2, "value-edge none")
            else:
                d.box(left + place - 1, top - 2, step + 2, size + 4, "gradient-edge none")
            d.text(left, top + size + 18, under, "small")
        return d.done(
            f"The weights of head {h} twice, a row for each query and a column for each key. Forward, row {t} tells "
            "how "
            f"much the query of {self.placed(t)} takes of each value. Backward, column {s} tells how much each query "
            "took "
            f"of the value of {self.placed(s)}, and so how much of each query's gradient comes back to it.",
            f"{self.of_layer()}Head {h}. Forward the weights are read by rows, backward by columns: that is the "
            "transpose." + shown_of(len(kept), page.n("T"), "positions"),
        )
