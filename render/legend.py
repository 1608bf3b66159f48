"""What the colours, tints and marks mean: a folded note at the foot of every page."""

from __future__ import annotations

TINTS = "".join(f'<i class="{tint}"></i>' for tint in ("n5", "n3", "n1", "p1", "p3", "p5"))
# The mark, its class where it stands for a colour, and its meaning.
MEANINGS = (
    ("forward", "value", "Blue: what the forward pass computes. Its tables have a blue edge."),
    ("backward", "gradient", "Orange: gradients, and what helps to compute them."),
    ("update", "update", "Green: what AdamW does, and the forward pass after it."),
    ("fixed", "mask", "Grey: masks and other tables of zeros and ones, which nothing is learned from."),
    (TINTS, "", "Tints in a table: orange below zero, blue above, stronger for numbers that are larger beside the "
     "largest of the same table. Their signs are printed too."),
    ("=", "", "The two sides are equal."),
    ("≈", "", "Something was rounded to get here. The operands carry the digits that it takes to check the result."),
    ("<code>−∞</code>", "", "Hidden by the mask: the exponential of this is zero."),
    ("…", "", "A corner of a table, or the ends of a sum, that is too long for a page. All of it is in the ledger."),
    ("✓", "", "This gradient was found in other ways too, and they agree within the bound that is named."),
    ("a number", "", "With JavaScript: press it, or Enter on it, to see how it was made and what it does."),
    ("¶", "", "The address of this place, to link to or to keep."),
)  # fmt: skip


def legend() -> str:
    """The note, as a fence of the page."""
    rows = ""
    for mark, kind, meaning in MEANINGS:
        colour = f' class="{kind}"' if kind else ""
        rows += f"<dt{colour}>{mark}</dt><dd>{meaning}</dd>"
    return (
        '~~~picture\n<details class="legend"><summary>What the colours and marks mean</summary>'
        f"<dl>{rows}</dl></details>\n~~~"
    )
