"""The program of a ledger, as the browser gets it. That it replays is tested in tests/explorer."""

from __future__ import annotations

import json

from calc import export_program
from tests.configurations import computed, configured


def test_it_says_what_the_next_step_takes_and_what_may_be_set() -> None:
    config, led = computed("two layers")
    found = export_program.program(led, config)
    known = {entry.name for entry in led}
    given = {entry.name for entry in led if entry.op == "given"}
    assert set(found["given"]) == given
    assert set(found["editable"]) <= given
    assert found["editable"]["inputs.targets"] == {"kind": "word"}
    assert found["editable"]["adamw.beta2"] == {"kind": "number", "least": 0.0, "below": 1.0}
    assert "constants.pi" not in found["editable"]
    for name, source in found["next"].items():
        assert name in given
        assert source in known or (name, source) == ("adamw.t", 1)
    # Whatever the update reads besides rates and gradients is carried on.
    read = {name for name in given if name.endswith(("m_before", "v_before"))} | set(found["parameters"]) | {"adamw.t"}
    assert set(found["next"]) == read


def test_equal_cells_are_one_number_and_others_a_row() -> None:
    config, led = computed("default")
    given = export_program.program(led, config)["given"]
    assert given["adamw.w_out.m_before"] == 0
    assert given["layers.0.ln_1.gamma"] == 1
    assert given["inputs.tokens"] == led["inputs.tokens"].value.tolist()
    assert len(given["w_out"]) == led["w_out"].value.size


def test_a_fixed_one_may_not_be_set_and_a_large_one_has_no_inputs() -> None:
    config, led = computed("default")
    assert json.loads(export_program.text(led, config, fixed=True))["editable"] == {}
    small = configured({"display.largest_replay": 1000})
    found = json.loads(export_program.text(led, small))
    assert found["given"] is None
    assert found["editable"] == {}
