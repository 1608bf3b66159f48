"""Pages do not depend on the last bits of a float64."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calc.config import SHIPPED, load
from calc.ledger import Ledger
from calc.step import training_step
from render.page import LAST_BITS
from render.pages import Site
from tests.conftest import once
from tests.everywhere import KERNELS, Rendered, different, distance, rendered


@pytest.fixture(scope="module")
def base(shared: Path) -> Rendered:
    """What this machine makes as it is, once in a run."""
    folder = shared / "everywhere"
    with once(folder) as mine:
        if mine:
            found = rendered({})
            folder.mkdir()
            (folder / "base").write_bytes(pickle.dumps(found))
        known: Rendered = pickle.loads((folder / "base").read_bytes())
    return known


@pytest.mark.parametrize("name", [name for name in KERNELS if name != "as it is"])
def test_pages_are_the_same_under_other_arithmetic(name: str, base: Rendered, figure: Callable[[str], None]) -> None:
    other = rendered(KERNELS[name])
    far = distance(base, other)
    figure(f"{name}: {len(other.pages)} pages the same to the byte, values at most {far:.1e} apart")
    assert different(base, other) == []
    assert far <= LAST_BITS


def test_what_differs_is_found(base: Rendered) -> None:
    pages, values = base.pages | {"x": "1"}, dict(base.values)
    name = next(name for name in values if name.endswith("/logits"))
    values[name] = values[name] * (1 + 1e-9)
    other = Rendered(pages, values, "")
    assert different(base, other) == ["x"]
    assert 0.5e-9 < distance(base, other) < 2e-9


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
