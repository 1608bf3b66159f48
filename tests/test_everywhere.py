"""Pages do not depend on the last bits of a float64."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from calc.config import SHIPPED, load
from calc.ledger import Ledger
from calc.step import training_step
from render.pages import Site
from tests.everywhere import KERNELS, different, rendered


@cache
def base() -> dict[str, Any]:
    return rendered({})


@pytest.mark.parametrize("name", [name for name in KERNELS if name != "as it is"])
def test_pages_are_the_same_under_other_arithmetic(name: str) -> None:
    assert different(base(), rendered(KERNELS[name])) == []


def test_a_page_that_differs_is_found() -> None:
    other = {"pages": base()["pages"] | {"x": "1"}}
    assert different(base(), other) == ["x"]


def test_a_noisy_last_bit_changes_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value that is not exact is moved by a random one or two units of its last place."""
    config = load(SHIPPED, {})
    quiet = training_step(config)
    generator = np.random.default_rng(3)
    compute = Ledger._settled

    def noisy(self: Ledger, op: str, value: Any, *rest: Any) -> Any:
        value = compute(self, op, value, *rest)
        if op in ("dot", "exp", "sqrt", "div", "mul", "erfc") and value.dtype == np.float64:
            units = np.where(np.isfinite(value) & (value != 0), np.spacing(value), 0.0)
            return np.asarray(value + units * generator.integers(-1, 2, value.shape))
        return value

    monkeypatch.setattr(Ledger, "_settled", noisy)
    loud = training_step(config)
    assert any(np.any(a.value != b.value) for a, b in zip(quiet, loud, strict=True))
    for path in ("forward/attention.md", "forward/feed-forward.md", "backward/attention.md"):
        assert Site(quiet, config).page(path) == Site(loud, config).page(path)
