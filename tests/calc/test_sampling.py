"""Sampling: which words stay, with what probabilities, and which one a drawn number takes, beside code that shares
nothing with the engine's."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from calc import sampling
from calc.ledger import Ledger, NotFinite, Tape
from calc.sampling import Settings, choose

WORDS = 7


class Drawn:
    """A generator that gives the same number again and again, and counts."""

    def __init__(self, u):
        self.u, self.count = u, 0

    def random(self):
        self.count += 1
        return self.u


def chosen(row, settings, u=0.5, led=Tape):
    """The choice after the last of three positions; the first two have other logits, which must play no part."""
    row = np.asarray(row, dtype=float)
    led = led({"T": 3, "V": len(row), "R": len(row), "R'": len(row)})
    logits = led.given("logits", "Z", "T V", np.stack([-row, row[::-1] * 3, row]))
    generator = u if isinstance(u, np.random.Generator) else Drawn(u)
    return choose(led, logits, settings, generator), led


def expected(row, settings):
    """{id: probability} by the definitions: every set of words is tried for the nucleus."""
    weights = [math.exp((z - max(row)) / settings.temperature) for z in row]
    best = sorted(range(len(row)), key=lambda i: (-row[i], i))[: settings.top_k or None]
    probs = {i: weights[i] / sum(weights[j] for j in best) for i in best}
    for size in range(1, len(best) + 1) if settings.top_p < 1 else ():
        sets = itertools.combinations(best, size)
        mass, nucleus = max((sum(probs[i] for i in some), some) for some in sets)
        if mass >= settings.top_p:
            return {i: probs[i] / mass for i in nucleus}
    return probs


SETTINGS = [
    Settings(t, k, p)
    for t, k, p in itertools.product((0.3, 1.0, 2.5), (0, 1, 3, WORDS), (0.05, 0.5, 0.9, 1.0))
]  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS)
def test_probabilities_are_those_of_the_definitions(settings):
    for seed in range(5):
        row = np.random.default_rng(seed).normal(0, 1.5, WORDS)
        choice, _ = chosen(row, settings)
        want = expected(row.tolist(), settings)
        found = {int(i): p for i, p in zip(choice.order.value, choice.probs.value, strict=True) if p > 0}
        assert found.keys() == want.keys()
        assert choice.kept == len(want)
        assert choice.after_k == (settings.top_k or WORDS)
        for i, p in want.items():
            assert found[i] == pytest.approx(p, rel=1e-13)


def test_the_first_cumulative_sum_above_the_number_takes_the_word():
    row, settings = [0.2, 1.9, -0.4, 0.7, 0.65, -2.0, 0.0], Settings(0.8, 5, 0.95)
    want = expected(row, settings)
    best = sorted(want, key=lambda i: -want[i])
    for u in np.linspace(0, 1, 997, endpoint=False):
        sums = np.cumsum([want[i] for i in best])
        choice, _ = chosen(row, settings, u)
        assert choice.token == best[int(np.argmax(sums > u))]
        assert choice.order.value[choice.rank] == choice.token
        assert choice.u == u


def test_many_draws_have_the_probabilities():
    row, settings, draws = [0.2, 1.9, -0.4, 0.7, 0.65, -2.0, 0.0], Settings(1.3, 6, 0.97), 3000
    want, generator = expected(row, settings), np.random.default_rng(11)
    counts = np.bincount([chosen(row, settings, generator)[0].token for _ in range(draws)], minlength=WORDS)
    for i in range(WORDS):
        p = want.get(i, 0.0)
        assert abs(counts[i] / draws - p) <= 4.5 * math.sqrt(p * (1 - p) / draws), i
    assert len(want) < WORDS


@pytest.mark.parametrize("temperature", [0.0, 1e-305])
def test_greedy_takes_the_largest_logit_and_no_random_number(temperature):
    row = [0.2, 1.9, -0.4, 2.1, 0.65, -2.0, 0.0]
    drawn = Drawn(0.99)
    led = Tape({"T": 1, "V": 7, "R": 7, "R'": 7})
    choice = choose(led, led.given("logits", "Z", "T V", [row]), Settings(temperature, 2, 0.1), drawn)
    assert (choice.token, choice.rank, choice.kept, choice.u, drawn.count) == (3, 0, 7, None, 0)
    np.testing.assert_allclose(choice.ranked.value.sum(), 1)
    np.testing.assert_allclose(choice.ranked.value[0] / choice.ranked.value[1], math.exp(2.1 - 1.9))


@pytest.mark.parametrize("noise", [0.0, 2**-50])
def test_of_equal_words_the_lowest_number_comes_first(noise):
    row = [0.5, 2.0, 2.0 + noise, -1.0, 2.0 - noise, 2.0, 0.5]  # 2.0 to the last bits
    assert chosen(row, Settings(0.0))[0].token == 1
    choice, _ = chosen(row, Settings(1.0, 3))
    assert choice.order.value.tolist() == [1, 2, 4, 5, 0, 6, 3]
    np.testing.assert_allclose(choice.probs.value, [1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0])


def test_a_bound_that_a_sum_reaches_in_its_last_bit_is_reached():
    for words in range(2, 20):
        for kept in range(1, words):
            assert chosen(np.zeros(words), Settings(1.0, 0, kept / words))[0].kept == kept


@pytest.mark.parametrize(
    "settings", [Settings(1.0, 1), Settings(1.0, 0, 1e-9), Settings(1e-3), Settings(1e-9), Settings(1e-299)]
)
@pytest.mark.parametrize("led", [Tape, Ledger])
def test_at_every_limit_the_best_word_is_all_that_is_left(settings, led):
    row = [0.2, 1.9, -0.4, 2.1, 0.65, -2.0, 0.0]
    with np.errstate(all="raise"):
        choice, _ = chosen(row, settings, np.nextafter(1.0, 0.0), led)
    assert choice.token == 3
    assert choice.probs.value[0] == pytest.approx(1.0)


def test_what_float64_cannot_hold_is_cut_and_said_to_be():
    row = [0.0, 5.0, -800.0, 4.0, -690.0, -3000.0, 1.0]
    choice, led = chosen(row, Settings(1.0, 0, 1.0), 0.5, Ledger)
    assert choice.kept == 5
    assert (led["sampling.masked"].value == -np.inf).tolist() == [False, False, True, False, False, True, False]
    assert led["sampling.probs"].value[4] > 0


def test_a_huge_temperature_makes_all_words_alike():
    choice, _ = chosen([0.2, 1.9, -0.4, 2.1, 0.65, -2.0, 0.0], Settings(1e9))
    np.testing.assert_allclose(choice.probs.value, 1 / 7, rtol=1e-8)


@pytest.mark.parametrize("u", [0.0, np.nextafter(1.0, 0.0)])
def test_no_number_takes_a_word_that_was_cut(u):
    generator = np.random.default_rng(1)
    for settings in SETTINGS:
        row = generator.normal(0, 2, WORDS)
        choice, _ = chosen(row, settings, u)
        assert choice.probs.value[choice.rank] > 0
        assert choice.rank == (0 if u == 0 else choice.kept - 1)


def test_nothing_is_cut_where_nothing_is_asked():
    _, led = chosen([0.2, 1.9, -0.4, 2.1, 0.65, -2.0, 0.0], Settings(0.7, WORDS, 1.0), 0.3, Ledger)
    assert not [e.name for e in led if e.name.startswith(("sampling.top_k", "sampling.top_p", "sampling.masked"))]


@pytest.mark.parametrize("settings", [*SETTINGS[::5], Settings(0.0)])
def test_recorded_and_not_are_the_same_and_the_record_replays(settings):
    row = np.random.default_rng(9).normal(0, 2, WORDS)
    quick, _ = chosen(row, settings, 0.81)
    kept, led = chosen(row, settings, 0.81, Ledger)
    assert (quick.token, quick.rank, quick.kept) == (kept.token, kept.rank, kept.kept)
    np.testing.assert_array_equal(quick.probs.value, kept.probs.value)
    replayed = led.replay()
    for entry in led:
        np.testing.assert_array_equal(replayed[entry.name], entry.value)
    order, ranked = led["sampling.order"].value, led["sampling.ranked"].value
    assert sorted(order.tolist()) == list(range(WORDS))
    assert (np.diff(ranked) <= 0).all()
    for cut, count in (("top_k", kept.after_k), ("top_p", kept.kept)):
        if f"sampling.{cut}.count" in led:
            assert led[f"sampling.{cut}.count"].value == count
    assert led["sampling.token" if settings.temperature == 0 else "sampling.draw.token"].value == kept.token


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("settings", [Settings(0.0), Settings(1.0)])
def test_logits_that_are_no_numbers_are_refused(wrong, settings):
    with pytest.raises(NotFinite, match="logits: not finite numbers"):
        chosen([0.2, wrong, 1.0], settings)


def test_ranks_of_nothing_but_zeros():
    assert sampling.ranks(np.zeros(5)).tolist() == [0, 1, 2, 3, 4]
