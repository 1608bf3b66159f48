"""The replay at fifty digits: true values of decimal inputs, for every operation that there is."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from calc.ledger import Ledger
from calc.operations import OPERATIONS
from render.proof.precise import Replay, UnknownInput
from tests.configurations import CONFIGURATIONS, computed

PI = "3.1415926535897932384626433832795028841971693993751"


def replayed(led: Ledger, name: str) -> Any:
    return Replay().values(led)[name]


def test_inputs_are_the_decimals_that_they_are_written_as() -> None:
    led = Ledger({"D": 3})
    x = led.given("x", "x", "D", [0.36, 0.1, -0.46])
    led.put("sum", "s", "", "sum", x)
    assert x.value.sum() != 0
    assert abs(replayed(led, "sum")[()]) < 1e-49


def test_constants_are_decimals_too() -> None:
    led = Ledger({})
    tenth = led.put("tenth", "t", "", "mul_constant", led.given("one", "1", "", 1), constant=0.1)
    led.put("more", "m", "", "add_constant", tenth, constant=0.2)
    with mpmath.workdps(50):
        assert abs(replayed(led, "more")[()] - mpmath.mpf("0.3")) < 1e-49


def test_pi_is_pi_and_no_other_number_is_guessed() -> None:
    values = Replay().values(computed("narrow").ledger)
    pi = values["constants.pi"][()]
    assert pi.context.nstr(pi, 50) == PI
    led = Ledger({})
    led.given("e", "e", "", 2.718281828459045, exact="e")
    with pytest.raises(UnknownInput, match="e: stands for 'e'"):
        Replay().values(led)


@pytest.mark.parametrize("name", ["narrow", "one word", "odd words"])
def test_the_engine_is_within_1e_12_of_it(name: str) -> None:
    """Relative to each array's largest entry, and to 1 where all of it is zero."""
    ledger = computed(name).ledger
    values = Replay().values(ledger)
    assert list(values) == [entry.name for entry in ledger]
    for entry in ledger:
        true = values[entry.name]
        assert true.shape == entry.shape, entry.name
        assert (true.dtype == object) == (entry.value.dtype.kind == "f"), entry.name
        floats = true.astype(np.float64)
        finite = np.isfinite(entry.value)
        assert (finite == np.isfinite(floats)).all(), entry.name
        scale = np.abs(floats[finite]).max(initial=0.0)
        error = np.abs(floats[finite] - entry.value[finite]).max(initial=0.0)
        assert error <= 1e-12 * (scale if scale > 1e-40 else 1.0), entry.name


def test_every_operation_takes_part() -> None:
    used = {entry.op for name in CONFIGURATIONS for entry in computed(name).ledger}
    assert used == set(OPERATIONS)


def test_thirty_digits_more_change_none_of_the_first_forty() -> None:
    ledger = computed("narrow").ledger
    usual, finer = Replay(), Replay(80)
    long = finer.values(ledger)
    for name, cells in usual.values(ledger).items():
        if cells.dtype != object:
            continue
        for x, y in zip(cells.ravel(), long[name].ravel(), strict=True):
            assert x == y or abs(finer.context.mpf(x) - y) <= abs(y) * mpmath.mpf("1e-40") + mpmath.mpf("1e-45"), name


def test_rows_with_the_same_number_add_up_in_front_of_a_batch_too() -> None:
    led = Ledger({"B": 2, "T": 3, "V": 4})
    rows = led.given("rows", "x", "B T", [[0.1, 0.2, 0.3], [1, 2, 3]])
    ids = led.given("ids", "i", "T", [1, 1, 3])
    led.put("total", "t", "V", "scatter_add", rows, ids)
    with mpmath.workdps(50):
        expected = [mpmath.mpf(text) for text in ("0", "3.3", "0", "3.3")]
        assert all(abs(a - b) < 1e-48 for a, b in zip(replayed(led, "total"), expected, strict=True))


def test_the_precision_of_the_process_is_left_alone() -> None:
    before = mpmath.mp.dps
    Replay().values(computed("narrow").ledger)
    assert mpmath.mp.dps == before
