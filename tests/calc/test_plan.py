"""A plan gives what a tape gives, bit by bit, at every run."""

from __future__ import annotations

import numpy as np
import pytest

from calc import flat, model, parameters, step
from calc.ledger import LedgerError, Tape
from calc.plan import Memory, Plan

SIZES = {"V": 13, "P": 11, "T": 7, "S": 5, "D": 3, "H": 2, "K": 17, "F": 19, "C": 34}
CASES = {  # axes, operation, operands' axes, attributes
    "dot": ("T C", "dot", ("T D", "D C"), {}),
    "dot of heads": ("H T S", "dot", ("H T K", "H S K"), {}),
    "dot, turned": ("S T H", "dot", ("K T H", "S H K"), {}),
    "dot of a row": ("D", "dot", ("T D", "T D"), {}),
    "dot to a number": ("", "dot", ("T D", "D T"), {}),
    "dot that has to copy": ("T", "dot", ("T D F", "F D"), {}),
    "add": ("T D", "add", ("T D", "D"), {}),
    "add of three, turned": ("D T", "add", ("T D", "D T", "T"), {}),
    "div by a number": ("T D", "div", ("T D", ""), {}),
    "power": ("T D", "power", ("T D", ""), {}),
    "mul_constant": ("T D", "mul_constant", ("T D",), {"constant": -0.5}),
    "copy": ("T D", "copy", ("T D",), {}),
    "copy, turned": ("D T", "copy", ("T D",), {}),
    "erfc": ("T D", "erfc", ("T D",), {}),
    "erfc, turned": ("D T", "erfc", ("T D",), {}),
    "exp of a number": ("", "exp", ("",), {}),
    "sum": ("D", "sum", ("T D",), {}),
    "sum of everything": ("", "sum", ("T D",), {}),
    "mean": ("H T", "mean", ("H T S",), {}),
    "max": ("H S", "max", ("H T S",), {}),
    "gather": ("T D", "gather", ("V D", "ids T"), {}),
    "scatter_add": ("V D", "scatter_add", ("T D", "ids T"), {}),
    "scatter_add of several": ("V D", "scatter_add", ("H T D", "ids T"), {}),
    "pick": ("T", "pick", ("T V", "ids T"), {}),
    "one_hot": ("T V", "one_hot", ("ids T",), {}),
    "mask": ("H T S", "mask", ("H T S", "ids T S"), {}),
    "select": ("H S", "select", ("H T S",), {"at": {"T": 2}}),
    "split": ("H T K", "split", ("T C",), {}),
    "join": ("T C", "join", ("H T K",), {}),
    "repeat": ("D T", "repeat", ("T",), {}),
}


def filled(array, generator):
    """New numbers in an array: ids below 5, or positive numbers."""
    whole = array.dtype.kind == "i"
    array[...] = generator.integers(0, 5, array.shape) if whole else np.abs(generator.normal(size=array.shape)) + 0.1


def laid(axes, generator):
    """Memory for an operand, `ids` in front of the axes of whole numbers."""
    whole, letters = axes.startswith("ids "), axes.removeprefix("ids ")
    array = np.zeros([SIZES[letter] for letter in letters.split()], np.int64 if whole else np.float64)
    filled(array, generator)
    return letters, array


@pytest.mark.parametrize("case", CASES)
def test_an_operation_again_on_other_numbers(case):
    axes, op, read, attrs = CASES[case]
    generator = np.random.default_rng(2)
    operands = [laid(each, generator) for each in read]
    place = np.zeros([SIZES[letter] for letter in axes.split()])
    plan = Plan(SIZES)
    given = [plan.given(f"x{i}", "x", *operand) for i, operand in enumerate(operands)]
    results = [plan.put("kept", None, axes, op, *given, **attrs).value]
    if case != "dot, turned":  # which has no place, see below
        with plan.into({"placed": place}):
            results += [plan.put("placed", None, axes, op, *given, **attrs).value, place]
    for _ in range(3):
        tape = Tape(SIZES)
        wanted = tape.put("x", None, axes, op, *[tape.given("o", "o", *operand) for operand in operands], **attrs)
        for found in results:
            assert found.shape == wanted.shape
            assert found.tobytes() == wanted.value.tobytes()
        for _, array in operands:
            filled(array, generator)
        plan.run()


def test_a_product_whose_cells_come_in_another_order_has_no_place():
    plan, generator = Plan(SIZES), np.random.default_rng(0)
    given = [plan.given("x", "x", *laid(axes, generator)) for axes in ("K T H", "S H K")]
    with plan.into({"w": np.zeros((5, 7, 2))}), pytest.raises(LedgerError, match=r"^w: dot gives \(S, T, H\) turned"):
        plan.put("w", None, "S T H", "dot", *given)


def test_what_comes_of_constants_is_computed_once():
    plan = Plan(SIZES)
    two, x = plan.given("two", "2", "", 2.0), plan.given("x", "x", "D", np.ones(3))
    root = plan.put("root", None, "", "sqrt", two)
    mask = plan.put("mask", "M", "T S", "causal_mask")
    plan.put("counted", None, "T S", "mul", mask, plan.put("size", "N", "", "size", x))
    assert len(plan) == 0
    plan.put("product", None, "D", "mul", x, root)
    assert (len(plan), plan.bytes) == (1, 3 * 8)


def test_moving_letters_takes_no_call():
    plan = Plan(SIZES)
    x = plan.given("x", "x", "T C", np.ones((7, 34)))
    for name, axes, op in (("heads", "H T K", "split"), ("same", "T C", "copy")):
        assert np.shares_memory(plan.put(name, None, axes, op, x).value, x.value)
    assert len(plan) == 0


def test_plans_one_after_the_other_share_memory():
    shared, x = Memory(), np.arange(6.0)
    plans, found = [], []
    for half in (x[:3], x[3:]):
        plan = Plan({"W": 3})
        given = plan.given("x", "x", "W", half)
        with plan.into({"new": half}, shared):
            squared = plan.put("squared", None, "W", "square", given)
            plan.put("new", None, "W", "sub", squared, given)
        plans.append(plan)
        found.append(squared.value)
    assert found[0] is found[1]
    assert [plan.bytes for plan in plans] == [3 * 8, 0]
    np.testing.assert_array_equal(x, [0, 0, 2, 6, 12, 20])
    for plan in plans:
        plan.run()
    np.testing.assert_array_equal(x, [0, 0, 2, 30, 132, 380])


def test_a_place_is_for_what_is_made_inside():
    plan, place = Plan(SIZES), np.zeros(3)
    x = plan.given("x", "x", "D", np.ones(3))
    with plan.into({"y": place}):
        pass
    plan.put("y", None, "D", "neg", x)
    assert not place.any()


def test_the_models_steps(prime, shaken):
    """Forward, backward and gradients on one flat vector, from other parameters and words at each run."""
    layers, sizes, generator = prime.model.layers, step.axis_sizes(prime), np.random.default_rng(7)
    theta, gradient = (flat.zeros(flat.places(layers, sizes)) for _ in range(2))
    weights, gradients = (flat.views(vector, flat.places(layers, sizes)) for vector in (theta, gradient))
    tokens, targets = np.zeros(7, np.int64), np.zeros(7, np.int64)
    plan, planned = Plan(sizes), None
    for seed in range(4):
        for name, value in shaken(prime, seed).items():
            weights[name][...] = value
        for ids in (tokens, targets):
            ids[...] = generator.integers(0, 13, 7)
        if planned is None:
            planned, _ = passed(plan, prime, weights, tokens, targets, gradients)
        else:
            plan.run()
        forward, wanted = passed(Tape(sizes), prime, weights, tokens, targets)
        assert planned.loss.loss.value.tobytes() == forward.loss.loss.value.tobytes()
        assert planned.loss.nll.value.tobytes() == forward.loss.nll.value.tobytes()
        for name, entry in wanted.items():
            assert gradients[name].tobytes() == np.ascontiguousarray(entry.value).tobytes(), name


def passed(tape, config, weights, tokens, targets, gradients=None):
    """Forward and backward on a tape, or on a plan that writes the gradients."""
    given = tape.given("tokens", "x", "T", tokens), tape.given("targets", "y", "T", targets)
    inputs = step.read(tape, config)._replace(tokens=given[0], targets=given[1])
    entries = parameters.give(tape, config.model.layers, weights)
    forward = model.forward(tape, entries, inputs, config.model.layers)
    if gradients is None:
        return forward, model.backward(tape, forward, entries, inputs)
    with tape.into({f"grad.{name}": place for name, place in gradients.items()}):
        return forward, model.backward(tape, forward, entries, inputs)
