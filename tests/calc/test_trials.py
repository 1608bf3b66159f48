"""Which check notices which planted error: this table, and the same with an implementation from outside."""

from __future__ import annotations

import gzip
import io
import json

import numpy as np
import pytest

from calc import trials, witness
from calc.ledger import Ledger
from calc.mutants import MUTANTS
from tests.calc import outside

CHECKS = ["loss", "shapes", "invariants", "differences", "moved", "forward", "gradients", "optimizer"]
# x: noticed. In the order of CHECKS, so that the first column is "the loss fell".
EXPECTED = {
    "transposed_weight":   "...xx.x.",
    "sum_for_mean":        "...xx.x.",
    "layer_norm_means":    "..xxx.x.",
    "layer_norm_gain":     "....x...",
    "softmax_row_sum":     "..xxx.x.",
    "scale_in_backward":   "...xx.x.",
    "repeated_token":      "..xxx.x.",
    "residual_dropped":    "...xx.x.",
    "query_path_only":     "...xx.x.",
    "gelu_slope":          "...xx.x.",
    "mask_after_softmax":  "..x..xx.",
    "softmax_axis":        "..x..xx.",
    "scaled_by_width":     ".....xx.",
    "variance_less_one":   ".....xx.",
    "layer_norm_epsilon":  ".....xx.",
    "targets_not_shifted": ".....xx.",
    "decay_in_gradient":   ".......x",
    "bias_correction":     ".......x",
    "adamw_epsilon":       ".......x",
    "decay_of_new_weight": ".......x",
    "decay_without_rate":  ".......x",
    "step_uphill":         "x......x",
}  # fmt: skip
BROKEN = {
    "layer_norm_means": ["each row that a layer norm hands back sums to zero"],
    "softmax_row_sum": ["each row of the scores' gradient sums to zero"],
    "repeated_token": ["the two embedding tables get the same gradient in sum"],
    "mask_after_softmax": ["each query's attention weights sum to one"],
    "softmax_axis": [
        "each query's attention weights sum to one",
        "each row of the scores' gradient sums to zero",
    ],
}


def row(caught):
    return "".join("x" if caught[name] else "." for name in CHECKS)


@pytest.fixture(scope="module")
def runs():
    return trials.trials()


def test_the_table(runs):
    assert list(trials.CHECKS) == CHECKS
    assert {name: row(trial.caught) for name, trial in runs.items()} == EXPECTED
    assert {name: trial.broken for name, trial in runs.items() if trial.broken} == BROKEN


def test_every_error_is_caught_and_the_right_run_by_nothing(runs, figure):
    caught = {name: sum(trial.caught[name] for trial in runs.values()) for name in trials.CHECKS}
    figure(f"{len(runs)} planted errors: " + ", ".join(f"{name} catches {n}" for name, n in caught.items()))
    assert set(runs) == {mutant.name for mutant in MUTANTS}
    assert all(any(trial.caught.values()) for trial in runs.values())
    assert all(check.satisfied(trials.right()) for check in trials.CHECKS.values())
    assert not trials.broken(trials.right())


def test_the_loss_fell_and_where_it_did_not_the_step_went_up(runs):
    for name, trial in runs.items():
        led = trial.ledger
        fell = led["after.loss"].value < led["loss"].value
        assert fell == (name != "step_uphill")
        assert (led["facts.downhill"].value < 0) == fell


def test_shapes_stop_the_same_slip_where_a_matrix_is_not_square():
    assert trials.transpose_refused()


@pytest.mark.parametrize(("name", "factor"), [("BOUND", 30.0), ("BOUND", 1 / 100), ("DIFFERENCES_BOUND", 30.0),
                                              ("DIFFERENCES_BOUND", 1 / 30)])  # fmt: skip
def test_no_verdict_hangs_on_where_the_bounds_lie(runs, monkeypatch, name, factor):
    monkeypatch.setattr(trials, name, getattr(trials, name) * factor)
    for which, trial in runs.items():
        assert row({n: not check.satisfied(trial.ledger) for n, check in trials.CHECKS.items()}) == EXPECTED[which]
    assert all(check.satisfied(trials.right()) for check in trials.CHECKS.values())


def test_each_invariant_and_each_check_can_fail(runs):
    seen = {name for trial in runs.values() for name in trial.broken}
    caught = {name for trial in runs.values() for name, noticed in trial.caught.items() if noticed}
    assert caught == set(CHECKS) - {"shapes"}
    for name, value in {  # what no error of the list breaks
        "layers.0.attention.weights": np.full((3, 7, 7), 1 / 7), "output.probs": np.ones((7, 11)),
        "grad.logits": np.ones((7, 11)),
    }.items():  # fmt: skip
        led = trials.recorded().run()
        led[name].value = value
        seen.update(trials.broken(led))
    assert seen == set(trials.INVARIANTS)
    led = trials.recorded().run()
    led["logits"].value = led["logits"].value.T
    assert not trials.shapes_as_declared(led)


# --- from outside -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def abroad():
    """Loss, logits and gradients of the right step by code that shares nothing with the engine."""
    led = trials.right()
    arrays = {e.name: e.value for e in led if e.op == "given"}
    model = {"layers": 1, "heads": led.sizes["H"], "ln_eps": float(led["constants.ln_eps"].value)}
    return outside.differentiate(arrays, {"model": model})


def test_an_outside_implementation_finds_the_same(runs, abroad):
    loss, logits, gradients = abroad

    def seen(led):
        forward = max(outside.relative(led["loss"].value, loss), outside.relative(led["logits"].value, logits))
        backward = max(outside.relative(led[f"grad.{name}"].value, true) for name, true in gradients.items())
        return forward > 1e-12, backward > 1e-12

    assert seen(trials.right()) == (False, False)
    for name, trial in runs.items():
        assert seen(trial.ledger) == (trial.caught["forward"], trial.caught["gradients"]), name


def test_an_outside_optimizer_finds_the_same(runs):
    rates = {name: float(trials.right()[f"adamw.{name}"].value) for name in
             ("lr", "weight_decay", "beta1", "beta2", "eps")}  # fmt: skip

    def seen(led):
        worst = 0.0
        for p in trials.parameters(led):
            own = led[f"grad.{p.name}"].value
            new = outside.AdamW(p.value, lambda x, i, g=own: g, rates, 1).weights
            worst = max(worst, float(np.abs(led[f"adamw.{p.name}.new"].value - new).max()))
        return worst > 1e-12

    assert not seen(trials.right())
    for name, trial in runs.items():
        assert seen(trial.ledger) == trial.caught["optimizer"], name


def test_the_witness_of_every_build_stops_what_central_differences_see_and_names_the_place(runs):
    """The complex step holds each run's gradients against its own forward pass. It too is blind to the rest."""
    first_off = {}
    for name, trial in runs.items():
        off = [r.name for r in witness.along_directions(trial.ledger) if not r.holds]
        assert bool(off) == trial.caught["differences"], name
        if off:
            first_off[name] = off[0]
    assert first_off == {
        "transposed_weight": "grad.layers.0.ln_1.out",
        "sum_for_mean": "grad.logits",
        "layer_norm_means": "grad.layers.0.residual_2",  # where the last layer norm hands back
        "softmax_row_sum": "grad.layers.0.attention.masked",
        "scale_in_backward": "grad.layers.0.attention.scores",
        "repeated_token": "grad.token_embedding",
        "residual_dropped": "grad.layers.0.residual_1",
        "query_path_only": "grad.layers.0.ln_1.out",
        "gelu_slope": "grad.layers.0.ffn.hidden",
    }
    assert all(r.holds for r in witness.along_directions(trials.right()))


# --- what is measured -------------------------------------------------------------------------------------------------


def test_facts_are_those_of_the_arrays(runs):
    right = trials.right()
    for trial in runs.values():
        led, downhill = trial.ledger, 0.0
        for p in trials.parameters(led):
            downhill += np.sum(right[f"grad.{p.name}"].value * (led[f"adamw.{p.name}.new"].value - p.value))
        assert led["facts.downhill"].value == pytest.approx(downhill, rel=1e-12)
        assert led["facts.loss_change"].value == led["after.loss"].value - led["loss"].value
        shares = {
            p.name: np.abs(led[f"grad.{p.name}"].value - right[f"grad.{p.name}"].value).max()
            / np.abs(right[f"grad.{p.name}"].value).max()
            for p in trials.parameters(led)
        }
        assert set(trial.tensors) == {name for name, share in shares.items() if share > 1e-9}
        if trial.tensors:
            share = led[f"facts.share.grad.{trial.tensors[0]}"].value
            assert share == pytest.approx(max(shares.values()), rel=1e-8)
        far = max(
            np.abs(led[f"adamw.{p.name}.new"].value - right[f"adamw.{p.name}.new"].value).max()
            for p in trials.parameters(led)
        )
        if trial.moved:
            assert led[f"facts.off.adamw.{trial.moved[0]}.new"].value == pytest.approx(far, rel=1e-8)
        else:
            assert far < 1e-12
        assert trial.differs == bool(max(shares.values()) > 1e-12 or far > 1e-12)
        turned = sum(
            int(np.sum(led[f"grad.{p.name}"].value * right[f"grad.{p.name}"].value < 0)) for p in trials.parameters(led)
        )
        assert led["facts.turned"].value == turned
        assert led["facts.cells"].value == sum(p.value.size for p in trials.parameters(led))


def test_the_order_does_not_hang_on_the_last_bits():
    assert trials._worst({"a": 1.0, "b": 2.0, "c": 2.0 * (1 + 1e-15), "d": 1e-10}) == ["b", "c", "a"]


def test_what_the_predecessors_did_turned_signs_and_the_mean_left_no_trace(runs):
    """A missing transpose turns signs; a forgotten mean is wrong by a factor and moves no weight by a hundredth of a
    hundredth of the step."""
    assert runs["transposed_weight"].ledger["facts.turned"].value > 0
    forgotten = runs["sum_for_mean"]
    led, far = forgotten.ledger, forgotten.moved[0]
    assert led[f"facts.share.grad.{forgotten.tensors[0]}"].value == pytest.approx(led.sizes["T"] - 1, rel=1e-9)
    assert led["facts.turned"].value == 0
    assert led[f"facts.off.adamw.{far}.new"].value < 1e-3 * led["adamw.lr"].value


def test_the_smallest_sets_of_checks(runs):
    assert trials.enough() == [("moved", "forward", "optimizer"), ("moved", "gradients", "optimizer")]
    assert [trials.catches(name) for name in CHECKS] == [1, 0, 5, 9, 10, 6, 15, 6]


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_file_for_each_run_holds_its_values(runs):
    files = trials.files()
    ends = ("npz", "program.json")
    assert set(files) == {f"data/mutant_{name}.{end}" for name in ("none", *runs) for end in ends}
    for name in ("none", *runs):
        led: Ledger = trials.run(name)
        with np.load(io.BytesIO(files[f"data/mutant_{name}.npz"]), allow_pickle=False) as arrays:
            assert {"loss", "after.loss", "logits", "facts.downhill", "grad.w_out", "adamw.w_out.new"} <= set(arrays)
            for entry in arrays.files:
                np.testing.assert_array_equal(arrays[entry], led[entry].value)
            assert ("w_out" in arrays.files) == ("inputs.tokens" in arrays.files) == (name == "none")
        program = json.loads(files[f"data/mutant_{name}.program.json"])
        assert program["names"] == [entry.name for entry in led]
        assert program["editable"] == {}
    assert trials.files() == files


def test_all_files_together_are_small():
    files = trials.files()
    assert sum(len(data) for name, data in files.items() if name.endswith(".npz")) < 2_000_000
    assert (
        max(len(gzip.compress(data)) for name, data in files.items() if name.endswith(".json")) < 40_000
    )  # each on demand
