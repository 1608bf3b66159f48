"""Formulas of entries: KaTeX takes them all, and each operation's rule reads as it is written by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest

from calc.ledger import Entry, Ledger
from calc.operations import OPERATIONS
from render import latex
from render.katex import Formula, Katex
from tests.configurations import computed

# One entry for each operation, of the default configuration.
RULES = {
    "inputs.tokens": r"\mathrm{id}_{t} = \text{given}",
    "embedding.token_rows": r"(X_{\text{tok}})_{t,d} = E_{\mathrm{id}_{t},d}",
    "embedding.out": r"(X_{0})_{t,d} = (X_{\text{tok}})_{t,d} + (X_{\text{pos}})_{t,d}",
    "layers.0.ln_1.mean": r"(\mu_1)_{t} = \frac{1}{|D|} \sum_{d} (X_{0})_{t,d}",
    "layers.0.ln_1.centered": r"(X_{0} - \mu_1)_{t,d} = (X_{0})_{t,d} - (\mu_1)_{t}",
    "layers.0.ln_1.squared": r"((X_{0} - \mu_1)^2)_{t,d} = \left((X_{0} - \mu_1)_{t,d}\right)^2",
    "layers.0.ln_1.std": r"(\hat\sigma_1)_{t} = \sqrt{(\sigma^2_1 + \epsilon)_{t}}",
    "layers.0.ln_1.scaled": r"(\hat{X}_1 \odot \gamma_1)_{t,d} = (\hat{X}_1)_{t,d} \cdot (\gamma_1)_{d}",
    "layers.0.attention.q": r"Q_{t,c} = \sum_{d} (N_1)_{t,d}\, (W_Q)_{d,c}",
    "layers.0.attention.q_heads": r"q_{h,t,k} = Q_{t,h\,|K| + k}",
    "layers.0.attention.mask": r"M_{t,s} = \begin{cases} 1 & \text{if } s \le t \\ 0 & \text{else} \end{cases}",
    "layers.0.attention.masked": (
        r"\tilde{S}_{h,t,s} = "
        r"\begin{cases} \bar{S}_{h,t,s} & \text{if } M_{t,s} = 1 \\ -\infty & \text{else} \end{cases}"
    ),
    "layers.0.attention.top": r"m_{h,t} = \max_{s} \tilde{S}_{h,t,s}",
    "layers.0.attention.exp": r"(e^{\tilde{S} - m})_{h,t,s} = \exp\left((\tilde{S} - m)_{h,t,s}\right)",
    "layers.0.attention.total": r"\ell_{h,t} = \sum_{s} (e^{\tilde{S} - m})_{h,t,s}",
    "layers.0.attention.weights": r"A_{h,t,s} = \frac{(e^{\tilde{S} - m})_{h,t,s}}{\ell_{h,t}}",
    "layers.0.attention.joined": r"O_{t,c} = o_{h,t,k} \quad\text{with}\quad c = h\,|K| + k",
    "layers.0.ffn.negated": r"(-H / \sqrt{2})_{t,f} = -(H / \sqrt{2})_{t,f}",
    "layers.0.ffn.erfc": (
        r"(\operatorname{erfc}(-H / \sqrt{2}))_{t,f} = \operatorname{erfc}\left((-H / \sqrt{2})_{t,f}\right)"
    ),
    "layers.0.ffn.cdf": r"\Phi_{t,f} = \tfrac12 (\operatorname{erfc}(-H / \sqrt{2}))_{t,f}",
    "output.target_probs": r"\hat{y}_{t} = \hat{Y}_{t,y_{t}}",
    "output.log_probs": r"(\ln \hat{y})_{t} = \ln \hat{y}_{t}",
    "backward.loss.one_hot": r"Y_{t,v} = \begin{cases} 1 & \text{if } y_{t} = v \\ 0 & \text{else} \end{cases}",
    "backward.loss.positions": r"N = \text{number of cells of } y",
    "grad.layers.0.ffn.out": (
        r"\frac{\partial \mathcal{L}}{\partial (F_{\text{out}})_{t,d}} = "
        r"\frac{\partial \mathcal{L}}{\partial (X_{1})_{t,d}}"
    ),
    "grad.token_embedding": (
        r"\frac{\partial \mathcal{L}}{\partial E_{v,d}} = "
        r"\sum_{t:\; \mathrm{id}_{t} = v} \frac{\partial \mathcal{L}}{\partial (X_{\text{tok}})_{t,d}}"
    ),
    "grad.output.nll": (
        r"\frac{\partial \mathcal{L}}{\partial c_{t}} = \frac{\partial \mathcal{L}}{\partial \mathcal{L}} / N"
    ),
    "unfolded.softmax.row": r"a_{s} = A_{0,2,s}",
    "unfolded.softmax.identity": r"I_{s,s'} = \begin{cases} 1 & \text{if } s = s' \\ 0 & \text{else} \end{cases}",
    "unfolded.layer_norm.plus_one": r"(\hat{x}^\top \hat{x} + 1)_{d,d'} = (\hat{x}^\top \hat{x})_{d,d'} + 1",
    "adamw.beta1_power": r"\beta_1^{t}",
    "facts.vocabulary": r"n_V = \text{a count of the ledger's entries}",
}


@pytest.mark.parametrize("name", RULES)
def test_the_rule_of_an_operation(name: str) -> None:
    ledger = computed("default").ledger
    assert latex.rule(ledger, ledger[name]) == RULES[name]


def test_every_operation_has_its_example() -> None:
    ledger = computed("default").ledger
    assert {ledger[name].op for name in RULES} == set(OPERATIONS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("layers.1.attention.q", r"Q^{(1)}_{t,c} = \sum_{d} (N_1^{(1)})_{t,d}\, (W_Q^{(1)})_{d,c}"),
        (
            "layers.1.ln_1.variance_plus_eps",
            r"({\sigma^2_1}^{(1)} + \epsilon)_{t} = ({\sigma^2_1}^{(1)})_{t} + \epsilon",
        ),
        ("layers.1.residual_1", r"(R_{1})_{t,d} = (X_{1})_{t,d} + (A_{\text{out}}^{(1)})_{t,d}"),
    ],
)
def test_letters_of_several_layers_carry_their_layer(name: str, text: str) -> None:
    ledger = computed("two layers").ledger
    assert latex.rule(ledger, ledger[name]) == text


def test_each_contribution_to_a_gradient_says_where_it_comes_from() -> None:
    ledger = computed("default").ledger
    left, right = latex.rule(ledger, ledger["grad.layers.0.ln_1.out"]).split(" = ")
    assert left == r"\frac{\partial \mathcal{L}}{\partial (N_1)_{t,d}}"
    assert right == " + ".join(rf"\left.{left}\right|_{{\text{{via {consumer}}}}}" for consumer in "qkv")


@pytest.mark.parametrize("name", ["default", "two layers", "one word"])
def test_katex_takes_every_rule_and_every_symbol(name: str) -> None:
    ledger = computed(name).ledger
    katex = Katex(cache=None)
    try:
        katex.draw([Formula(tex, True) for tex in {latex.rule(ledger, entry) for entry in ledger}])
        katex.draw([Formula(tex, False) for tex in {entry.symbol for entry in ledger}])
    finally:
        katex.close()


@pytest.mark.parametrize("name", ["default", "two layers"])
def test_the_left_side_has_an_index_for_each_axis(name: str) -> None:
    ledger = computed(name).ledger
    for entry in ledger:
        left = latex.indexed(ledger, entry)
        indices = ",".join(axis.lower() for axis in entry.axes)
        assert (f"_{{{indices}}}" in left) if indices else (left == entry.symbol), entry.name
        assert not re.search(r"\}_\{[^{}]*\}_\{", left), left  # a double subscript


@pytest.mark.parametrize(
    ("symbol", "text"),
    [
        ("Q", "Q_{t}"),
        ("G'", "G'_{t}"),
        ("\\hat{Y}", "\\hat{Y}_{t}"),
        ("W_Q", "(W_Q)_{t}"),
        ("Q^{(1)}", "Q^{(1)}_{t}"),
        ("a - b", "(a - b)_{t}"),
        ("-a", "(-a)_{t}"),
        ("a b", "(a b)_{t}"),
        (r"\sqrt{v}", r"(\sqrt{v})_{t}"),
        (r"\frac{a}{b}", r"\left(\frac{a}{b}\right)_{t}"),
        ("e^{x}", "(e^{x})_{t}"),
    ],
)
def test_subscripts_stand_at_what_they_index(symbol: str, text: str) -> None:
    assert latex.subscripted(symbol, ["t"]) == text
    assert latex.subscripted(symbol, []) == symbol


def test_an_operand_read_with_other_letters_shows_them() -> None:
    led = Ledger({"T": 2, "S": 2, "D": 3})
    x = led.given("x", "x", "T D", np.ones((2, 3)))
    gram = led.put("gram", "G", "T S", "dot", x, x.relabel("S D"))
    assert latex.rule(led, gram) == r"G_{t,s} = \sum_{d} x_{t,d}\, x_{s,d}"


def test_an_operation_without_a_formula_is_refused() -> None:
    entry = Entry()
    entry.op, entry.operands, entry.operand_axes, entry.axes = "spell", (), (), ()
    with pytest.raises(ValueError, match="no formula for the operation 'spell'"):
        latex.right_side(Ledger({}), entry)
