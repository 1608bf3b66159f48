"""The learning rate of each step, against numbers worked by hand and PyTorch's schedulers."""

from __future__ import annotations

import itertools
import math

import pytest

from calc import schedule
from calc.sections import Training


def rates(steps, lr=0.08, **keys):
    return [schedule.rate(Training(**keys), lr, step, steps) for step in range(1, steps + 1)]


def test_by_hand():
    assert rates(3) == [0.08] * 3
    assert rates(5, warmup=4) == pytest.approx([0.02, 0.04, 0.06, 0.08, 0.08], rel=1e-15)
    half = math.sqrt(0.5)
    cosine = [1, (1 + half) / 2, 0.5, (1 - half) / 2]
    assert rates(4, schedule="cosine") == pytest.approx([0.08 * part for part in cosine], rel=1e-14)
    warm = [0.5, 1, 1, 0.75, 0.25]
    assert rates(5, schedule="cosine", warmup=2) == pytest.approx([0.08 * part for part in warm], rel=1e-14)


@pytest.mark.parametrize("warmup", [0, 1, 7])
@pytest.mark.parametrize("kind", ["constant", "cosine"])
def test_as_pytorch_schedules_it(kind, warmup):
    torch = pytest.importorskip("torch")
    steps, by = 31, torch.optim.lr_scheduler
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.08)
    after = by.CosineAnnealingLR(optimizer, steps - warmup) if kind == "cosine" else by.ConstantLR(optimizer, 1.0)
    found = []
    for step in range(steps):
        if step < warmup:  # LinearLR's own factor at this step
            found.append(0.08 * (1 / warmup + (1 - 1 / warmup) * step / max(warmup - 1, 1)))
            continue
        found.append(after.get_last_lr()[0])
        optimizer.step()
        after.step()
    assert rates(steps, schedule=kind, warmup=warmup) == pytest.approx(found, rel=1e-12)


def test_the_cosine_ends_above_zero_and_falls_all_the_way():
    found = rates(97, schedule="cosine", warmup=11)
    assert max(found) == found[10] == found[11] == 0.08
    assert all(a > b > 0 for a, b in itertools.pairwise(found[11:]))
    assert found[-1] < 0.08 * 1e-3
