"""Each operation against plain NumPy written out here, by letters in odd orders, at prime sizes."""

from __future__ import annotations

import math
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.ledger import LedgerError, Tape
from calc.operations import OPERATIONS, AxesError, aligner, letters, union


def made(board, axes, op, *operands, **attrs):
    """The value of one operation, seen to have the shape that its axes say."""
    value = board.led.put("result", None, axes, op, *operands, **attrs).value
    assert np.shape(value) == tuple(board.led.sizes[letter] for letter in axes.split())
    return value


# --- element by element -----------------------------------------------------------------------------------------------

PAIRS = {"sub": np.subtract, "mul": np.multiply, "div": np.divide, "power": np.power}


@pytest.mark.parametrize("op", PAIRS)
def test_pairs_meet_by_letter_whatever_their_order(board, op):
    left, right = board("T D H"), board("H T")
    left.value, right.value = np.abs(left.value) + 0.5, np.abs(right.value) + 0.5
    expected = np.empty((2, 7, 3))
    for h in range(2):
        for t in range(7):
            for d in range(3):
                expected[h, t, d] = PAIRS[op](left.value[t, d, h], right.value[h, t])
    np.testing.assert_array_equal(made(board, "H T D", op, left, right), expected)


def test_operands_without_a_common_letter_make_every_pair(board):
    row, column = board("D"), board("T")
    np.testing.assert_array_equal(made(board, "T D", "mul", row, column), np.outer(column.value, row.value))
    np.testing.assert_array_equal(made(board, "D T", "mul", row, column), np.outer(row.value, column.value))


def test_a_scalar_meets_everything(board):
    x, scalar = board("T D"), board("", 3.0)
    np.testing.assert_array_equal(made(board, "T D", "div", x, scalar), x.value / 3.0)
    np.testing.assert_array_equal(made(board, "T D", "div", scalar, x), 3.0 / x.value)


def test_add_takes_any_number_of_operands(board):
    a, b, c = board("T D"), board("D T"), board("T")
    expected = a.value + b.value.T + c.value[:, None]
    np.testing.assert_array_equal(made(board, "T D", "add", a, b, c), expected)
    np.testing.assert_array_equal(made(board, "T D", "add", a, b), a.value + b.value.T)


SINGLES = {
    "neg": lambda x: -x,
    "copy": lambda x: x,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "square": lambda x: x * x,
    "erfc": math.erfc,
}


@pytest.mark.parametrize("op", SINGLES)
def test_functions_of_one_cell(board, op):
    x = board("T D")
    x.value = np.abs(x.value) + 0.1
    expected = np.array([[SINGLES[op](cell) for cell in row] for row in x.value])
    np.testing.assert_allclose(made(board, "T D", op, x), expected, rtol=1e-15)
    np.testing.assert_array_equal(made(board, "D T", op, x), made(board, "T D", op, x).T)


def test_constants(board):
    x = board("T D")
    np.testing.assert_array_equal(made(board, "T D", "add_constant", x, constant=1.5), x.value + 1.5)
    np.testing.assert_array_equal(made(board, "T D", "mul_constant", x, constant=-0.5), x.value * -0.5)


def test_each_constant_is_its_own(board):
    x = board("T D")
    twice, thrice = (made(board, "T D", "mul_constant", x, constant=c) for c in (2.0, 3.0))
    np.testing.assert_array_equal(twice, x.value * 2)
    np.testing.assert_array_equal(thrice, x.value * 3)


# --- sums -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        ("T D", "D C", "T C"),
        ("D T", "C D", "T C"),
        ("D T", "C D", "C T"),
        ("H T K", "H S K", "H T S"),
        ("K T H", "S H K", "S T H"),
        ("T D", "T C", "D C"),
        ("T D", "D", "T"),
        ("T", "T D", "D"),
        ("D", "D S", "S"),
        ("T D", "T D", "D"),  # the gain's gradient: over positions, feature by feature
        ("T D", "D T", ""),
        ("T D F", "F D", "T"),
        ("T D F", "S F", "D S T"),
        ("H T S", "H S K", "H T K"),
        ("T", "D", "D T"),  # nothing to sum
    ],
)
def test_dot_sums_over_the_letters_that_the_result_lacks(board, left, right, result):
    a, b = board(left), board(right)
    spec = f"{left},{right}->{result}".replace(" ", "")
    np.testing.assert_allclose(made(board, result, "dot", a, b), np.einsum(spec, a.value, b.value), atol=2e-14)


@st.composite
def products(draw):
    """Two operands and a result: each letter is shared, summed, or one operand's own."""
    names = draw(st.permutations(string.ascii_uppercase.replace("B", "")))[: draw(st.integers(0, 6))]
    kinds = {name: draw(st.sampled_from(("shared", "summed", "left", "right"))) for name in names}

    def shuffled(*wanted):
        return tuple(draw(st.permutations([name for name, kind in kinds.items() if kind in wanted])))

    sizes = {name: draw(st.integers(1, 5)) for name in names}
    operands = shuffled("shared", "summed", "left"), shuffled("shared", "summed", "right")
    return *operands, shuffled("shared", "left", "right"), sizes, draw(st.integers(0, 99))


@settings(max_examples=200, deadline=None)
@given(products())
def test_dot_is_einsum(product):
    left, right, result, sizes, seed = product
    generator, tape = np.random.default_rng(seed), Tape(sizes)
    a, b = (generator.normal(size=[sizes[letter] for letter in axes]) for axes in (left, right))
    got = tape.put("x", None, result, "dot", tape.given("a", "a", left, a), tape.given("b", "b", right, b))
    spec = f"{''.join(left)},{''.join(right)}->{''.join(result)}"
    np.testing.assert_allclose(got.value, np.einsum(spec, a, b), atol=1e-12)


@pytest.mark.parametrize(
    ("op", "plain"), [("sum", np.sum), ("max", np.max), ("mean", lambda a, axis: np.sum(a, axis) / a.shape[axis])]
)
def test_reductions_go_over_the_letters_that_the_result_lacks(board, op, plain):
    x = board("H T S")
    np.testing.assert_allclose(made(board, "H T", op, x), plain(x.value, 2), rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(made(board, "H S", op, x), plain(x.value, 1), rtol=1e-15, atol=1e-15)


def test_reductions_over_several_letters(board):
    x = board("H T S")
    np.testing.assert_allclose(made(board, "T", "sum", x), [x.value[:, t].sum() for t in range(7)], atol=1e-14)
    np.testing.assert_allclose(made(board, "", "mean", x), x.value.sum() / (2 * 7 * 5), atol=1e-15)
    np.testing.assert_array_equal(made(board, "T", "max", x), [x.value[:, t].max() for t in range(7)])


# --- by number --------------------------------------------------------------------------------------------------------


def test_gather_reads_rows(board):
    table, ids = board("V D"), board.ids("T", below="V")
    np.testing.assert_array_equal(
        made(board, "T D", "gather", table, ids), [table.value[number] for number in ids.value]
    )


def test_scatter_add_adds_rows_of_the_same_number(board):
    rows, ids = board("T D"), board("T", np.array([4, 0, 4, 12, 0, 4, 7]))
    expected = np.zeros((13, 3))
    for row, number in zip(rows.value, ids.value, strict=True):
        for d in range(3):
            expected[number, d] += row[d]
    np.testing.assert_array_equal(made(board, "V D", "scatter_add", rows, ids), expected)


def test_scatter_add_sums_axes_in_front_of_the_ids(board):
    rows, ids = board("H T D"), board.ids("T", below="V")
    expected = sum(made(board, "V D", "scatter_add", board("T D", part), ids) for part in rows.value)
    np.testing.assert_allclose(made(board, "V D", "scatter_add", rows, ids), expected, atol=1e-15)


def test_pick_reads_one_column_of_each_row(board):
    x, ids = board("T V"), board.ids("T", below="V")
    expected = [row[number] for row, number in zip(x.value, ids.value, strict=True)]
    np.testing.assert_array_equal(made(board, "T", "pick", x, ids), expected)


def test_one_hot(board):
    ids = board.ids("T", below="V")
    got = made(board, "T V", "one_hot", ids)
    assert got.dtype == np.float64
    assert got.sum() == 7
    assert all(got[t, number] == 1 for t, number in enumerate(ids.value))


def test_the_causal_mask_lets_a_query_see_no_later_key(board):
    got = made(board, "T S", "causal_mask")
    assert [[bool(got[t, s]) for s in range(5)] for t in range(7)] == [[s <= t for s in range(5)] for t in range(7)]


def test_mask_leaves_the_cell_or_minus_infinity(board):
    x, mask = board("H T S"), made(board, "T S", "causal_mask")
    got = made(board, "H T S", "mask", x, board("T S", mask))
    for h, t, s in np.ndindex(2, 7, 5):
        assert got[h, t, s] == (x.value[h, t, s] if s <= t else -np.inf)


def test_identity(board):
    np.testing.assert_array_equal(made(board, "D D'", "identity"), np.eye(3))


def test_select_fixes_indices(board):
    x = board("H T S")
    np.testing.assert_array_equal(made(board, "S", "select", x, at={"H": 1, "T": 4}), x.value[1, 4])
    np.testing.assert_array_equal(made(board, "H S", "select", x, at={"T": 2}), x.value[:, 2])


# --- shape ------------------------------------------------------------------------------------------------------------


def test_split_deals_columns_out_to_heads(board):
    x = board("T C")
    got = made(board, "H T K", "split", x)
    for h, t, k in np.ndindex(2, 7, 17):
        assert got[h, t, k] == x.value[t, h * 17 + k]


def test_join_puts_heads_side_by_side(board):
    heads = board("H T K")
    got = made(board, "T C", "join", heads)
    for h, t, k in np.ndindex(2, 7, 17):
        assert got[t, h * 17 + k] == heads.value[h, t, k]


def test_repeat_says_the_same_at_every_index(board):
    x = board("T")
    np.testing.assert_array_equal(made(board, "D T", "repeat", x), [x.value] * 3)
    np.testing.assert_array_equal(made(board, "T D", "repeat", x), [[cell] * 3 for cell in x.value])
    np.testing.assert_array_equal(made(board, "T", "repeat", board("", 0.5)), [0.5] * 7)


def test_counts_are_whole_numbers(board):
    size = made(board, "", "size", board("H T S"))
    count = made(board, "", "count", parts={"a": 3, "b": 4})
    assert (size, count) == (2 * 7 * 5, 7)
    assert {size.dtype, count.dtype} == {np.dtype(np.int64)}


# --- wrong axes -------------------------------------------------------------------------------------------------------


def operands_of(board, op):
    """Operands that the operation takes."""
    shapes = {
        "dot": ("T D", "D C"), "add": ("T D", "D"), "sub": ("T D", "T"), "mul": ("T D", "T"), "div": ("T D", "T"),
        "power": ("T D", "T"), "mask": ("H T S", "T S"), "split": ("T C",), "join": ("H T K",),
        "given": (), "causal_mask": (), "identity": (), "count": (),
    }  # fmt: skip
    if op in ("gather", "pick", "scatter_add", "one_hot"):
        table = {"gather": ("V D",), "pick": ("T V",), "scatter_add": ("T D",), "one_hot": ()}[op]
        return [*(board(axes) for axes in table), board.ids("T", below="V")]
    return [board(axes) for axes in shapes.get(op, ("T D",))]


ATTRS = {
    "add_constant": {"constant": 1.0},
    "mul_constant": {"constant": 1.0},
    "select": {"at": {}},
    "count": {"parts": {}},
}


@pytest.mark.parametrize("declared", ["T P S F", "P", "F T D", "D T V", "P F"])
@pytest.mark.parametrize("op", sorted(set(OPERATIONS) - {"given", "repeat", "causal_mask", "identity"}))
def test_axes_that_an_operation_does_not_give_are_refused(board, op, declared):
    with pytest.raises(LedgerError, match=r"^x: (declared axes|dot would sum|split needs)"):
        board.led.put("x", None, declared, op, *operands_of(board, op), **ATTRS.get(op, {}))


@pytest.mark.parametrize(
    ("op", "operands", "declared", "message"),
    [
        ("div", ("H T S", "H T"), "H T", "weights: declared axes (H, T), but div gives (H, T, S)"),
        ("sum", ("H T S",), "T H", "weights: declared axes (T, H), but sum gives (H, T)"),
        ("dot", ("T D", "D C"), "T K", "weights: declared axes (T, K), but dot gives (T)"),
        ("dot", ("T D", "C"), "T C", "weights: dot would sum over D, which only one operand has; sum it first"),
        ("exp", ("T D",), "T", "weights: declared axes (T), but exp gives (T, D)"),
        ("copy", ("T D",), "T F", "weights: declared axes (T, F), but copy gives (T, D)"),
        ("split", ("T C",), "H S K", "weights: declared axes (H, S, K), but split gives (H, T, K)"),
        ("split", ("T F",), "H T K", "weights: split needs F = H K, but 19 is not 2 times 17"),
        ("split", ("T C",), "T C", "weights: declared axes (T, C), but split gives 3 axes"),
        ("join", ("H T K",), "S C", "weights: declared axes (S, C), but join gives (T, C)"),
        ("join", ("H T K",), "T F", "weights: join needs F = H K, but 19 is not 2 times 17"),
        ("repeat", ("T",), "D", "weights: declared axes (), but repeat gives (T)"),
        ("causal_mask", (), "T", "weights: declared axes (T), but causal_mask gives 2 axes"),
        ("identity", (), "D D' S", "weights: declared axes (D, D', S), but identity gives 2 axes"),
        ("size", ("T D",), "T", "weights: declared axes (T), but size gives ()"),
    ],
)
def test_the_message_names_the_entry_what_was_declared_and_what_came(board, op, operands, declared, message):
    with pytest.raises(LedgerError) as error:
        board.led.put("weights", None, declared, op, *(board(axes) for axes in operands))
    assert str(error.value) == message


def test_ids_that_do_not_fit_the_rows_are_refused(board):
    message = r"declared axes \(V, D\), but scatter_add cannot number rows \(T, D\) by \(S\)"
    with pytest.raises(LedgerError, match=message):
        board.led.put("x", None, "V D", "scatter_add", board("T D"), board.ids("S", below="V"))


def test_axes_errors_are_value_errors():
    assert issubclass(AxesError, ValueError)
    assert issubclass(LedgerError, ValueError)


# --- the small tools --------------------------------------------------------------------------------------------------


def test_letters_and_their_union():
    assert letters("H T S'") == ("H", "T", "S'")
    assert letters("") == ()
    assert union(("T", "D"), ("D", "C"), ()) == ("T", "D", "C")


def test_an_array_that_lines_up_is_left_alone():
    assert aligner(("T", "D"), ("H", "T", "D")) is None
    assert aligner(("H", "T"), ("H", "T", "S"))(np.zeros((2, 7))).shape == (2, 7, 1)
    assert aligner(("S", "H"), ("H", "T", "S"))(np.zeros((5, 2))).shape == (2, 1, 5)
