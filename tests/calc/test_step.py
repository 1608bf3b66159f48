"""The whole step: what it reads, what it leaves behind, and what its import asks for."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from calc.ledger import LedgerError, Tape
from calc.step import axis_sizes, training_step
from calc.tokenizer import Tokenizer


def test_axis_sizes(prime):
    assert axis_sizes(prime) == {
        "V": 13, "P": 11, "T": 7, "S": 7, "D": 15, "H": 3, "K": 5, "C": 15, "F": 23,
        "S'": 7, "D'": 15, "V'": 13, "C'": 15, "D''": 15,
    }  # fmt: skip


def test_the_targets_are_the_sentence_moved_by_one_then_eos(led, default):
    tokenizer = Tokenizer.from_corpus(default.text.corpus)
    assert tokenizer.decode(led["inputs.tokens"].value) == "the cat sat on the mat"
    assert tokenizer.decode(led["inputs.targets"].value) == "cat sat on the mat <eos>"
    assert led["inputs.positions"].value.tolist() == [0, 1, 2, 3, 4, 5]


def test_two_runs_are_the_same_bit_by_bit(led, default):
    for one, two in zip(led, training_step(default), strict=True):
        assert (one.name, one.symbol, one.source) == (two.name, two.symbol, two.source)
        assert one.value.tobytes() == two.value.tobytes()


def test_another_seed_is_another_step(led, configured):
    other = training_step(configured({"init.seed": 7}))
    assert [entry.name for entry in other] == [entry.name for entry in led]
    assert other["loss"].value != led["loss"].value


@pytest.mark.parametrize("seed", range(10))
def test_the_loss_falls(seed, configured):
    led = training_step(configured({"init.seed": seed}))
    assert led["after.loss"].value < led["loss"].value - 0.3
    assert led["facts.loss_change"].value == led["after.loss"].value - led["loss"].value


def test_after_is_the_forward_pass_with_the_new_weights(prime_led, prime, run):
    new = {e.name: prime_led[f"adamw.{e.name}.new"].value for e in prime_led if e.attrs.get("parameter")}
    again = run(Tape(prime_led.sizes), prime, new)
    assert again.loss == prime_led["after.loss"].value
    np.testing.assert_array_equal(again.forward.output.logits.value, prime_led["after.logits"].value)
    forward = {e.name for e in prime_led if e.name.partition(".")[0] in ("embedding", "layers", "ln_f", "output")}
    made = {name for name in forward if prime_led[name].op != "given"} | {"logits", "loss"}
    assert made == {e.name.removeprefix("after.") for e in prime_led if e.name.startswith("after.")}


def test_one_word(configured):
    """The only query sees the only key: attention has nothing to choose, and nothing to learn."""
    led = training_step(configured({"text.sentence": "cat"}))
    assert led["layers.0.attention.weights"].value.tolist() == [[[1.0]], [[1.0]]]
    assert not led["grad.layers.0.attention.w_q"].value.any()
    assert not led["grad.layers.0.attention.w_k"].value.any()
    assert led["grad.layers.0.attention.w_v"].value.any()


def test_an_overflow_is_one_line_that_names_the_entry(configured):
    config = configured({"optimizer.lr": 10.0, "optimizer.eps": 1e-12})
    huge = config.model_copy(update={"init": config.init.model_copy(update={"spread": 1e200})})
    with pytest.raises(LedgerError, match=r"^layers\.0\.ln_1\.\w+: not a finite number; the weights, their spread"):
        training_step(huge)


def test_the_engine_imports_numpy_and_nothing_of_the_site():
    code = "import sys, calc.step, calc.check, calc.export; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert "numpy" in loaded
    assert not loaded & {"pydantic", "rich", "jinja2", "mkdocs", "markdown", "mpmath", "autograd", "render"}
