"""LaTeX of entries: what each operation writes, and that a whole step's symbols are well formed."""

from __future__ import annotations

import re

import pytest

from calc import symbols


@pytest.mark.parametrize(
    ("symbol", "mark", "expected"),
    [
        ("x", "", "x"),
        ("W_Q", "(0)", "W_Q^{(0)}"),
        (r"\sigma^2_1", "(1)", r"{\sigma^2_1}^{(1)}"),
        ("G'", "(1)", "G'^{(1)}"),
        ("W_Q^{(0)}", "+", "{W_Q^{(0)}}^{+}"),
    ],
)
def test_marks(symbol, mark, expected):
    assert symbols.marked(symbol, mark) == expected


@pytest.mark.parametrize(
    ("op", "operands", "attrs", "expected"),
    [
        ("dot", ["X", "W_1"], {}, "X W_1"),
        ("dot", ["x + y", "W"], {}, "(x + y) W"),
        ("add", ["x", "y", "z"], {}, "x + y + z"),
        ("sub", ["x", "y + z"], {}, "x - (y + z)"),
        ("sub", ["x + y", "z"], {}, "x + y - z"),
        ("mul", [r"\gamma_1", "x - y"], {}, r"\gamma_1 \odot (x - y)"),
        ("div", ["x + y", r"\ell_{\text{out}}"], {}, r"(x + y) / \ell_{\text{out}}"),
        ("neg", ["x - y"], {}, "-(x - y)"),
        ("square", ["x"], {}, "x^2"),
        ("square", [r"\sigma^{(0)}"], {}, r"(\sigma^{(0)})^2"),
        ("exp", ["x - y"], {}, "e^{x - y}"),
        ("log", ["x - y"], {}, r"\ln (x - y)"),
        ("sqrt", ["x - y"], {}, r"\sqrt{x - y}"),
        ("erfc", ["x - y"], {}, r"\operatorname{erfc}(x - y)"),
        ("power", [r"\beta_1", "t"], {}, r"\beta_1^{t}"),
        ("add_constant", ["x"], {"constant": 1.0}, "x + 1"),
        ("mul_constant", ["x + y"], {"constant": 2.0}, r"2\,(x + y)"),
        ("mul_constant", ["x"], {"constant": -0.5}, r"-\tfrac12 x"),
        ("select", ["A"], {"at": {"H": 0}}, "A"),
    ],
)
def test_formulas(op, operands, attrs, expected):
    assert symbols.expression(op, operands, attrs) == expected


def test_an_operation_without_a_formula_wants_a_symbol():
    with pytest.raises(ValueError, match="gather needs a symbol of its own"):
        symbols.expression("gather", ["E", "i"], {})


@pytest.mark.parametrize("symbol", ["x", "W_Q", r"\gamma_1", r"\hat{X}_1", "W_Q^{(0)}", r"\hat{m}", r"\frac{a}{b}"])
def test_what_needs_no_parentheses(symbol):
    assert symbols.grouped(symbol) == symbol


@pytest.mark.parametrize("symbol", ["x + y", "x - y", "-x", "x / y", r"x \odot y", "X W_1"])
def test_what_needs_parentheses(symbol):
    assert symbols.grouped(symbol) == f"({symbol})"


def test_gradients():
    assert symbols.gradient("x") == r"\frac{\partial \mathcal{L}}{\partial x}"
    assert symbols.gradient("x + y") == r"\frac{\partial \mathcal{L}}{\partial (x + y)}"
    assert r"{\partial x}\right|_{\text{" in symbols.gradient("x", "residual_1")
    assert r"residual\_1" in symbols.gradient("x", "residual_1")


@pytest.mark.parametrize("which", ["led", "prime_led"])
def test_the_symbols_of_a_step_are_balanced_and_carry_one_superscript(which, request):
    for entry in request.getfixturevalue(which):
        symbol, depth = entry.symbol, 0
        for character in re.sub(r"\\[{}]", "", symbol):
            depth += {"{": 1, "}": -1}.get(character, 0)
            assert depth >= 0, (entry.name, symbol)
        assert depth == 0, (entry.name, symbol)
        assert symbol.count(r"\left") == symbol.count(r"\right"), (entry.name, symbol)
        # TeX refuses x^2^{(0)}.
        assert not re.search(r"\^(\{[^{}]*\}|.)(_(\{[^{}]*\}|.))?\^", symbol), (entry.name, symbol)


def test_layers_are_told_apart(prime_led, led):
    first, second = (prime_led[f"layers.{i}.attention.w_q"].symbol for i in (0, 1))
    assert (first, second) == ("W_Q^{(0)}", "W_Q^{(1)}")
    assert led["layers.0.attention.w_q"].symbol == "W_Q"  # one layer needs no number


def test_before_and_after_are_told_apart(led):
    for name in ("embedding.out", "layers.0.attention.weights", "layers.0.ffn.cdf", "ln_f.mean", "logits", "loss"):
        assert led[f"after.{name}"].symbol == symbols.marked(led[name].symbol, "+")
