"""The graphs of the pages before the walk: a chain of three nodes, and the life of one weight."""

from __future__ import annotations

from calc.ledger import Entry
from render.figures.kit import Pen


class GraphPictures(Pen):
    """Boxes with numbers on the arrows between them."""

    def three_nodes(self) -> str:
        """The chain of three nodes: values go down on the left, slopes come up on the right."""
        page = self.page

        def e(name: str) -> Entry:
            return page.e(f"primer.chain.{name}")

        values = [("w", e("w")), ("a", e("a")), ("h", e("h")), ("G", e("activated"))]
        nodes = [("times x", e("x")), ("plus c", e("h_by_a")), ("GELU", e("g_by_h"))]
        slopes = [("dG/dw", e("g_by_w")), ("dG/da", e("g_by_a")), ("dG/dh", e("g_by_h"))]
        d = self.sketch(352)
        d.text(152, 14, "forward", "small value", "end")
        d.text(208, 14, "backward", "small gradient")
        tops = [74.0, 174.0, 274.0]
        starts, ends = [20.0] + [top + 32 for top in tops], [*tops, 346.0]
        for (name, entry), start, end in zip(values, starts, ends, strict=True):
            d.line((170, start), (170, end - 1), "value", arrow=True)
            middle = (start + end) / 2
            d.text(158, middle - 4, name, "value", "end")
            d.number(158, middle + 13, entry, kind="value", anchor="end")
        for (name, entry), start, end in zip(slopes, starts, ends, strict=False):
            d.line((190, end), (190, start + 1), "gradient", arrow=True)
            middle = (start + end) / 2
            d.text(202, middle - 4, name, "gradient")
            d.number(202, middle + 13, entry, kind="gradient", anchor="start")
        for (label, local), top in zip(nodes, tops, strict=True):
            d.box(132, top, 96, 32, "", radius=8)
            d.text(180, top + 20, label, "strong", "middle")
            d.text(244, top + 13, "local slope", "small faint")
            d.number(244, top + 29, local, kind="small", anchor="start")
        d.text(116, tops[0] + 13, "x", "small faint", "end")
        d.number(116, tops[0] + 29, e("x"), kind="small", anchor="end")
        d.text(116, tops[1] + 13, "c", "small faint", "end")
        d.number(116, tops[1] + 29, e("c"), kind="small", anchor="end")
        up = ", ".join(f"{name} is {self.said(entry)}" for name, entry in reversed(slopes))
        down = ", ".join(f"{name} is {self.said(entry)}" for name, entry in values)
        return d.done(
            f"Three nodes in a row: times x, plus c, and GELU. Forward, {down}. Backward, {up}.",
            "Values go down, slopes come up. On its way up through a node a slope is multiplied by the node's local "
            "slope.",
        )

    def one_weight(self) -> str:
        """A parameter, an activation that it helps to make, the loss, and the gradient on the way back."""
        page, at = self.page, self.page.at
        w, hidden = page.w("ffn.w_1"), page.w("ffn.activated")
        grad, new = page.grad(w), page.e(f"adamw.{w.name}.new")
        here, unit = (at["D"], at["F"]), (at["T"], at["F"])
        d = self.sketch(262)
        boxes: list[tuple[str, Entry, tuple[int, ...], float, float, str]] = [
            ("parameter", w, here, 8, 20, "value"),
            ("activation", hidden, unit, 8, 110, "value"),
            ("loss", page.e("loss"), (), 8, 200, "value"),
            ("gradient", grad, here, 204, 110, "gradient"),
            ("parameter, updated", new, here, 204, 20, "update"),
        ]
        for label, entry, index, x, y, kind in boxes:
            d.box(x, y, 146, 50, f"none {kind}-edge", entry.name, radius=8)
            d.text(x + 73, y + 20, label, f"small {kind}", "middle")
            d.number(x + 73, y + 39, entry, index, kind="strong")
        for above, below in ((72, 108), (162, 198)):
            d.line((81, above), (81, below), "value", arrow=True)
        d.text(90, 95, "forward pass", "small value")
        d.text(90, 185, "forward pass", "small value")
        d.curve([(156, 225), (277, 225), (277, 164)], "gradient", arrow=True)
        d.text(170, 243, "backward pass", "small gradient")
        d.line((277, 108), (277, 73), "update", arrow=True)
        d.text(286, 95, "AdamW", "small update")
        return d.done(
            f"A loop. The parameter {self.said(w, here)} helps to make the activation {self.said(hidden, unit)}, which "
            f"helps to make the loss {self.said(page.e('loss'))}. Back from the loss comes the parameter's gradient, "
            f"{self.said(grad, here)}, and AdamW turns the parameter into {self.said(new, here)}.",
            f"{self.of_layer()}One weight, one of the numbers that it helps to make, and how it comes to be changed.",
        )
