"""KaTeX's markup made lighter: fewer elements, the same letters and MathML. tests/browser holds it to the look."""

from __future__ import annotations

import re

import pytest

from render.katex import Formula, Katex

SCRIPT = r"W_{c,d}"
FRACTION = r"\frac{\partial \mathcal{L}}{\partial x} = a"


@pytest.fixture(scope="module")
def drawer() -> Katex:
    return Katex(cache=None)


def draw(drawer: Katex, tex: str) -> tuple[str, str]:
    """The MathML and the HTML that is seen."""
    (html,) = drawer.draw([Formula(tex, True)])
    spoken, seen = html.split('<span class="katex-html" aria-hidden="true">')
    return spoken, seen


def test_a_script_is_letters_in_their_line(drawer: Katex) -> None:
    _, seen = draw(drawer, SCRIPT)
    assert "vlist" not in seen
    assert re.search(
        r'style="position:relative;top:\.\d+em;margin:[^"]*"><span class="mathnormal">c</span>,<span', seen
    )


@pytest.mark.parametrize("tex", [r"W_{\frac{a}{b}}", r"W_c^d", r"\sum_{t} x", r"\hat{X}", r"\sqrt{x}"])
def test_what_is_no_line_of_letters_keeps_its_table(drawer: Katex, tex: str) -> None:
    _, seen = draw(drawer, tex)
    assert '<span class="vlist-t"><span class="vlist-r"><span class="vlist">' in seen
    assert 'class="pstrut" style="height:' in seen


def test_no_line_breaks_inside_of_parentheses(drawer: Katex) -> None:
    _, seen = draw(drawer, r"(a + b)_c = (1 - d) \cdot (e)")
    bases = r'<span class="katex-base">'
    assert re.findall(rf'<span class="held">{bases}|{bases}', seen).count(f'<span class="held">{bases}') == 2
    for open_ended in (r"x = [0, 1)", r"a + b"):
        assert "held" not in draw(drawer, open_ended)[1]


def test_nothing_stays_that_no_rule_speaks_of(drawer: Katex) -> None:
    spoken, seen = draw(drawer, FRACTION)
    for heavy in ("mord", "mrel", "mtight", "mspace", "nulldelimiter", "vlist-t2", "vlist-s", 'vlist-r"></span>'):
        assert heavy not in seen
    assert '<span style="margin:0 .278em">=</span>' in seen
    assert "<span>a</span>" not in seen
    assert spoken.count("<mrow>") == 2  # numerator and denominator, which have two parts each
    for heavy in ("stretchy", "mstyle", 'mathvariant="normal"'):
        assert heavy not in spoken
    assert '<mi mathvariant="script">L</mi>' in spoken


@pytest.mark.parametrize(
    "tex", [SCRIPT, FRACTION, r"\begin{bmatrix} 1 & x_2 \\\\ 3 & 4 \end{bmatrix}", r"a < b \text{ and } c"]
)
def test_markup_stays_whole(drawer: Katex, tex: str) -> None:
    spoken, seen = draw(drawer, tex)
    open_: list[str] = []
    for close, tag, empty in re.findall(r"<(/?)([\w-]+)[^>]*?(/?)>", spoken + '<span class="katex-html">' + seen):
        if close:
            assert open_.pop() == tag
        elif not empty:
            open_.append(tag)
    assert not open_
    letters = re.sub(r"<[^>]*>|[\s\u200b\xa0]", "", seen)
    assert sorted(set(re.sub(r"<[^>]*>|\s", "", spoken)) - {"[", "]"}) == sorted(set(letters) - {"[", "]"})
