"""The recorded program of a ledger: the same numbers when it is run again, others when it is edited."""

from __future__ import annotations

import numpy as np
import pytest

from calc import parameters, step
from calc.ledger import Ledger, LedgerError
from calc.program import Program, Replay


@pytest.fixture
def small() -> Ledger:
    """c = a b, d = c + c, e = sqrt(c), with square b."""
    led = Ledger({"T": 2, "D": 3, "C": 3})
    a = led.given("a", "a", "T D", np.arange(1.0, 7.0).reshape(2, 3))
    b = led.given("b", "B", "D C", np.arange(9.0).reshape(3, 3), parameter=True)
    with led.stage("one"):
        c = led.put("c", "c", "T C", "dot", a, b)
        led.put("sum", None, "T C", "add", c, c)
    with led.stage("two"):
        led.put("root", None, "T C", "sqrt", led.put("zero", "z", "T C", "sub", c, c, zeros=np.ones((2, 3), bool)))
        led.put("last", "l", "T C", "copy", c)
    return led


@pytest.mark.parametrize("which", ["led", "prime_led"])
def test_a_program_run_again_is_the_ledger_it_came_from(which, request):
    led = request.getfixturevalue(which)
    again = Program.of(led).run()
    assert [e.name for e in again] == [e.name for e in led]
    for old, new in zip(led, again, strict=True):
        np.testing.assert_array_equal(new.value, old.value)
        assert (new.symbol, new.axes, new.op, new.attrs, new.stage) == (
            old.symbol, old.axes, old.op, old.attrs, old.stage
        )  # fmt: skip
        assert [o.name for o in new.operands] == [o.name for o in old.operands]
        assert new.operand_axes == old.operand_axes
        assert (new.zeros is None) == (old.zeros is None)


def test_without_some_stages(led):
    left_out = ("unfolded", "facts", "account", "primer")
    program = Program.of(led, without=left_out)
    stages = {line.stage for line in program.lines.values()}
    assert stages == {stage for stage in led.stages() if not stage.startswith(left_out)}
    assert "loss" in program.run()


def test_an_edit_changes_what_comes_after_it_and_nothing_else(small):
    program = Program.of(small)
    edited = program.copy()
    edited.write("sum", "mul", "c", "c")
    led = edited.run()
    np.testing.assert_array_equal(led["sum"].value, small["c"].value ** 2)
    np.testing.assert_array_equal(led["c"].value, small["c"].value)
    np.testing.assert_array_equal(program.run()["sum"].value, small["sum"].value)  # the original is as it was


def test_a_symbol_that_is_a_formula_follows_the_edit_and_a_letter_stays(small):
    program = Program.of(small)
    program.write("sum", "mul", "c", "c")
    program.write("c", "add", "a[T C]", "a[T C]")
    led = program.run()
    assert (small["sum"].symbol, led["sum"].symbol, led["c"].symbol) == ("c + c", r"c \odot c", "c")


def test_operands_can_be_read_with_other_letters(small):
    program = Program.of(small)
    program.write("c", "dot", "a", "b[C D]")
    np.testing.assert_array_equal(program.run()["c"].value, small["a"].value @ small["b"].value.T)


def test_new_lines_and_new_inputs_stand_before_the_line_that_is_named(small):
    program = Program.of(small)
    program.give("sum", "scale", "s", "T", [2, -3])
    program.insert("sum", "scaled", None, "T C", "mul", "c", "scale")
    program.write("sum", "neg", "scaled")
    led = program.run()
    names = [e.name for e in led]
    assert names[names.index("c") + 1 : names.index("sum") + 1] == ["scale", "scaled", "sum"]
    assert (led["scaled"].stage, led["scaled"].symbol) == ("one", r"c \odot s")
    np.testing.assert_array_equal(led["sum"].value, -small["c"].value * np.array([[2], [-3]]))


def test_an_edit_can_change_the_axes_and_drops_what_was_declared_zero(small):
    program = Program.of(small)
    program.write("zero", "copy", "c")
    assert program.run()["zero"].zeros is None
    program = Program.of(small)
    program.write("last", "sum", "c", axes="T")
    np.testing.assert_array_equal(program.run()["last"].value, small["c"].value.sum(axis=1))


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda p: p.write("som", "copy", "c"), "no line 'som' in the program; nearest: sum"),
        (lambda p: p.write("sum", "copy", "bb"), "no line 'bb'"),
        (lambda p: p.insert("sum", "c", None, "T C", "copy", "c"), "c: the program has a line of that name"),
        (lambda p: p.insert("some", "x", None, "T C", "copy", "c"), "nearest: sum"),
    ],
)
def test_a_slip_in_an_edit_is_named(small, edit, says):
    with pytest.raises(LedgerError, match=says):
        edit(Program.of(small))


def test_a_line_whose_operand_comes_later_cannot_run(small):
    program = Program.of(small)
    program.write("c", "copy", "sum")
    with pytest.raises(KeyError, match="no entry 'sum'"):
        program.run()


def test_a_replay_gives_the_ledgers_values_and_those_of_other_inputs(prime, prime_led):
    names = ["loss", "grad.layers.0.attention.w_q", "adamw.w_out.new"]
    replay = Replay(prime_led, names)
    for name in names:
        np.testing.assert_allclose(replay({})[name], prime_led[name].value, rtol=0, atol=1e-15)
    other = prime.model_copy(update={"init": prime.init.model_copy(update={"seed": 77})})
    led = step.training_step(other)
    weights = parameters.draw(2, prime_led.sizes, 77, prime.init.spread, prime.init.decimals)
    for name in names:
        np.testing.assert_allclose(replay(weights)[name], led[name].value, rtol=0, atol=1e-14)


def test_a_replay_runs_only_what_is_needed(prime_led):
    values = Replay(prime_led, ["layers.0.ln_1.mean"])({})
    assert not [name for name in values if name.startswith(("grad.", "adamw.", "layers.1.", "layers.0.attention"))]
    assert "embedding.out" in values
