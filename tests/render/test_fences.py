"""Matrix and worked fences: what they become, and the faults that they refuse."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown

from render import fences
from render.fences import FenceError, draw_matrix, draw_worked, heat, number, placeholder
from render.markdown_ext import expand

SCORES = r"""layers.0.attention.scores 0,:,:
T\S      0·the     1·cat     2·a·b
0·the    0.1234    −∞        −∞
1·cat    −0.5021   1.2×10⁻⁵  −∞
"""
LINE = "a = q\nr = scores @other\n\n"


def cells(html: str) -> list[tuple[str, str]]:
    return re.findall(r"<td([^>]*)>([^<]*)</td>", html)


# Matrices


def test_a_matrix_is_a_table_that_names_its_slice() -> None:
    html = draw_matrix(SCORES)
    table = '<table class="matrix" aria-label="layers.0.attention.scores" data-ref="layers.0.attention.scores"'
    assert f'{table} data-slice="0,:,:">' in html
    assert html.startswith('<div class="matrix-box value" style="--lines:3">')
    assert [text for _, text in cells(html)] == ["0.1234", "−∞", "−∞", "−0.5021", "1.2×10⁻⁵", "−∞"]
    assert [a for a, _ in cells(html)] == [
        ' class="p2"', ' class="masked"', ' class="masked"', ' class="n5"', "", ' class="masked"',
    ]  # fmt: skip
    assert '<th scope="col"><small>2</small> a·b</th>' in html  # only the first · separates
    assert "T&nbsp;↓ S&nbsp;→" in html


def test_a_vector_is_one_row_and_a_role_and_a_ledger_are_told() -> None:
    html = draw_matrix("v 3,: role=gradient ledger=other\n\\S 0 1\n· 1 −2\n")
    assert '<div class="matrix-box gradient"' in html
    assert 'data-ref="v" data-ledger="other" data-slice="3,:"' in html
    assert '<tr><th scope="row" role="none"></th><td class="p3">1</td><td class="n5">−2</td></tr>' in html


def test_a_shortened_matrix_gives_each_cell_its_whole_index() -> None:
    html = draw_matrix("x 1,:,: shortened\nT\\D 0 … 15\n0·the 1 … 2\n… … … …\n5·mat 3 … −∞\n")
    assert "data-slice" not in html
    assert [a for a, _ in cells(html)] == [
        ' class="p3" data-index="1,0,0"', ' class="p4" data-index="1,0,15"',
        ' class="p5" data-index="1,5,0"', ' class="masked" data-index="1,5,15"',
    ]  # fmt: skip
    assert html.count('<th class="gap">…</th>') == 7


@given(
    st.text(alphabet=st.characters(blacklist_categories=["Z", "C"]), min_size=1).filter(lambda w: len(w.split()) == 1)
)
def test_a_word_of_the_corpus_is_shown_as_itself(word: str) -> None:
    html = draw_matrix(f"x :,:\nT\\S 0·{word}\n0·{word} 1\n")
    shown = re.findall(r"<small>0</small> (.*?)</th>", html)
    assert [unescape(w) for w in shown] == [word, word]
    assert not re.search(r"<(?!/?(?:div|table|thead|tbody|tr|th|td|small)\b)", html)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x :,:\nT\\S 0\n", "at least one row"),
        ("x :,: loud\nT\\S 0\n0 1\n", "'loud' is none of"),
        ("x :,: role=loud\nT\\S 0\n0 1\n", "'role=loud' is none of"),
        ("x :,:\nTS 0\n0 1\n", "the corner is 'TS'"),
        ("x :,:\nT\\S 0 1\n0 1\n", "row 0: 1 cells for 2 columns"),
        ("x :,:\nT\\S 0\n0 nan\n", "'nan' is not a number"),
        ("x :,:\nT\\S 0\n0 -1\n", "'-1' is not a number"),  # a hyphen is no minus sign
        ("x :,:\nT\\S 0\n0 ∞\n", "'∞' is not a number"),
        ("x :,:\nT\\S 0 …\n0 1 …\n", "not marked as shortened"),
        ("x : shortened\nT\\S 0\n0 1\n", "slice : does not fit the labels 0, 0"),
    ],
)
def test_what_is_no_matrix_is_refused(source: str, says: str) -> None:
    with pytest.raises(FenceError, match=re.escape(says)):
        draw_matrix(source)


@given(st.floats(min_value=-1e6, max_value=1e6), st.floats(min_value=1e-9, max_value=1e6))
def test_heat_has_the_sign_of_its_number_and_grows_with_it(x: float, largest: float) -> None:
    x = max(-largest, min(largest, x))
    assert heat(-x, largest) == heat(x, largest).translate(str.maketrans("pn", "np"))
    assert heat(largest, largest) == "p5"
    assert heat(x, largest) == "" or heat(x, largest)[0] == ("p" if x > 0 else "n")
    assert (heat(abs(x) / 2, largest) or "p0") <= (heat(abs(x), largest) or "p0")


def test_numbers_are_read_as_they_are_printed() -> None:
    assert [number(t) for t in ("0", "−0.21", "1.2×10⁻⁵", "−3×10¹²")] == [0, -0.21, 1.2e-5, -3e12]
    assert heat(0, 0) == ""


# Worked lines


def test_bound_numbers_carry_their_place_and_the_rest_is_text() -> None:
    html = draw_worked(LINE + "0.1{a 0,2} · −0.2{a 0,3} + 3 < 4 ≈ 0.5{r 1} = 2{r}\n")
    assert '<span class="n" data-ref="q" data-index="0,2">0.1</span>\u00a0·\u00a0' in html
    assert '<span class="n" data-ref="q" data-index="0,3">−0.2</span> +\u00a03 &lt; 4 ≈\u00a0' in html
    assert '<span class="n" data-ref="scores" data-index="1" data-ledger="other">0.5</span> =\u00a0' in html
    assert '<span class="n" data-ref="scores" data-ledger="other">2</span></p></div>' in html


def test_a_line_breaks_before_a_sign_and_nowhere_in_a_product() -> None:
    html = draw_worked("1 · 2 + 3 × 4 − 5 = 6\n")
    assert re.sub(r"<[^>]*>", "", html).split(" ") == [
        "1\u00a0·\u00a02",
        "+\u00a03\u00a0×\u00a04",
        "−\u00a05",
        "=\u00a06",
    ]


def test_fractions_and_roots_nest() -> None:
    html = draw_worked(LINE + "frac(exp(1{a 0}); sqrt((0.3)² + max(1; 2))) · sqrt(4)\n")
    one = '<span class="n" data-ref="q" data-index="0">1</span>'
    root = '<span class="radical">√<span>(0.3)² +\u00a0max(1; 2)</span></span>'
    assert f'<span class="frac"><span>exp({one})</span><i>/</i><span>{root}</span></span>' in html
    assert html.endswith('<span class="radical">√<span>4</span></span></p></div>')


def test_a_caption_may_hold_code_and_tokens_stay_inert() -> None:
    html = draw_worked(": The cell of `<script>` & co\n\n1 = 1\n")
    assert '<p class="caption">The cell of <code>&lt;script&gt;</code> &amp; co</p>' in html


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("a = q\n1{a 0}\n", "a blank line is missing"),
        ("a = q\n\n1{b 0}\n", "names no line"),
        ("a = q\n\nx{a 0}\n", "no number stands before"),
        ("a = q\n\n-1{a 0}\n", "no number stands before"),  # a hyphen would lose the sign
        ("frac(1)\n", "its parts are not 2"),
        ("frac(1; 2\n", "is not closed"),
        ("sqrt(1; 2)\n", "its parts are not 1"),
        ("a = q\n\n", "no lines"),
    ],
)
def test_what_is_no_worked_line_is_refused(source: str, says: str) -> None:
    with pytest.raises(FenceError, match=re.escape(says)):
        draw_worked(source)


# The Markdown extension


def convert(text: str, defer: bool) -> str:
    fence = [
        {"name": "matrix", "class": "matrix", "format": fences.matrix},
        {"name": "worked", "class": "worked", "format": fences.worked},
    ]
    return str(
        Markdown(
            extensions=["pymdownx.superfences", "pymdownx.arithmatex", "md_in_html", "render.markdown_ext"],
            extension_configs={
                "pymdownx.superfences": {"custom_fences": fence},
                "pymdownx.arithmatex": {"generic": True},
                "render.markdown_ext": {"defer": defer},
            },
        ).convert(text)
    )


PAGE = f"""
The loss is <span class="n" data-ref="loss">2.391</span>, and $a < b$, but `$x$` and `<span class="n">1</span>`.

$$
\\begin{{aligned}} c &= \\frac{{d}}{{e}} \\end{{aligned}}
$$

~~~matrix
{SCORES}~~~

<details markdown><summary>More</summary>

~~~worked
{LINE}0.1{{a 0,2}} = 0.5{{r 1}}
~~~

</details>
"""


def test_drawing_later_gives_what_drawing_inline_gives() -> None:
    later = convert(PAGE, defer=True)
    assert expand(later) == convert(PAGE, defer=False)
    assert "later" not in expand(later)


def test_until_then_no_digit_or_tex_stands_in_the_text() -> None:
    text = re.sub(r"<code>.*?</code>|<[^>]*>", "", convert(PAGE, defer=True))
    assert " ".join(text.split()) == "The loss is …, and …, but and . More"


def test_code_is_left_alone() -> None:
    html = convert(PAGE, defer=False)
    assert "<code>$x$</code>" in html
    assert "<code>&lt;span" in html
    assert html.count('class="katex"') == 2


@given(st.text())
def test_a_placeholder_keeps_any_source(source: str) -> None:
    held = re.search(r'data-source="([^"]*)"', placeholder("matrix", source))
    assert held is not None
    assert unescape(held[1]) == source


def test_on_paper_a_row_of_many_columns_says_each_column_and_a_long_number_is_set_small() -> None:
    columns = " ".join(map(str, range(17)))
    row = draw_matrix(f"x :\n\\D {columns}\n· 0.0006484375 {'1 ' * 16}")
    assert row.count("data-column=") == 17
    assert 'long" data-column="0">0.0006484375<' in row
    assert "data-column" not in draw_matrix("x :\n\\D 0 1\n· 1 2")


def test_a_table_a_column_or_two_wider_than_a_wide_screens_page_has_closer_columns() -> None:
    def box(columns: int, cell: str) -> str:
        labels = " ".join(map(str, range(columns)))
        return draw_matrix(f"x :,:\nT\\D {labels}\n0·the {f'{cell} ' * columns}\n1·cat {f'{cell} ' * columns}")

    close = 'class="matrix-box value close"'
    assert close in box(16, "−0.02213")
    assert close not in box(16, "0.35")
    assert close not in box(32, "−0.02213")
