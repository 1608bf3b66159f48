"""Pages as the proof reads them: what is a number, which cell it is bound to, and where it stands."""

from __future__ import annotations

import pytest

from render.proof.reading import Numeral, Page, draw, numeral


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("0", Numeral(0, 0)),
        ("0.50", Numeral(50, -2)),
        ("−0.1234", Numeral(-1234, -4)),
        ("1.234×10⁻⁵", Numeral(1234, -8)),
        ("−9×10¹²", Numeral(-9, 12)),
        ("40,018", Numeral(40018, 0)),
        ("1,234,567.5", Numeral(12345675, -1)),
        ("-0.5", None),  # a hyphen is no minus sign
        ("−0", None),
        ("−0.00", None),
        ("1,23", None),
        ("1.", None),
        (".5", None),
        ("1e-5", None),
        ("1.2×10", None),
        ("−∞", None),
        ("0.5 ", None),
        ("", None),
    ],
)
def test_a_number_is_what_is_written_as_one(text: str, reads: Numeral | None) -> None:
    assert numeral(text) == reads


@pytest.mark.parametrize(("text", "digits"), [("0.001230", 4), ("100", 3), ("0", 0), ("−1.000", 4)])
def test_significant_digits_begin_at_the_first_that_is_not_zero(text: str, digits: int) -> None:
    written = numeral(text)
    assert written
    assert written.significant == digits


BODY = """<h2 id="the-scores">Scores</h2><p id="__toc">Of <span class="n" data-ref="a" data-index="0,1">1.5</span></p>
<svg><text data-ref="loss">2.4</text></svg>
<table class="matrix" data-ref="b" data-slice="0,:,:"><thead><tr><th>0</th></tr></thead>
<tbody><tr><th>0 <small>x</small></th><td class="p1">1</td><td>−∞</td></tr></tbody></table>
<table data-ref="c" data-ledger="run"><tr><td data-index="0,3">7</td><th>…</th></tr></table>
<table><tr><td>9</td></tr></table>
<div class="worked"><p class="caption">3 of <code>4</code></p><p class="line"><span class="n" data-ref="a"
data-index="0,0">2</span>&nbsp;· <span class="frac"><span>1</span><i>/</i><span>2</span></span> =&nbsp;<span class="n"
data-ref="d">1</span></p></div><p class="line">no worked line</p>"""


def test_every_bound_number_is_read_with_its_place() -> None:
    page = Page("x/index.html", BODY)
    found = [(n.ref, n.index, n.ledger, n.text, n.kind) for n in page.numbers]
    assert found == [
        ("a", "0,1", "", "1.5", "text"),
        ("loss", "", "", "2.4", "text"),
        ("a", "0,0", "", "2", "line"),
        ("d", "", "", "1", "line"),
    ]
    assert {n.where for n in page.numbers} == {"x/index.html#the-scores"}
    assert [(t.ref, t.ledger, t.slice) for t in page.tables] == [("b", "", "0,:,:"), ("c", "run", None)]
    assert [[(c.text, c.index) for c in t.cells] for t in page.tables] == [[("1", ""), ("−∞", "")], [("7", "0,3")]]


def test_a_line_keeps_its_structure_and_names_its_result() -> None:
    (line,) = Page("x/index.html", BODY).lines
    assert [child if isinstance(child, str) else child.tag for child in line.element.children] == [
        "span", "\u00a0· ", "span", " =\u00a0", "span",
    ]  # fmt: skip
    assert line.name == "d: “2 · 1/2 = 1”"
    assert line.where == "x/index.html#the-scores"


def test_markdown_is_drawn_without_formulas_and_code() -> None:
    markdown = (
        "$$\na < b\n$$\n\nSay $x <y>$ and `<span data-ref='no'>` and <span class='n' data-ref='yes'>1</span>.\n\n"
        "??? note\n\n    ~~~matrix\n    m :\n    \\D 0\n    · 5\n    ~~~\n\n"
        "```python\n<span data-ref='no'>\n```\n\n~~~worked\nr = w\n\n: A caption\n2 = 2{r}\n~~~\n"
    )
    page = Page("x.md", draw(markdown))
    assert [n.ref for n in page.numbers] == ["yes", "w"]
    assert [(t.ref, t.slice, [c.text for c in t.cells]) for t in page.tables] == [("m", ":", ["5"])]
    assert [line.name for line in page.lines] == ["w: “2 = 2”"]
