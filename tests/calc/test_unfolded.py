"""Every Jacobian that the step writes out, held against the gradient that the backward pass found without it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable

import numpy as np
import pytest

from calc.config import Config, from_values
from calc.ledger import Ledger
from calc.step import training_step
from calc.tokenizer import Tokenizer
from tests.calc.conftest import PRIME


def expected(led: Ledger, config: Config) -> dict[str, np.ndarray]:
    """For each product of a gradient with a Jacobian, the part of the backward pass's gradient that it has to be."""
    w = config.worked
    word = Tokenizer.from_corpus(config.text.corpus).encode(w.token)[0]
    layer, last = f"grad.layers.{w.layer}", f"grad.layers.{config.model.layers - 1}.residual_2"

    def g(name: str) -> np.ndarray:
        return led[name].value

    head = f"{layer}.attention"
    return {
        "unfolded.probs.product": g("grad.logits")[w.position],
        "unfolded.output.row.product": g("grad.ln_f.out")[w.position],
        "unfolded.output.column.product": g("grad.w_out")[:, word],
        "unfolded.layer_norm.product": g(last)[w.position],
        "unfolded.bias.product": g(f"{layer}.ffn.b_2")[w.feature],
        "unfolded.gelu.product": g(f"{layer}.ffn.hidden")[w.position],
        "unfolded.residual.layer_norm.product": g(f"{layer}.residual_1.via.ln_2")[w.position],
        "unfolded.residual.product": g(f"{layer}.residual_1")[w.position],
        "unfolded.join.product": g(f"{head}.heads")[w.head, w.position],
        "unfolded.mixture.product": g(f"{head}.weights")[w.head, w.position],
        "unfolded.value.product": g(f"{head}.v_heads")[w.head, :, w.channel],
        "unfolded.softmax.product": g(f"{head}.masked")[w.head, w.position],
        "unfolded.mask.product": g(f"{head}.scaled")[w.head, w.position],
        "unfolded.scale.product": g(f"{head}.scores")[w.head, w.position],
        "unfolded.query.product": g(f"{head}.q_heads")[w.head, w.position],
        "unfolded.key.product": g(f"{head}.k_heads")[w.head, w.key],
        "unfolded.tokens.product": g("grad.token_embedding")[:, w.feature],
        "unfolded.positions.product": g("grad.position_embedding")[:, w.feature],
        "unfolded.tokens.table": g("grad.token_embedding"),
        "unfolded.positions.table": g("grad.position_embedding"),
    }


def disagreements(led: Ledger, config: Config) -> list[str]:
    """The products that are not the gradient that they should be."""
    return [
        name
        for name, gradient in expected(led, config).items()
        if not np.allclose(led[name].value, gradient, rtol=0, atol=1e-12 * np.abs(gradient).max(initial=0.0) + 1e-15)
    ]


@pytest.mark.parametrize(
    "overrides",
    [{}, {"worked.layer": 1, "worked.head": 2, "worked.position": 4, "worked.key": 3, "worked.channel": 3}],
)
def test_gradient_times_jacobian_is_the_closed_form_at_prime_sizes(prime: Config, overrides: dict[str, int]) -> None:
    config = from_values(PRIME, overrides)
    led = training_step(config)
    products = {entry.name for entry in led if entry.stage == "unfolded" and entry.name.endswith(".product")}
    assert products - {"unfolded.loss.product"} <= set(expected(led, config))
    assert disagreements(led, config) == []
    assert all(expected(led, config)[name].any() for name in expected(led, config))  # nothing agrees by being zero


def test_one_word(configured: Callable[..., Config]) -> None:
    config = configured({"text.sentence": "cat"})
    assert disagreements(training_step(config), config) == []


@pytest.mark.parametrize(
    ("layer", "right", "wrong", "seen"),
    [
        ("softmax", '"sub", diagonal, outer', '"add", diagonal, outer', "unfolded.softmax.product"),
        ("attention", '"div", identity, f.root', '"mul", identity, f.root', "unfolded.scale.product"),
        ("output", '"copy", w_out', '"neg", w_out', "unfolded.output.row.product"),
        ("layer_norm", "constant=1.0", "constant=2.0", "unfolded.layer_norm.product"),
        ("model", '"add", identity, branch', '"sub", identity, branch', "unfolded.residual.product"),
        ("embedding", '"one_hot", ids', '"one_hot", led.put("next", "n", "T", "add_constant", ids, constant=1)',
         "unfolded.tokens.product"),
    ],
)  # fmt: skip
def test_a_planted_error_is_seen(
    layer: str, right: str, wrong: str, seen: str, prime: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module(f"calc.{layer}")
    source = inspect.getsource(module)
    assert source.count(right) == 1
    planted = dict(vars(module))
    exec(compile(source.replace(right, wrong), str(module.__file__), "exec"), planted)
    name = "residual_jacobian" if layer == "model" else "jacobian"
    monkeypatch.setattr(module, name, planted[name])
    assert seen in disagreements(training_step(prime), prime)
