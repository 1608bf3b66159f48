"""The learning rate of each step: a warm-up in a line, then constant, or half a cosine down to 0."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calc.sections import Training


def rate(training: Training, lr: float, step: int, steps: int) -> float:
    """The rate of step number `step`, from 1, in a run of `steps`.

    The warm-up rises by lr / warmup a step (Vaswani et al., 2017, "Attention Is All You Need", section 5.3, its linear
    part), and the cosine is lr (1 + cos(pi i / n)) / 2 in the i-th of the n steps after it, i from 0 (Loshchilov and
    Hutter, 2017, "SGDR", equation 5, one period with a least rate of 0). In PyTorch: LinearLR, then CosineAnnealingLR.
    """
    if step <= training.warmup:
        return lr * step / training.warmup
    if training.schedule == "constant":
        return lr
    after, number = step - 1 - training.warmup, steps - training.warmup
    return lr * (1 + math.cos(math.pi * after / number)) / 2
