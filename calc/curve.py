"""How a run over the corpus went, as a ledger of its own: the losses that it left, the floor under them, what weight
decay adds, and the learning rates of a schedule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from calc import floor, schedule
from calc.batches import rows
from calc.ledger import Entry, Ledger

if TYPE_CHECKING:
    from calc.course import Course
    from calc.sections import Training

TENTH, QUARTER = 10, 4  # of the run is warm-up in the example's schedule; of the cosine is worked


def of(course: Course) -> Ledger:
    """E: epochs, B: rows of the corpus, M: steps, G: ways on from all beginnings that have several, U: those of the
    first such beginning."""
    found = rows(course.config)
    forks = floor.forks(found)
    sizes = {"E": len(course.losses), "B": len(found), "M": course.steps}
    sizes |= {"G": sum(len(f.following) for f in forks), "U": len(forks[0].following)} if forks else {}
    led = Ledger(sizes)
    with led.stage("course"), led.scope("course"):
        losses = led.given("losses", r"\mathcal{L}", "E", course.losses, carried=True)
        led.given("rows", r"\mathcal{L}", "B", course.end.rows, carried=True)
        end = led.given("end", r"\mathcal{L}_{\text{end}}", "", course.end.mean, carried=True)
        led.given("words", "n", "B", [len(row.tokens) for row in found])
        positions = led.given("positions", "N", "", sum(len(row.tokens) for row in found))
        led.given("parameters", "n", "", sum(value.size for value in course.drawn.values()))
    with led.stage("floor"), led.scope("floor"):
        least = _floor(led, forks, positions)
    with led.stage("decay"), led.scope("decay"):
        _decay(led, course, losses, end, least)
    with led.stage("schedule"), led.scope("schedule"):
        _schedule(led, course)
    return led


def _floor(led: Ledger, forks: list[floor.Fork], positions: Entry) -> Entry:
    """The entropy after the first of the beginnings, then all of them in one sum: -> the floor, in nats a position"""
    if not forks:
        return led.given("loss", r"\mathcal{L}_{\text{floor}}", "", 0.0)
    with led.scope("first"):
        counts = led.given("counts", "n", "U", list(forks[0].following.values()))
        times = led.put("times", "m", "", "sum", counts)
        shares = led.put("shares", "p", "U", "div", counts, times)
        costs = led.put("costs", "c", "U", "neg", led.put("logs", None, "U", "log", shares))
        parts = led.put("parts", None, "U", "mul", shares, costs)
        led.put("entropy", r"\mathcal{H}", "", "sum", parts)
    ways = [(fork, n) for fork in forks for n in fork.following.values()]
    counts = led.given("counts", "n", "G", [n for _, n in ways])
    times = led.given("times", "m", "G", [fork.times for fork, _ in ways])
    shares = led.put("shares", "p", "G", "div", counts, times)
    costs = led.put("costs", "c", "G", "neg", led.put("logs", None, "G", "log", shares))
    paid = led.put("paid", r"c_{\Sigma}", "", "sum", led.put("parts", None, "G", "mul", counts, costs))
    return led.put("loss", r"\mathcal{L}_{\text{floor}}", "", "div", paid, positions)


def _decay(led: Ledger, course: Course, losses: Entry, end: Entry, least: Entry) -> None:
    """What a run leaves above the floor, and what the same run without weight decay leaves"""
    left = led.put("left", r"\Delta", "", "sub", end, least)
    led.put("above", None, "E", "sub", losses, least)
    if not course.config.optimizer.weight_decay:
        return
    without, final = course.undecayed
    plain = led.given("undecayed", r"\mathcal{L}_{0}", "E", without, carried=True)
    plain_end = led.given("undecayed_end", r"\mathcal{L}_{\text{end},0}", "", final.mean, carried=True)
    plain_left = led.put("undecayed_left", r"\Delta_{0}", "", "sub", plain_end, least)
    led.put("undecayed_above", None, "E", "sub", plain, least)
    brought = led.put("brought", None, "", "sub", left, plain_left)
    led.put("share", None, "", "div", brought, left)


def shown(course: Course) -> Training:
    """The schedule that the ledger has: the run's own, or, where that rate is constant, an example with both parts."""
    own = course.config.training
    if own.schedule == "cosine" or own.warmup:
        return own
    return own.model_copy(update={"schedule": "cosine", "warmup": course.steps // TENTH})


def _schedule(led: Ledger, course: Course) -> None:
    """The rates of all steps, and one worked in the warm-up and one in the cosine, where the run comes to them."""
    training, lr, steps = shown(course), course.config.optimizer.lr, course.steps
    rates = [schedule.rate(training, lr, number + 1, steps) for number in range(steps)]
    led.given("rates", r"\eta", "M", rates, carried=True)
    top = led.given("lr", r"\eta_{\text{top}}", "", lr)
    if training.warmup:
        number = max(1, min(steps, training.warmup) // 2)
        with led.scope("warmup"):
            scaled = led.put("scaled", None, "", "mul", top, led.given("step", "t", "", number))
            led.put("rate", r"\eta", "", "div", scaled, led.given("steps", r"t_{\text{warm}}", "", training.warmup))
    if training.schedule == "cosine" and steps > training.warmup:
        after = (steps - training.warmup) // QUARTER
        turn = math.cos(math.pi * after / (steps - training.warmup))  # as calc/schedule.py: cos is no operation here
        with led.scope("cosine"):
            led.given("step", "t", "", training.warmup + after + 1)
            led.given("after", "i", "", after)
            led.given("steps", "n", "", steps - training.warmup)
            cosine = led.given("cosine", r"\cos(\pi i / n)", "", turn, carried=True)
            raised = led.put("raised", None, "", "add", led.given("one", "1", "", 1), cosine)
            led.put("rate", r"\eta", "", "mul_constant", led.put("scaled", None, "", "mul", top, raised), constant=0.5)
