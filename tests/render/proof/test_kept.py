"""A build whose float64 has lost the digits that a page prints says so, and names the value."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest

from calc.ledger import Ledger, NotFinite
from calc.step import training_step
from render.digits import Digits
from render.proof import kept
from tests.configurations import computed, configured
from tests.conftest import run_build


def changed(ledger: Ledger, name: str, value: np.ndarray) -> Ledger:
    """The ledger with other values under one name, as if float64 had computed them so."""
    other = copy.copy(ledger)
    other._entries = dict(ledger._entries)
    other._entries[name] = entry = copy.copy(ledger[name])
    entry.value = value
    return other


@pytest.mark.parametrize("name", ["default", "narrow", "two layers", "one word"])
def test_every_value_is_held(name: str) -> None:
    config, ledger = computed(name)
    assert kept.hold(ledger, Digits(ledger, config)) == sum(entry.value.size for entry in ledger)


def test_a_wrong_fourth_digit_is_found() -> None:
    config, ledger = computed("default")
    value = ledger["layers.0.attention.scores"].value.copy()
    value[1, 2, 0] *= 1 + 2e-3
    wrong = changed(ledger, "layers.0.attention.scores", value)
    with pytest.raises(NotFinite, match=r"attention\.scores\[1, 2, 0\]: float64 keeps too few of its digits"):
        kept.hold(wrong, Digits(wrong, config))


def test_a_residue_and_a_lost_value_are_found() -> None:
    config, ledger = computed("one word")
    name = "grad.layers.0.attention.q"  # zero by mathematics where there is one word
    wrong = changed(ledger, name, np.full(ledger[name].shape, 1e-17))
    with pytest.raises(NotFinite, match=r"would show 1\.000×10⁻¹⁷ for 0"):
        kept.hold(wrong, Digits(wrong, config))
    wrong = changed(ledger, "logits", np.zeros(ledger["logits"].shape))
    with pytest.raises(NotFinite, match=r"^logits\[0, 0\]: .*would show 0 for"):
        kept.hold(wrong, Digits(wrong, config))


def test_suspects_are_what_rounding_does_not_explain() -> None:
    true = np.array([1.0, 2.0, 0.0, -np.inf])
    values = np.array([1.0 + 1e-15, 2.0 + 1e-9, 1e-20, -np.inf])
    assert kept.suspects(values, true) == [(1,), (2,)]


def test_a_spread_that_saturates_is_one_line_and_builds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.write_text('[text]\ncorpus = ["the cat sat on the mat"]\nsentence = "the cat sat on the mat"\n'
                    "[init]\nspread = 1.0\n")  # fmt: skip
    done = run_build("--config", str(file), "--out", str(tmp_path / "site"))
    assert done.returncode == 2
    assert "float64 keeps too few of its digits" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "site").exists()


def test_a_large_ledger_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = training_step(configured({}))
    assert kept.affordable(ledger)
    monkeypatch.setattr(kept, "MOST", 1000)
    assert not kept.affordable(ledger)
