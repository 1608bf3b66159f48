"""The KV cache: what is computed with it is what is computed without, from less."""

from __future__ import annotations

import numpy as np
import pytest

from calc import generation, kv_cache
from calc.generation import predict, saved, sizes, write
from calc.ledger import Ledger, Tape
from calc.sampling import Settings

BOUND = 1e-12  # of an array's largest entry
WORDS = [7, 4, 12, 5, 9, 6, 4]


def near(found, wanted):
    return np.abs(found - wanted).max() <= BOUND * np.abs(wanted).max()


def plain(config, weights, read):
    return predict(Tape(sizes(config, len(read), len(read))), config, weights, read)


def pieces(config, weights, read, lengths, led=Tape):
    """What is predicted where the words are read in pieces of these lengths, each after the ones before."""
    kept, first, found = kv_cache.empty(config.model.layers, config.model.d_model), 0, []
    for length in lengths:
        end = first + length
        found.append(predict(led(sizes(config, length, end)), config, weights, read[:end], kept))
        kept, first = kv_cache.keep(found[-1]), end
    return found, kept


@pytest.mark.parametrize("lengths", [(7,), (1,) * 7, (2, 1, 1, 1, 1, 1), (3, 4), (1, 5, 1), (5, 2)])
@pytest.mark.parametrize("led", [Tape, Ledger])
def test_the_same_logits_as_without(prime, shaken, lengths, led):
    weights = shaken(prime)
    whole = plain(prime, weights, WORDS)
    found, kept = pieces(prime, weights, WORDS, lengths, led)
    logits = np.concatenate([each.output.logits.value for each in found])
    assert near(logits, whole.output.logits.value)
    for (k, v), block in zip(kept, whole.blocks, strict=True):
        assert near(k, block.attention.qkv.k.value)
        assert near(v, block.attention.qkv.v.value)
    heads = np.concatenate([each.blocks[1].attention.heads.value for each in found], axis=1)
    assert near(heads, whole.blocks[1].attention.heads.value)


def test_it_matters_what_is_kept(prime, shaken):
    """A kept value a little off is seen in the logits, so that the test above looks at the cache."""
    weights = shaken(prime)
    whole = plain(prime, weights, WORDS).output.logits.value[-1:]
    for layer in (0, 1):
        for part in (0, 1):
            _, kept = pieces(prime, weights, WORDS, (6,))
            kept[layer][part].flags.writeable = True
            kept[layer][part][2, 3] += 1e-6
            led = Tape(sizes(prime, 1, 7))
            assert not near(predict(led, prime, weights, WORDS, kept).output.logits.value, whole)


def test_each_new_position_sees_itself_and_what_was_before(prime, shaken):
    found, _ = pieces(prime, shaken(prime), WORDS, (2, 3, 2), Ledger)
    for each, first, new in zip(found, (0, 2, 5), (2, 3, 2), strict=True):
        mask = each.blocks[0].attention.mask.value
        assert mask.tolist() == [[float(s <= first + t) for s in range(first + new)] for t in range(new)]


def test_kept_rows_are_taken_as_they_are_and_new_ones_stand_below(prime, shaken):
    found, _ = pieces(prime, shaken(prime), WORDS, (4, 3), Ledger)
    for before, after in zip(found[0].blocks, found[1].blocks, strict=True):
        for letter in "kv":
            old, new = getattr(before.attention.qkv, letter).value, getattr(after.attention.qkv, letter).value
            np.testing.assert_array_equal(new[:4], old)
            assert np.abs(new[4:]).min() > 0


@pytest.mark.parametrize("settings", [Settings(0.0), Settings(1.3, 7, 0.9)])
def test_the_same_words_and_a_record_that_replays(prime, shaken, settings):
    weights = shaken(prime)

    def words(cached):
        drawn = np.random.default_rng(2)
        return list(write(prime, weights, [7, 4, 12], settings, drawn, 6, cached=cached, recorded=True))

    without, with_cache = words(False), words(True)
    assert len(without) > 2
    for a, b in zip(without, with_cache, strict=True):
        assert (a.read, a.choice.token, a.choice.kept, a.ends) == (b.read, b.choice.token, b.choice.kept, b.ends)
        assert near(b.choice.probs.value, a.choice.probs.value)
        replayed = b.ledger.replay()
        for entry in b.ledger:
            np.testing.assert_array_equal(replayed[entry.name], entry.value)
        assert b.ledger["cache.tokens"].value.tolist() == list(b.read)


def matrix_products(config, new, read):
    """The multiplications in the products of matrices alone, counted from the sizes by hand."""
    m, words = config.model, 13
    d, f = m.d_model, m.d_ff
    block = new * d * d * 4 + 2 * new * read * d + 2 * new * d * f
    return m.layers * block + new * d * words


def test_multiplications_are_counted_from_the_ledgers(prime, shaken):
    weights = shaken(prime)

    def ledgers(cached):
        drawn = np.random.default_rng(2)
        return [w.ledger for w in write(prime, weights, [7, 4], Settings(0.0), drawn, 5, cached=cached, recorded=True)]

    without, with_cache = ledgers(False), ledgers(True)
    for number, (a, b) in enumerate(zip(without, with_cache, strict=True)):
        read = 2 + number
        for led, new in ((a, read), (b, 1 if number else 2)):
            products = sum(
                e.value.size * e.operands[0].shape[e.operand_axes[0].index(summed)]
                for e in led if e.op == "dot" and e.stage not in ("sampling", "cache")
                for summed in set(e.operand_axes[0]) - set(e.axes)
            )  # fmt: skip
            assert products == matrix_products(prime, new, read)
            # Beside them, what is done cell by cell: it grows with the rows too, and is a small part.
            total = int(led["facts.operations.total.multiplications"].value)
            assert products < total < 1.3 * products
    sums = saved(without, with_cache)
    totals = [
        sum(int(led["facts.operations.total.multiplications"].value) for led in way) for way in (without, with_cache)
    ]
    assert [int(sums[f"cache.{way}.total"].value) for way in ("plain", "cached")] == totals
    assert int(sums["cache.saved"].value) == totals[0] - totals[1] > 0
    assert sums["cache.share"].value == totals[1] / totals[0]
    assert int(sums["cache.cached.write-3"].value) == with_cache[2]["facts.operations.total.multiplications"].value


def test_the_first_step_keeps_nothing_yet(default):
    assert [[part.shape for part in layer] for layer in kv_cache.empty(3, 5)] == [[(0, 5), (0, 5)]] * 3
    assert generation.sizes(default, 2, 2)["S"] == 2
