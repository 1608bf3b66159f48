"""The model put together: contributions that meet, causality, and a batch in front without a word in the layers."""

from __future__ import annotations

import numpy as np
import pytest

from calc.ledger import Ledger, Tape
from calc.step import axis_sizes


def test_contributions_are_entries_of_their_own_and_add_up(prime_led):
    whole = [e for e in prime_led if e.name.startswith("grad.") and ".via." not in e.name and e.op == "add"]
    # in each of the two layers: three of Q, K, V, two at each residual
    assert len(whole) == 2 * 3
    for entry in whole:
        parts = [o.name for o in entry.operands]
        assert all(part.startswith(f"{entry.name}.via.") for part in parts), entry.name
        assert len(set(parts)) == len(parts)
        total = sum(prime_led[part].value for part in parts)
        np.testing.assert_allclose(entry.value, total, rtol=1e-15, atol=1e-18)


def test_each_contribution_is_named_after_its_consumer(prime_led):
    names = {e.name.partition("grad.")[2] for e in prime_led if ".via." in e.name}
    assert {n for n in names if n.startswith("layers.1")} == {
        *(f"layers.1.ln_1.out.via.{letter}" for letter in "qkv"),
        "layers.1.residual_1.via.residual_2",
        "layers.1.residual_1.via.ln_2",
    }
    assert {"layers.0.residual_2.via.residual_1", "layers.0.residual_2.via.ln_1"} <= names
    assert {"embedding.out.via.residual_1", "embedding.out.via.ln_1"} <= names


def test_every_value_of_the_forward_pass_that_layers_hand_on_has_its_gradient(prime_led):
    for name in ("logits", "ln_f.out", "layers.1.residual_2", "layers.0.attention.weights", "embedding.out"):
        assert prime_led[f"grad.{name}"].axes == prime_led[name].axes
    gradients = {e.name for e in prime_led if e.name.startswith("grad.")}
    parameters = {e.name for e in prime_led if e.attrs.get("parameter")}
    assert {f"grad.{name}" for name in parameters} <= gradients
    assert len(parameters) == 2 + 2 * 12 + 2 + 1


def test_a_later_word_changes_nothing_before_it(prime, shaken, run):
    values, sizes = shaken(prime), axis_sizes(prime)
    ids = np.array([4, 5, 6, 7, 4, 8, 9])
    other = ids.copy()
    other[5] = 11
    one, two = (run(Tape(sizes), prime, values, tokens, ids).forward.output.logits.value for tokens in (ids, other))
    np.testing.assert_array_equal(one[:5], two[:5])
    assert (one[5:] != two[5:]).all()


@pytest.mark.parametrize("kind", [Tape, Ledger])
def test_a_batch_in_front_gives_the_mean_of_single_runs(prime, shaken, run, kind):
    values, sizes = shaken(prime), axis_sizes(prime)
    texts = np.array([[4, 5, 6, 7, 4, 8, 9], [10, 4, 4, 12, 5, 0, 10]])
    targets = np.array([[5, 6, 7, 4, 8, 9, 2], [4, 4, 12, 5, 0, 10, 2]])
    single = [run(Tape(sizes), prime, values, *pair) for pair in zip(texts, targets, strict=True)]
    both = run(kind(sizes | {"B": 2}), prime, values, texts, targets)
    assert both.forward.output.logits.value.shape == (2, 7, 13)
    for i in (0, 1):
        np.testing.assert_allclose(
            both.forward.output.logits.value[i], single[i].forward.output.logits.value, rtol=1e-13, atol=1e-14
        )
    assert both.loss == pytest.approx((single[0].loss + single[1].loss) / 2, rel=1e-14)
    for name, gradient in both.gradients.items():
        mean = (single[0].gradients[name].value + single[1].gradients[name].value) / 2
        assert gradient.axes == both.parameters[name].axes
        np.testing.assert_allclose(gradient.value, mean, rtol=0, atol=1e-13 * np.abs(mean).max(), err_msg=name)
