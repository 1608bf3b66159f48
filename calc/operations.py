"""The closed set of operations. Every number of the site was made by one of them, so each is small enough that one
printed line explains one cell.

An operation is prepared once for its axes, which checks that they fit, and then applied to arrays. Operands meet by the
*letters* of their axes, never by their order: `scores[H T S] - top[H T]` lines `top` up with H and T. A sum of products
(`dot`) sums over every letter that the result does not have, and so do `sum`, `mean` and `max`; this is why a batch
axis can be put in front of all operands without a change to any layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calc.erfc import erfc

Axes = tuple[str, ...]
Array = NDArray[Any]
Function = Callable[..., Any]
Sizes = Mapping[str, int]
Attrs = Mapping[str, Any]


class AxesError(ValueError):
    """The declared axes are not those that the operation gives."""


class Prepared:
    """An operation made ready for its axes, to be applied to arrays.

    Each operand is lined up by its one of the `views` (None, or no views at all: it is taken as it is),
    `call(*operands, out)` computes from them, into `out` where that is not None, and `result` lines up what came of it.
    Without a call, the one operand, lined up, is the result. Lining up moves no number where it can be helped: applied
    to the same memory again, an operation is its call alone (calc/plan.py).
    """

    __slots__ = ("call", "result", "views")

    def __init__(self, call: Function | None, *views: Function | None, result: Function | None = None) -> None:
        self.call, self.views, self.result = call, views if any(views) else (), result

    def __call__(self, *arrays: Array) -> Any:
        if self.views:
            arrays = tuple([view(a) if view else a for view, a in zip(self.views, arrays, strict=True)])
        if self.call is None:
            return arrays[0]
        value = self.call(*arrays, None)
        return self.result(value) if self.result else value


Prepare = Callable[[tuple[Axes, ...], Axes, Sizes, Attrs], Prepared]


class Operation(NamedTuple):
    """`prepare(operand axes, result axes, sizes, attrs)` gives the function; `cell` says how one cell comes about."""

    prepare: Prepare
    cell: str
    operands: int | None = 1  # None: two or more
    integer: bool = False


@cache
def letters(axes: str) -> Axes:
    """`"H T S"` as `("H", "T", "S")`; the empty text is a scalar's."""
    return tuple(axes.split())


def shown(axes: Axes) -> str:
    return f"({', '.join(axes)})"


def union(*operands: Axes) -> Axes:
    """The letters of all operands, in order of first appearance."""
    return tuple(dict.fromkeys(letter for axes in operands for letter in axes))


def expect(op: str, declared: Axes, gives: Axes) -> None:
    if declared != gives:
        raise AxesError(f"declared axes {shown(declared)}, but {op} gives {shown(gives)}")


def expect_count(op: str, declared: Axes, count: int) -> None:
    if len(declared) != count:
        raise AxesError(f"declared axes {shown(declared)}, but {op} gives {count} axes")


def aligner(axes: Axes, onto: Axes) -> Function | None:
    """How an array with `axes` lines up with `onto` by letter: None where it already does."""
    if axes == onto[len(onto) - len(axes) :]:
        return None  # NumPy broadcasts missing axes in front by itself
    order = tuple(axes.index(letter) for letter in onto if letter in axes)
    pick = tuple(slice(None) if letter in axes else None for letter in onto)
    if order == tuple(range(len(axes))):
        return lambda a: a[pick]
    return lambda a: a.transpose(order)[pick]


# --- element by element ------------------------------------------------------------------------------------------


def elementwise(op: str, function: Function) -> Prepare:
    """One function of the operands' cells; the result has every letter of the operands."""

    def prepare(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
        gives = union(*operands)
        if set(gives) != set(result) or len(gives) != len(result):
            expect(op, result, gives)
        return Prepared(function, *[aligner(axes, result) for axes in operands])

    return prepare


def with_constant(op: str, function: Function) -> Prepare:
    """One function of the operand's cell and the constant written in `attrs`."""

    def prepare(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
        expect(op, result, operands[0])
        constant = attrs["constant"]
        return Prepared(lambda a, out: function(a, constant, out))

    return prepare


def add(*arrays: Any) -> Any:
    first, second, *others, out = arrays
    total = np.add(first, second, out)
    for array in others:
        total = np.add(total, array, out)
    return total


# --- sums --------------------------------------------------------------------------------------------------------


def dot(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """Sum of products over every letter that the result does not have: `x[T D], w[D C] -> [T C]` is `x @ w`.

    Both operands are brought to [shared, own, summed] and [shared, summed, own], which is one stacked matrix product.
    """
    left, right = operands
    gives = union(left, right)
    if not set(result) <= set(gives) or len(set(result)) != len(result):
        expect("dot", result, tuple(letter for letter in gives if letter in result))
    summed = tuple(letter for letter in gives if letter not in result)
    for letter in summed:
        if letter not in left or letter not in right:
            raise AxesError(f"dot would sum over {letter}, which only one operand has; sum it first")
    shared = tuple(letter for letter in result if letter in left and letter in right)
    rows = tuple(letter for letter in result if letter in left and letter not in right)
    columns = tuple(letter for letter in result if letter in right and letter not in left)

    def size(axes: Axes) -> tuple[int, ...]:
        return tuple(sizes[letter] for letter in axes)

    def bring(axes: Axes, *groups: Axes) -> Function | None:
        """To the groups' order, each group but the shared one flattened to one axis; None where it is so already."""
        order = tuple(axes.index(letter) for group in groups for letter in group)
        shape = size(groups[0]) + tuple(math.prod(size(group)) for group in groups[1:])
        transposes = order != tuple(range(len(axes)))
        if shape == size(axes) and not transposes:
            return None
        if shape == tuple(sizes[axes[i]] for i in order):
            return lambda a: a.transpose(order)
        return lambda a: a.transpose(order).reshape(shape)

    bring_left, bring_right = bring(left, shared, rows, summed), bring(right, shared, summed, columns)
    made = shared + rows + columns
    shape, order = size(made), tuple(made.index(letter) for letter in result)
    straight = order == tuple(range(len(made))) and len(rows) == len(columns) == 1
    turn = None if straight else lambda c: c.reshape(shape).transpose(order)
    return Prepared(np.matmul if shared else np.dot, bring_left, bring_right, result=turn)  # np.dot: less overhead


def reduction(op: str, function: Function) -> Prepare:
    """Over every letter that the result does not have."""

    def prepare(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
        over = reduced(op, operands[0], result)
        return Prepared(lambda a, out: function(a, over, None, out))

    return prepare


def reduced(op: str, axes: Axes, result: Axes) -> tuple[int, ...]:
    """Where the letters stand that the result does not have."""
    expect(op, result, tuple(letter for letter in axes if letter in result))
    return tuple(i for i, letter in enumerate(axes) if letter not in result)


def mean(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """The sum over every letter that the result does not have, divided by how many cells these are."""
    (axes,) = operands
    over = reduced("mean", axes, result)
    number = math.prod(sizes[axes[i]] for i in over)
    return Prepared(lambda a, out: np.divide(np.add.reduce(a, over, None, out), number, out))


# --- by number: rows, cells, masks -------------------------------------------------------------------------------


def gather(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """table[V D], ids[T] -> [T D]: row `ids[t]` of the table."""
    table, ids = operands
    expect("gather", result, ids + table[1:])
    return Prepared(lambda rows, numbers, out: rows.take(numbers, 0, out))


def scatter_add(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """rows[T D], ids[T] -> [V D]: row t is added to row `ids[t]`, so rows with the same number add up.

    Axes of the rows in front of the ids', such as the texts of a batch that all read the same positions, are summed.
    """
    rows, ids = operands
    front = len(rows) - len(ids) - len(result[1:])
    if front < 0 or rows[front : front + len(ids)] != ids:
        raise AxesError(
            f"declared axes {shown(result)}, but scatter_add cannot number rows {shown(rows)} by {shown(ids)}"
        )
    expect("scatter_add", result, result[:1] + rows[front + len(ids) :])
    summed = tuple(range(front))

    def function(values: Array, numbers: Array, out: Array | None) -> Array:
        total = np.empty([sizes[letter] for letter in result]) if out is None else out
        total.fill(0.0)
        np.add.at(total, numbers, values.sum(axis=summed) if summed else values)
        return total

    return Prepared(function)


def pick(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """x[T V], ids[T] -> [T]: in row t, the cell of column `ids[t]`."""
    x, ids = operands
    expect("pick", result, ids)
    expect("pick", x[:-1], ids)
    columns, shape = sizes[x[-1]], tuple(sizes[letter] for letter in ids)
    starts = columns * np.arange(math.prod(shape)).reshape(shape)  # of the rows, were they one behind the other
    return Prepared(lambda a, numbers, out: a.take(starts + numbers, None, out))


def one_hot(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """ids[T] -> [T V]: in row t, 1 in column `ids[t]` and 0 elsewhere."""
    (ids,) = operands
    expect("one_hot", result[:-1], ids)
    columns = np.arange(sizes[result[-1]])

    def function(numbers: Array, out: Array | None) -> Array:
        same = np.equal(numbers[..., None], columns, out)
        return same.astype(np.float64) if out is None else same

    return Prepared(function)


def causal_mask(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """-> [T S]: 1 where key s is not later than query t, else 0."""
    expect_count("causal_mask", result, 2)
    queries, keys = (np.arange(sizes[letter]) for letter in result)
    return Prepared(lambda out: (keys <= queries[:, None]).astype(np.float64))


def masked(x: Array, allowed: Array, out: Array | None) -> Array:
    if out is None:
        return np.where(allowed != 0, x, -np.inf)
    np.copyto(out, -np.inf)
    np.copyto(out, x, where=allowed != 0)
    return out


def identity(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """-> [D D']: 1 on the diagonal, 0 elsewhere."""
    expect_count("identity", result, 2)
    rows, columns = result
    return Prepared(lambda out: np.eye(sizes[rows], sizes[columns]))


def select(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """The part of the operand at the fixed indices `attrs["at"]`, a letter and an index each."""
    (axes,) = operands
    at: Mapping[str, int] = attrs["at"]
    expect("select", result, tuple(letter for letter in axes if letter not in at))
    index = tuple(at.get(letter, slice(None)) for letter in axes)
    return Prepared(None, lambda a: a[index])


# --- shape -------------------------------------------------------------------------------------------------------


def dealt(op: str, all_heads: str, head: str, width: str, sizes: Sizes) -> None:
    if sizes[all_heads] != sizes[head] * sizes[width]:
        raise AxesError(
            f"{op} needs {all_heads} = {head} {width}, but {sizes[all_heads]} is not {sizes[head]} times {sizes[width]}"
        )


def split(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """[T C] -> [H T K]: column c = h * K + k becomes column k of head h."""
    (axes,) = operands
    expect_count("split", result, len(axes) + 1)
    head, _, width = result[-3:]
    expect("split", result, (*axes[:-2], head, axes[-2], width))
    heads, per_head = sizes[head], sizes[width]
    dealt("split", axes[-1], head, width, sizes)
    return Prepared(None, lambda a: a.reshape(*a.shape[:-1], heads, per_head).swapaxes(-3, -2))


def join(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """[H T K] -> [T C]: column k of head h becomes column c = h * K + k."""
    (axes,) = operands
    expect_count("join", result, len(axes) - 1)
    expect("join", result, (*axes[:-3], axes[-2], result[-1]))
    columns = sizes[result[-1]]
    dealt("join", result[-1], axes[-3], axes[-1], sizes)
    return Prepared(copied, lambda a: a.swapaxes(-3, -2), result=lambda a: a.reshape(*a.shape[:-2], columns))


def copied(a: Array, out: Array | None) -> Array:
    """The cells in the order of their axes, so that neighbouring axes can be read as one."""
    if out is None:
        return a.copy()
    np.copyto(out, a)
    return out


def repeat(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """The operand's value again at every index of the new axes."""
    (axes,) = operands
    expect("repeat", tuple(letter for letter in result if letter in axes), axes)
    align = aligner(axes, result)
    shape = tuple(sizes[letter] for letter in result)
    return Prepared(None, lambda a: np.broadcast_to(align(a) if align else a, shape))


# --- counting ----------------------------------------------------------------------------------------------------


def size(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """How many cells the operand has."""
    expect("size", result, ())
    return Prepared(lambda a, out: np.int64(np.size(a)))


def count(operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
    """The sum of the whole numbers in `attrs["parts"]`, which were counted from the ledger's own structure."""
    expect("count", result, ())
    total = sum(attrs["parts"].values())
    return Prepared(lambda out: np.int64(total))


OPERATIONS: dict[str, Operation] = {
    "given": Operation(lambda *_: Prepared(lambda out: None), "an input, not computed", 0),
    "dot": Operation(dot, "sum of products", 2),
    "add": Operation(elementwise("add", add), "sum of the operands' cells", None),
    "sub": Operation(elementwise("sub", np.subtract), "difference of two cells", 2),
    "mul": Operation(elementwise("mul", np.multiply), "product of two cells", 2),
    "div": Operation(elementwise("div", np.divide), "quotient of two cells", 2),
    "add_constant": Operation(with_constant("add_constant", np.add), "the cell plus a constant"),
    "mul_constant": Operation(with_constant("mul_constant", np.multiply), "the cell times a constant"),
    "power": Operation(elementwise("power", np.power), "one cell to the power of another", 2),
    "neg": Operation(elementwise("neg", np.negative), "the cell with its sign turned"),
    "copy": Operation(elementwise("copy", np.positive), "the cell, unchanged"),
    "exp": Operation(elementwise("exp", np.exp), "e to the power of the cell"),
    "log": Operation(elementwise("log", np.log), "natural logarithm of the cell"),
    "sqrt": Operation(elementwise("sqrt", np.sqrt), "square root of the cell"),
    "square": Operation(elementwise("square", np.square), "the cell times itself"),
    "erfc": Operation(elementwise("erfc", erfc), "complementary error function of the cell"),
    "sum": Operation(reduction("sum", np.add.reduce), "sum of the cells along the axis that the result lacks"),
    "mean": Operation(mean, "sum of a row's cells, divided by their number"),
    "max": Operation(reduction("max", np.maximum.reduce), "largest of a row's cells"),
    "gather": Operation(gather, "the cell of the row with that number", 2),
    "scatter_add": Operation(scatter_add, "sum of the cells of all rows with that number", 2),
    "pick": Operation(pick, "the cell of the column with that number", 2),
    "one_hot": Operation(one_hot, "1 in the column with that number, else 0"),
    "causal_mask": Operation(causal_mask, "1 where the key is not later than the query, else 0", 0),
    "mask": Operation(elementwise("mask", masked), "the cell where the mask is 1, else minus infinity", 2),
    "identity": Operation(identity, "1 on the diagonal, else 0", 0),
    "select": Operation(select, "the cell at fixed indices"),
    "split": Operation(split, "the same cell, columns dealt out to heads"),
    "join": Operation(join, "the same cell, heads side by side"),
    "repeat": Operation(repeat, "the same cell, repeated"),
    "size": Operation(size, "number of cells", 1, integer=True),
    "count": Operation(count, "sum of counts", 0, integer=True),
}
