"""The comparison of the other optimizers with PyTorch: that every update is compared, and that an error is seen."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from calc import adamw, optimizers
from calc.ledger import Tape
from tests.configurations import configured
from verify.optimizers import compare, verify

SMALL = {"model.d_model": 6, "model.heads": 2, "model.d_ff": 7}
COMPARED = 17 + 3 * 2 + 2 * 2  # gradient descent on every tensor, the others on two; two of the second step of two


@pytest.fixture(scope="module")
def torch_optimizers():
    pytest.importorskip("torch", reason="PyTorch is not installed; `make verify` runs this comparison")
    from verify import torch_optimizers

    return torch_optimizers


def test_an_update_that_is_off_is_a_fault(tmp_path):
    def theirs(file):
        with np.load(file) as arrays:
            for off in (0.0, 1e-9):
                yield "sgd", "sgd.w_out.new", arrays["sgd.w_out.new"] * (1 + off)

    right, wrong = compare(configured(SMALL), tmp_path / "optimizers.npz", theirs)
    assert right.name == "sgd: sgd.w_out.new"
    assert not right.fault
    assert wrong.fault


@pytest.mark.parametrize("off", [0.0, 1e-9])
def test_a_fault_is_an_exit_code_and_is_named(off, tmp_path, capsys):
    def theirs(file):
        with np.load(file) as arrays:
            yield "momentum", "momentum.w_out.new", arrays["momentum.w_out.new"] * (1 + off)

    assert verify(configured(SMALL), theirs, "this", tmp_path) == (off > 0)
    said = capsys.readouterr().out
    assert ("momentum: momentum.w_out.new: " in said and "DISAGREES in 1" in said) == (off > 0)
    assert ("agrees within 1e-12" in said) == (off == 0)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "overrides", [SMALL, SMALL | {"optimizer.weight_decay": 0.0}, SMALL | {"optimizer.beta1": 0.0}]
)
def test_pytorch_agrees(overrides, torch_optimizers, tmp_path):
    config = configured(overrides)
    rows = compare(config, tmp_path / "optimizers.npz", torch_optimizers.optimizers)
    assert not [row for row in rows if row.fault]
    names = [row.name.partition(": ")[2] for row in rows]
    assert {name.split(".")[0] for name in names} == {"sgd", "momentum", "adam_l2", "adamw", "second"}
    assert len(rows) == len(set(names)) == COMPARED


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("method", ["sgd", "momentum", "adam_l2", "adamw"])
def test_pytorch_goes_the_same_way_for_many_steps(method, torch_optimizers):
    generator, o = np.random.default_rng(3), SimpleNamespace(lr=0.02, beta1=0.8, beta2=0.97, eps=1e-7, weight_decay=0.3)
    start, slopes = generator.normal(size=(7, 5)), generator.normal(size=(13, 7, 5))
    tape = Tape({"D": 7, "F": 5})

    def on(value, axes=""):
        return tape.given("x", "x", axes, value)

    p, m, v = on(start, "D F"), on(0 * start, "D F"), on(0 * start, "D F")
    theirs = torch_optimizers.path(getattr(torch_optimizers, method), start, slopes, o)
    for n, (g, found) in enumerate(zip(slopes, theirs, strict=True), 1):
        r = adamw.rates(tape, *[on(x) for x in (o.lr, o.beta1, o.beta2, o.eps, o.weight_decay, n, 1)])
        match method:
            case "sgd":
                p = optimizers.sgd(tape, p, on(g, "D F"), r.lr)
            case "momentum":
                p, m = optimizers.momentum(tape, p, on(g, "D F"), m, r.lr, r.beta1)
            case "adam_l2":
                p, m, v = optimizers.adam_l2(tape, p, on(g, "D F"), m, v, on(o.weight_decay), r, on(1))
            case _:
                p, m, v = adamw.update(tape, p, on(g, "D F"), m, v, r)
        np.testing.assert_allclose(p.value, found, rtol=1e-12, atol=1e-13)
