"""What a run over the corpus does to words: how far their vectors move, which ones come closer, what only decays."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from calc import schedule, step
from calc.batches import rows
from calc.ledger import Entry, Ledger

if TYPE_CHECKING:
    from calc.config import Config
    from calc.course import Course
    from calc.operations import Array

TABLES = {"token_embedding": ("E", "V D"), "w_out": (r"W_{\text{out}}", "D V")}
PLANE = {"Q": 2}


def of(course: Course) -> Ledger:
    """For both TABLES, a vector for each word: `move`, `length`, `before.cosine`, `after.cosine`, `closer`; what decay
    leaves of a vector that nothing else moves; and the token vectors in a plane."""
    config = course.config
    led = Ledger(step.axis_sizes(config) | {"M": course.steps} | PLANE)
    with led.stage("words"):
        for name, (symbol, axes) in TABLES.items():
            with led.scope(name):
                before = led.given("before", symbol, axes, course.drawn[name])
                after = led.given("after", rf"{symbol}^{{\ast}}", axes, course.parameters[name], carried=True)
                _moved(led, before, after)
    with led.stage("decay"), led.scope("decay"):
        _decay(led, course, led["token_embedding.before"])
    with led.stage("plane"), led.scope("plane"):
        _plane(led, led["token_embedding.before"], led["token_embedding.after"], read(config))
    return led


def read(config: Config) -> list[int]:
    """The words that the corpus has, by their numbers: those whose rows are read."""
    return sorted({token for row in rows(config) for token in row.tokens})


def alike(config: Config) -> list[tuple[int, int]]:
    """Pairs of words that stand at the same positions of the corpus, behind the same words and before the same."""
    places: dict[int, set[tuple[int, int | None, int]]] = {}
    for row in rows(config):
        before = (None, *row.tokens[:-1])
        for i, (word, left, right) in enumerate(zip(row.tokens, before, row.targets, strict=True)):
            places.setdefault(word, set()).add((i, left, right))
    return [(one, two) for one, two in combinations(sorted(places), 2) if places[one] == places[two]]


def _moved(led: Ledger, before: Entry, after: Entry) -> None:
    """The moves of a table's vectors, and the cosine of every two of them before and after, where all have a length"""
    move = led.put("move", None, before.axes, "sub", after, before)
    square = led.put("move_square", None, before.axes, "square", move)
    led.put("length", r"\lVert \Delta \rVert", "V", "sqrt", led.put("move_sum", "s", "V", "sum", square))
    if all(np.any(x.value, axis=x.axes.index("D")).all() for x in (before, after)):
        old, new = (_cosines(led, name, x) for name, x in (("before", before), ("after", after)))
        led.put("closer", None, "V V'", "sub", new, old)


def _cosines(led: Ledger, name: str, x: Entry) -> Entry:
    """x[V D] -> cosine[V V']"""
    with led.scope(name):
        other = x.relabel(" ".join("V'" if axis == "V" else axis for axis in x.axes))
        dots = led.put("dots", None, "V V'", "dot", x, other)
        sums = led.put("sums", "s", "V", "sum", led.put("square", None, x.axes, "square", x))
        norms = led.put("norms", r"\lVert e \rVert", "V", "sqrt", sums)
        both = led.put("norms_both", None, "V V'", "mul", norms, norms.relabel("V'"))
        return led.put("cosine", r"\cos", "V V'", "div", dots, both)


def _decay(led: Ledger, course: Course, before: Entry) -> None:
    """What the decays of all steps leave of a number that has no gradient: their product; nothing where a decay takes
    all of a number at once and the rates are not equal"""
    training, o = course.config.training, course.config.optimizer
    decay, one = led.given("weight_decay", r"\lambda", "", o.weight_decay), led.given("one", "1", "", 1)
    if training.schedule == "constant" and not training.warmup:
        lost = led.put("lost", None, "", "mul", led.given("lr", r"\eta", "", o.lr), decay)
        keep = led.put("keep", None, "", "sub", one, lost)
        factor = led.put("factor", None, "", "power", keep, led.given("steps", "t", "", course.steps))
    else:
        rates = [schedule.rate(training, o.lr, number + 1, course.steps) for number in range(course.steps)]
        if max(rates) * o.weight_decay >= 1:
            return
        lost = led.put("lost", None, "M", "mul", led.given("lr", r"\eta", "M", rates, carried=True), decay)
        keep = led.put("keep", None, "M", "sub", one, lost)
        logs = led.put("log_sum", "l", "", "sum", led.put("logs", None, "M", "log", keep))
        factor = led.put("factor", None, "", "exp", logs)
    led.put("left", None, before.axes, "mul", before, factor)


def _plane(led: Ledger, before: Entry, after: Entry, words: list[int]) -> None:
    """before[V D], after[V D] -> their places [V Q] on the two directions in which the words that are read, before and
    after, are spread the most"""
    directions = led.given("directions", "u", "Q D", principal([before.value[words], after.value[words]]), carried=True)
    for name, x in (("before", before), ("after", after)):
        led.put(name, None, "V Q", "dot", x, directions)


def principal(tables: list[Array]) -> Array:
    """[n D] ... -> [Q D]: the first principal directions of all rows together. The sign of each is such that its
    component of the largest magnitude is positive."""
    points = np.concatenate(tables)
    found = np.linalg.svd(points - points.mean(axis=0), full_matrices=True)[2][: PLANE["Q"]]
    largest = np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1)
    signed: Array = found * np.sign(largest)
    return signed
