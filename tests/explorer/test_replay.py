"""The interpreter of the browser against NumPy: every entry, and what a reader does to a step."""

from __future__ import annotations

import numpy as np
import pytest

from tests.explorer.compare import BOUND, error
from tests.explorer.node import CONFIGURATIONS, program, run, step

REPLAY = """
const { Program } = await load("program.js");
const { Replay } = await load("replay.js");
const program = new Program(given.program);
const inputs = program.given();
for (const [name, flat, to] of given.set ?? []) inputs.set(name, inputs.get(name).map((x, i) => (i === flat ? to : x)));
return new Replay(program).run(inputs);
"""


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_entry_is_replayed(name: str) -> None:
    led, _ = step(name)
    found = run(REPLAY, {"program": program(name)})
    errors = {entry.name: error(cells, entry.value) for entry, cells in zip(led, found, strict=True)}
    assert {n: e for n, e in errors.items() if not e <= BOUND} == {}


def test_another_weight_token_and_rate_give_what_the_engine_gives() -> None:
    led, _ = step("primes")
    w_q = led["layers.1.attention.w_q"].value.copy()
    w_q[2, 5] = -0.75
    tokens = led["inputs.tokens"].value.copy()
    tokens[3] = 9
    known = led.replay({"layers.1.attention.w_q": w_q, "inputs.tokens": tokens, "adamw.lr": np.array(0.05)})
    flat = int(np.ravel_multi_index((2, 5), w_q.shape))
    changes = [["layers.1.attention.w_q", flat, -0.75], ["inputs.tokens", 3, 9], ["adamw.lr", 0, 0.05]]
    found = run(REPLAY, {"program": program("primes"), "set": changes})
    for entry, cells in zip(led, found, strict=True):
        assert error(cells, known[entry.name]) <= BOUND, entry.name
    assert error(found[[e.name for e in led].index("loss")], led["loss"].value) > 1e-3


def test_a_moved_cell_moves_what_follows_of_it_alone() -> None:
    found = run(
        """
const { Program } = await load("program.js");
const { Replay } = await load("replay.js");
const program = new Program(given), replay = new Replay(program), values = replay.run(program.given());
const scores = program.get("layers.0.attention.scores"), cells = values[scores.number].slice();
cells[scores.flat([0, 2, 1])] += 0.01;
const moved = replay.moved(values, new Map([[scores, cells]]));
const other = program.entries.filter((entry) => moved[entry.number] !== values[entry.number]).map((e) => e.name);
const few = replay.moved(values, new Map([[scores, cells]]), ["loss"]);
return { other, loss: moved[program.get("loss").number][0], again: few[program.get("loss").number][0],
  asked: program.entries.filter((entry) => few[entry.number] !== values[entry.number]).length };
""",
        program("default"),
    )
    led, _ = step("default")
    gradient = led["grad.layers.0.attention.scores"].value[0, 2, 1]
    assert found["loss"] == found["again"]
    assert found["loss"] - float(led["loss"].value) == pytest.approx(0.01 * gradient, rel=0.02)
    assert "layers.0.attention.weights" in found["other"]
    assert not {"layers.0.attention.q", "token_embedding", "layers.0.ln_1.output"} & set(found["other"])
    assert found["asked"] < len(found["other"])


def test_what_float64_cannot_hold_is_refused_by_name() -> None:
    found = run(
        """
const { Step, StepError } = await load("step.js");
const step = new Step(given);
const heard = [];
const before = step.now;
for (const action of [{ name: "w_out", index: [0, 0], to: 1e308 }, { name: "w_out", index: [0, 0], to: NaN },
  { name: "w_out", index: [99, 0], to: 1 }, { name: "adamw.beta1", index: [], to: 1 },
  { name: "adamw.lr", index: [], to: 11 }, { name: "loss", index: [], to: 1 },
  { name: "inputs.tokens", index: [0], to: 10 }, { name: "no.such", index: [], to: 1 }, { steps: 0 }, { steps: 1.5 }]) {
  try { step.act(action); heard.push("nothing"); } catch (error) {
    heard.push(error instanceof StepError ? error.message : `! ${error.stack}`);
  }
}
return { heard, same: step.now === before && step.actions.length === 0 };
""",
        program("default"),
    )
    assert found["heard"] == [
        "With this, output.nll is too large for a number of 64 bits. Nothing was changed.",
        "That is not a number. Nothing was changed.",
        "This configuration has no number w_out[99,0].",
        "adamw.beta1 is to be at least 0 and below 1. Nothing was changed.",
        "adamw.lr is to be above 0 and at most 10. Nothing was changed.",
        "loss is made from other numbers; only inputs can be set.",
        "The vocabulary has 10 words, numbered from 0.",
        "This configuration has no number no.such.",
        "Take between 1 and 1000 steps.",
        "Take between 1 and 1000 steps.",
    ]
    assert found["same"]


def test_a_nudge_tells_the_loss_and_changes_nothing() -> None:
    found = run(
        """
const { Step } = await load("step.js");
const step = new Step(given), weight = step.get("ln_f.gamma");
const told = [0.01, -0.01, 0].map((by) => step.nudged(weight, [5], by));
return { told, none: step.nudged(step.get("adamw.lr"), [], 0.01), value: step.value(weight, [5]) };
""",
        program("primes"),
    )
    led, _ = step("primes")
    known = []
    for by in (0.01, -0.01, 0):
        gamma = led["ln_f.gamma"].value.copy()
        gamma[5] += by
        known.append(float(led.replay({"ln_f.gamma": gamma})["loss"]))
    assert found["told"] == pytest.approx(known, rel=BOUND)
    assert found["none"] is None
    assert found["value"] == led["ln_f.gamma"].value[5]


def test_actions_are_kept_in_order_and_undone_one_by_one() -> None:
    found = run(
        """
const { Step } = await load("step.js");
const { read, written } = await load("address.js");
const step = new Step(given), loss = () => step.losses.at(-1), built = loss();
const set = (name, index, to) => step.act({ name, index, to });
set("token_embedding", [4, 0], 0.5);
set("token_embedding", [4, 0], 0.25);
step.act({ steps: 2 });
step.act({ steps: 1 });
set("token_embedding", [4, 0], 0.125);
const all = written(step.actions), after = loss(), taken = step.losses.length - 1;
step.restore(read(all));
const again = loss();
step.undo(2);
const two = written(step.actions);
step.undoAll();
const back = loss() === built && step.now === step.built;
step.restore(read("w_out[0,0]=0.5"));
const fresh = new Step(given);
fresh.restore(step.actions);
return { all, two, taken, same: again === after, back, alike: loss() === fresh.losses.at(-1), built, after };
""",
        program("default"),
    )
    assert found["all"] == "token_embedding[4,0]=0.25;step=3;token_embedding[4,0]=0.125"
    assert found["two"] == "token_embedding[4,0]=0.25;step=3"
    assert found["taken"] == 3
    assert found["same"]
    assert found["back"]
    assert found["alike"], "nothing is left of what was undone"
    assert found["after"] < found["built"]
