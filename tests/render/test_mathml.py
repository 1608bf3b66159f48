"""Formulas that browsers draw from MathML."""

from __future__ import annotations

import pytest

from render.mathml import mathml


@pytest.mark.parametrize(
    ("tex", "drawn"),
    [
        (r"\mathcal{L}", "<math><mi>ℒ</mi></math>"),
        (r"\mathcal{A}", "<math><mi>𝒜</mi></math>"),
        # The subscript belongs to all that is between the brackets, and the brackets grow with it.
        ("(W_1)_i", "<msub><mrow><mo>(</mo><msub><mi>W</mi><mn>1</mn></msub><mo>)</mo></mrow><mi>i</mi></msub>"),
        ("((a+b)c)^2", "<msup><mrow><mo>(</mo><mo>(</mo><mi>a</mi><mo>+</mo><mi>b</mi><mo>)</mo><mi>c</mi><mo>)</mo>"),
        ("(a)(b)_i", "<mo>)</mo><msub><mrow><mo>(</mo><mi>b</mi><mo>)</mo></mrow><mi>i</mi></msub>"),
        ("x_i", "<math><msub><mi>x</mi><mi>i</mi></msub></math>"),
    ],
)  # fmt: skip
def test_what_is_seen(tex: str, drawn: str) -> None:
    assert drawn in mathml([tex])[0]


def test_formulas_keep_their_order() -> None:
    assert [text.count("<mi>") for text in mathml(["a", "a b", "a b c"])] == [1, 2, 3]
