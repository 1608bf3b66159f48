"""The complex step: it is the derivative of the recorded forward pass, to 1e-12 and better, and it sees what is not."""

from __future__ import annotations

import copy

import mpmath
import numpy as np
import pytest

from calc import attention, model, parameters, step, witness
from calc.ledger import Ledger
from calc.operations import OPERATIONS
from calc.program import Program
from calc.witness import Disagreement, Forward, along_directions, cell_by_cell, gradients, hold
from render.proof.precise import Replay

FAR_INSIDE = 1e-13  # the errors at the configurations below are at most 2e-14; the witness's own bound is 1e-12


@pytest.fixture(scope="module")
def shaken_led(prime, shaken, run):
    """Forward and backward at prime sizes, two layers, and weights with no gain at 1 and no bias at 0."""
    led = Ledger(step.axis_sizes(prime))
    run(led, prime, shaken(prime))
    return led


@pytest.fixture(params=["led", "prime_led", "shaken_led"])
def any_led(request):
    return request.getfixturevalue(request.param)


def edited(led, name, value):
    """A copy of the ledger in which one entry holds another value, and nothing else is computed anew."""
    other = copy.deepcopy(led)
    other[name].value = np.asarray(value)
    return other


# --- it holds ---------------------------------------------------------------------------------------------------------


def test_every_cell_of_every_parameter(any_led, figure):
    rows = cell_by_cell(any_led)
    cells = sum(any_led[row.name].value.size for row in rows)
    worst = max(row.error for row in rows)
    figure(f"{cells} parameters by the complex step, one by one: the farthest is {worst:.1e} off")
    assert {row.name for row in rows} == {f"grad.{e.name}" for e in any_led if e.attrs.get("parameter")}
    assert max(row.error for row in rows) < FAR_INSIDE
    for row in rows:
        assert row.holds
        assert row.shape == any_led[row.name].shape
        assert row.largest == np.abs(any_led[row.name].value).max()


def test_every_cell_of_everything_between_the_parameters_and_the_loss(any_led):
    between = {n: g for n, g in gradients(any_led).items() if not any_led[n].attrs.get("parameter")}
    rows = cell_by_cell(any_led, between)
    layers = sum("attention.scores" in name for name in between)
    assert len(rows) >= 4 + 20 * layers
    assert max(row.error for row in rows) < FAR_INSIDE


def test_the_only_gradients_it_does_not_take_are_parts_that_add_up(any_led):
    taken = {gradient.name for gradient in gradients(any_led).values()}
    left = [entry.name for entry in any_led if entry.name.startswith("grad.") and entry.name not in taken]
    assert all(".via." in name for name in left)
    assert {name.partition(".via.")[0] for name in left} <= taken


def test_the_parts_of_a_gradient_that_come_by_way_of_one_consumer(any_led):
    """The number moves for that consumer alone, which moves by its own derivative; the loss follows."""
    forward, users, checked = Forward(any_led), any_led.users(), 0
    for part in [entry for entry in any_led if ".via." in entry.name]:
        name, _, way = part.name.removeprefix("grad.").partition(".via.")
        x = any_led[name]
        consumers = [entry for entry in users[name] if entry in forward.entries and way in entry.name.split(".")]
        assert consumers, part.name
        direction = np.random.default_rng(0).choice([-1.0, 1.0], size=x.shape)
        slope = 0.0
        for consumer in consumers:
            function = OPERATIONS[consumer.op].prepare(
                consumer.operand_axes, consumer.axes, any_led.sizes, consumer.attrs
            )
            moved = [o.value + 1e-30j * direction if o is x else o.value for o in consumer.operands]
            slope += forward.slope(consumer.name, np.imag(function(*moved)) / 1e-30)
        assert abs(slope - np.sum(part.value * direction)) < FAR_INSIDE * np.abs(part.value).max(), part.name
        checked += 1
    assert checked == 7 * sum(entry.name.endswith("attention.scores") for entry in forward.entries)


def test_along_directions_takes_every_gradient_and_repeats_itself(any_led):
    rows = along_directions(any_led)
    assert [row.name for row in rows] == [gradient.name for gradient in gradients(any_led).values()]
    assert max(row.error for row in rows) < FAR_INSIDE
    assert rows == along_directions(any_led)
    assert rows == hold(any_led)


def test_only_what_the_loss_is_made_of_is_run(led):
    forward = Forward(led)
    assert forward.slope("loss", np.ones(())) == 1
    for name in ("token_embedding", "layers.0.attention.mask", "output.probs", "constants.ln_eps"):
        assert name in forward
    for name in ("after.loss", "grad.w_out", "adamw.w_out.new", "facts.total_parameters"):
        assert name not in forward
    assert {entry.name for entry in forward.entries} < {entry.name for entry in led}


# --- complex numbers through the operations ---------------------------------------------------------------------------


def test_erfc_of_a_complex_argument_to_first_order_in_its_imaginary_part():
    """mpmath's erfc takes complex arguments. At 1e-25 the second order is nothing, and 300 digits are enough for an
    imaginary part of 1e-199 beside a real part of 2."""
    x = np.concatenate([np.linspace(-6, 6, 121), np.linspace(6.5, 20, 28), [-20.0]])
    found = witness._complex_erfc(x + 1e-25j)
    with mpmath.workdps(300):
        true = [mpmath.erfc(mpmath.mpc(float(value), "1e-25")) for value in x]
        for value, got, want in zip(x, found, true, strict=True):
            # exp(-x^2) of a rounded x^2: its relative error grows with x^2, to 4e-14 at 20.
            bound = 2e-16 * (4 + 2 * value * value)
            assert abs(got.real / want.real - 1) < bound
            assert abs(got.imag / want.imag - 1) < bound


def chained(axes, op, result, value, sizes):
    """x -> op -> a sum with fixed factors: the result of one operation, as a loss."""
    led = Ledger(sizes)
    x = led.given("x", "x", axes, value)
    y = led.put("y", "y", result, op, x)
    if y.axes:
        factors = np.random.default_rng(1).normal(size=y.shape)
        y = led.put("loss", "L", "", "sum", led.put("p", "p", result, "mul", y, led.given("f", "f", result, factors)))
        return led, factors
    return led, 1.0


@pytest.mark.parametrize(
    ("axes", "result", "axis"),
    [("H T S", "H T", 2), ("H T S", "T S", 0), ("H T S", "H S", 1), ("H T S", "T", (0, 2)), ("D", "", 0)],
)
def test_the_mean_with_complex_numbers_is_over_the_axes_that_its_letters_say(axes, result, axis):
    sizes = {"H": 2, "T": 3, "S": 5, "D": 7}
    generator = np.random.default_rng(0)
    value, direction = generator.normal(size=(2, *[sizes[letter] for letter in axes.split()]))
    led, factors = chained(axes, "mean", result, value, sizes)
    slope = Forward(led, "loss" if result else "y").slope("x", direction)
    assert slope == pytest.approx(float(np.sum(factors * np.mean(direction, axis=axis))), rel=1e-14)


@pytest.mark.filterwarnings("error")
def test_the_mask_gives_no_nan_and_no_warning(led):
    """Minus infinity passes the row's maximum, the difference and exp, in complex numbers as in real ones."""
    forward, masked = Forward(led), led["layers.0.attention.masked"]
    assert np.isneginf(masked.value).any()
    hidden = np.isneginf(masked.value)
    with np.errstate(all="raise", under="ignore"):
        for name in ("layers.0.attention.scores", "layers.0.attention.scaled", "layers.0.ln_1.out"):
            slope = forward.slope(name, np.ones(led[name].shape))
            assert np.isfinite(slope)
        assert forward.slope("layers.0.attention.scaled", hidden.astype(float)) == 0
        assert forward.slope("layers.0.attention.masked", np.where(hidden, 0.0, 1.0)) == pytest.approx(0, abs=1e-15)
    assert all(np.isfinite(row.error) for row in along_directions(led))


# --- against differences at fifty digits ------------------------------------------------------------------------------


def moved_loss(config, name, direction, distance):
    """The loss at fifty digits with one parameter moved. In float64 a distance of 1e-15 would be lost in the weights:
    it is recorded as operations, and the replay adds it at fifty digits."""
    layers, sizes, init = config.model.layers, step.axis_sizes(config), config.init
    led = Ledger(sizes)
    inputs = step.read(led, config)
    p = parameters.give(led, layers, parameters.draw(layers, sizes, init.seed, init.spread, init.decimals))
    axes = " ".join(p[name].axes)
    way = led.put("way", "d", axes, "mul_constant", led.given("direction", "d", axes, direction), constant=distance)
    p[name] = led.put("moved", "x", axes, "add", p[name], way)
    model.forward(led, p, inputs, layers)
    replay = Replay()
    return replay.context.mpf(replay.values(led)["loss"][()])


def central_difference(config, name, direction, distance=1e-15):
    high, low = (moved_loss(config, name, direction, way) for way in (distance, -distance))
    return (high - low) / (2 * Replay().numbers(distance)[()])


def test_every_parameter_along_a_direction_against_differences_at_fifty_digits(led, default):
    """Their own error is the third derivative times 1e-30: nothing. So the complex step and the hand-written gradient,
    both in float64, are each held against a true slope."""
    forward, generator = Forward(led), np.random.default_rng(2)
    for name, gradient in gradients(led).items():
        if led[name].attrs.get("parameter"):
            direction = generator.normal(size=gradient.shape)
            true = central_difference(default, name, direction)
            scale = float(np.sum(np.abs(gradient.value * direction)))  # what could be lost to cancellation
            assert abs(forward.slope(name, direction) - true) < 1e-14 * scale, name
            assert abs(np.sum(gradient.value * direction) - true) < 1e-14 * scale, name
            assert abs(true) > 1e-2 * scale, name  # so that 1e-14 of the one is 1e-12 of the other


def test_the_differences_at_fifty_digits_are_themselves_exact(default):
    """A hundredth of the distance changes nothing in the first twenty-five digits; neither agrees with another way."""
    direction = np.random.default_rng(3).normal(size=(16, 16))
    one, other = (central_difference(default, "layers.0.attention.w_q", direction, h) for h in (1e-15, 1e-17))
    assert abs(one / other - 1) < 1e-25
    turned = central_difference(default, "layers.0.attention.w_q", direction.T)
    assert abs(one / turned - 1) > 1e-3


# --- planted errors ---------------------------------------------------------------------------------------------------


def test_a_billionth_too_much_is_seen_and_named_in_each_gradient(led):
    for gradient in gradients(led).values():
        wrong = edited(led, gradient.name, gradient.value * (1 + 1e-9))
        with pytest.raises(Disagreement, match=rf"^{gradient.name}: off by \S+ of its largest entry"):
            hold(wrong)


def test_one_cell_off_by_little_more_than_twice_the_bound_is_seen_in_each_gradient(led):
    generator = np.random.default_rng(4)
    for name, gradient in gradients(led).items():
        value = gradient.value.copy()
        value[tuple(generator.integers(0, value.shape))] += 2.1e-12 * np.abs(value).max()  # it moves by half or more
        wrong = edited(led, gradient.name, value)
        assert [row.name for row in along_directions(wrong) if not row.holds] == [gradient.name]
        assert [row.holds for row in cell_by_cell(wrong, {name: wrong[gradient.name]})] == [False]


def test_two_cells_that_changed_places_are_seen_cell_by_cell(led):
    gradient = led["grad.layers.0.attention.w_q"]
    value = gradient.value.copy()
    value[3, 5], value[5, 3] = value[5, 3], value[3, 5]
    wrong = edited(led, gradient.name, value)
    assert [row.name for row in cell_by_cell(wrong) if not row.holds] == [gradient.name]


def test_no_pair_of_wrong_cells_cancels_along_the_directions(led):
    """Two cells that changed places, or two with the same error, whichever they are."""
    gradient, generator = led["grad.layers.0.attention.w_q"], np.random.default_rng(6)
    for sign in (1, -1):
        for _ in range(20):
            (a, b), value = generator.choice(gradient.value.size, 2, replace=False), gradient.value.copy()
            value.flat[a] += 1e-3
            value.flat[b] += sign * 1e-3
            wrong = edited(led, gradient.name, value)
            assert [row.name for row in along_directions(wrong) if not row.holds] == [gradient.name]


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_a_gradient_that_is_no_number_or_nothing_is_seen(led, value):
    gradient = led["grad.layers.0.ffn.b_1"]
    one = gradient.value.copy()
    one[3] = value
    for planted in (np.full(gradient.shape, value), one):
        wrong = edited(led, gradient.name, planted)
        assert [row.name for row in along_directions(wrong) if not row.holds] == [gradient.name]
        assert [row.holds for row in cell_by_cell(wrong, {"layers.0.ffn.b_1": wrong[gradient.name]})] == [False]


@pytest.fixture(scope="module")
def one_word(configured):
    """A text of one word: it attends to itself whatever its query and key, so their gradients are zero."""
    return step.training_step(configured({"text.sentence": "cat"}))


ZERO = [f"grad.layers.0.attention.{name}" for name in ("scores", "q_heads", "k_heads", "q", "k", "w_q", "w_k")]


def test_what_is_zero_by_mathematics_is_held_absolutely(one_word):
    rows = {row.name: row for row in [*hold(one_word), *cell_by_cell(one_word)]}
    for name in ZERO:
        assert rows[name].largest == 0
        assert rows[name].error < 1e-15  # here not divided by anything


@pytest.mark.parametrize("name", ZERO)
@pytest.mark.parametrize("size", [1e-3, 1.1e-12, 1e-14])  # the floor stands for a residue below 1e-15 here
@pytest.mark.parametrize("cells", [-1, slice(None, None, 16), slice(None)], ids=["one", "a column", "all"])
def test_a_gradient_where_there_is_none_is_seen(one_word, name, size, cells):
    value = np.zeros(one_word[name].shape)
    value.flat[cells] = size
    assert [row.name for row in along_directions(edited(one_word, name, value)) if not row.holds] == [name]


def first_fault(led):
    """The gradient that a build would name. They are taken in the order in which they were made, so this is the one
    nearest to the fault."""
    with pytest.raises(Disagreement) as caught:
        hold(led)
    return str(caught.value).partition(":")[0]


WRONG = {  # a line of the backward pass, what is written in its place, and the first gradient that it puts wrong
    "a residual's gradient dropped": (
        "grad.layers.1.residual_1", "copy", "grad.layers.1.residual_1.via.ln_2", "grad.layers.1.residual_1",
    ),
    "the mean's 1/N forgotten": ("grad.logits", "copy", "backward.loss.difference", "grad.logits"),
    "layer norm without its second mean": (
        "backward.ln_f.difference", "copy", "backward.ln_f.centered", "grad.layers.1.residual_2",
    ),
    "layer norm without its first mean": (
        "backward.layers.0.ln_2.centered", "copy", "grad.layers.0.ln_2.normalized", "grad.layers.0.residual_1",
    ),
    "a gain left out": ("grad.ln_f.normalized", "copy", "grad.ln_f.out", "grad.ln_f.normalized"),
    "W for its transpose": (
        "grad.layers.1.ln_1.out.via.q", "dot", "grad.layers.1.attention.q", "layers.1.attention.w_q[C D]",
        "grad.layers.1.ln_1.out",
    ),
    "softmax without its row sums": (
        "backward.layers.1.attention.centered", "copy", "grad.layers.1.attention.weights",
        "grad.layers.1.attention.masked",
    ),
    "the root of d_k left out": (
        "grad.layers.0.attention.scores", "copy", "grad.layers.0.attention.scaled", "grad.layers.0.attention.scores",
    ),
    "GELU's slope without its second term": (
        "backward.layers.1.ffn.slope", "copy", "layers.1.ffn.cdf", "grad.layers.1.ffn.hidden",
    ),
    "the gradient of the value read as the key's": (
        "grad.layers.0.attention.k", "join", "grad.layers.0.attention.v_heads", "grad.layers.0.attention.k",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_line_is_seen_where_it_stands(shaken_led, what):
    line, op, *operands, named = WRONG[what]
    program = Program.of(shaken_led)
    program.write(line, op, *operands)
    assert first_fault(program.run()) == named


def test_a_forward_pass_whose_backward_agrees_passes(prime, shaken, run, monkeypatch):
    """What this witness cannot see: scores over d_k, where its root is meant. The outside forward pass sees it."""
    right = attention.forward
    monkeypatch.setattr(
        attention, "forward", lambda led, qkv, width: right(led, qkv, led.put("wide", None, "", "square", width))
    )
    led = Ledger(step.axis_sizes(prime))
    run(led, prime, shaken(prime))
    hold(led)
