"""Trainings by other optimizers and at other rates: against loops in plain NumPy on the engine's gradients, and what
happens where a number overflows."""

from __future__ import annotations

import numpy as np
import pytest

from calc import flat, later, model, step
from calc.learner import Learner
from calc.ledger import Tape
from calc.race import METHODS, STEPS, TIMES, Race, times_rate

SMALL = {"model.d_model": 6, "model.heads": 2, "model.d_ff": 7, "text.sentence": "the mat sat"}


@pytest.fixture(scope="module")
def small():
    from calc.config import from_values
    from tests.calc.conftest import DEFAULT

    return from_values(DEFAULT, SMALL)


@pytest.fixture(scope="module")
def made(small):
    return Race(small)


def followed(config, method, rate, rounded, steps):
    """The losses of some steps: the gradients from a tape, the update written out once more."""
    sizes, o, layers = step.axis_sizes(config), config.optimizer, config.model.layers
    values = dict(step.beginning(config).values)
    buffers, m, v = ({name: 0 * value for name, value in values.items()} for _ in range(3))
    losses = []
    for n in range(1, steps + 1):
        tape = Tape(sizes)
        inputs = step.read(tape, config)
        weights = {name: tape.given(name, "", _axes(config, name), value) for name, value in values.items()}
        forward = model.forward(tape, weights, inputs, layers)
        losses.append(float(forward.loss.loss.value))
        for name, entry in model.backward(tape, forward, weights, inputs).items():
            p, g = values[name], entry.value
            if method == "adam_l2":
                g = g + o.weight_decay * p
            buffers[name] = o.beta1 * buffers[name] + g
            m[name], v[name] = o.beta1 * m[name] + (1 - o.beta1) * g, o.beta2 * v[name] + (1 - o.beta2) * g**2
            adam = m[name] / (1 - o.beta1**n) / (np.sqrt(v[name] / (1 - o.beta2**n)) + o.eps)
            moves = {"sgd": g, "momentum": buffers[name], "adam_l2": adam, "adamw": adam + o.weight_decay * p}
            new = p - rate * moves[method]
            values[name] = new.astype(np.float32).astype(float) if rounded and n > 1 else new
    return losses


def _axes(config, name):
    from calc.parameters import layout

    return next(p.axes for p, _ in layout(config.model.layers) if p.name == name)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("times", [1, 3])
def test_each_method_follows_its_own_formula(small, made, method, times):
    rounded = (method, times) != ("adamw", 1)
    wanted = followed(small, method, times_rate(small.optimizer.lr, times), rounded, 9)
    np.testing.assert_allclose(made.run(method, times).losses[:9], wanted, rtol=1e-9)


def test_adamw_at_the_configured_rate_is_the_learner_to_the_last_bit(small, made):
    learner, batch = Learner(later.alone(small)), later.sentence(small)
    losses = [learner.step(batch).loss for _ in range(STEPS)]
    assert list(made.run("adamw").losses) == [*losses, learner.evaluate(batch).loss]
    assert made.run("adamw").whole


def test_runs_begin_at_the_same_place_in_any_order(small, made):
    assert {made.run(method, times).losses[0] for method in METHODS for times in TIMES} == {made.run("sgd").losses[0]}
    fresh = Race(small)
    assert fresh.run("momentum", 3).losses == made.run("momentum", 3).losses


def test_neither_schedule_nor_clipping_counts(small, made):
    training = small.training.model_copy(update={"clip": 1e-3, "warmup": 50, "schedule": "cosine"})
    other = Race(small.model_copy(update={"training": training}))
    assert other.run("adamw", 3).losses == made.run("adamw", 3).losses


def test_the_best_rate_ends_lowest_and_one_that_overflows_is_never_best(small, made):
    for method in METHODS:
        ends = {times: made.run(method, times).last for times in TIMES}
        assert ends[made.best(method)] == min(ends.values())
    high = Race(small.model_copy(update={"optimizer": small.optimizer.model_copy(update={"lr": 30.0})}))
    found = high.run("sgd", 30)
    assert not found.whole
    assert found.last == np.inf
    assert np.isfinite(found.losses).all()
    assert 1 <= len(found.losses) <= STEPS


def test_a_rate_is_multiplied_as_it_is_written():
    assert times_rate(0.1, 3) == 0.3 != 0.1 * 3
    assert times_rate(1e-7, 3) == 3e-7


def test_the_worst_place_is_the_one_whose_loss_was_largest(small, made):
    run = made.run("adamw", 30)
    views = flat.views(run.worst, flat.places(small.model.layers, step.axis_sizes(small)))
    tape = Tape(step.axis_sizes(small))
    weights = {name: tape.given(name, "", _axes(small, name), value) for name, value in views.items()}
    loss = model.forward(tape, weights, step.read(tape, small), small.model.layers).loss.loss
    assert float(loss.value) == pytest.approx(max(run.losses[1:]), rel=1e-9)


def test_a_difference_in_the_last_bits_grows_unless_a_run_is_rounded(configured):
    chaotic = Race(configured({"text.sentence": "the mat sat on the dog"}))
    start = chaotic._learner._start.copy()

    def ends(rounded, nudge):
        chaotic._learner._start[...] = start * (1 + nudge * np.sign(np.sin(np.arange(start.size))))
        return np.array(chaotic._run("adamw", 0.1, rounded).losses)

    off = {rounded: np.abs(ends(rounded, 1e-13) - ends(rounded, 0.0)).max() for rounded in (False, True)}
    assert off[True] < 1e-10 < 1e-9 < off[False]
