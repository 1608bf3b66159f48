"""Runs the explorer's modules in node, the one that the formulas are drawn with."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from calc import export_program
from calc.config import Config
from calc.ledger import Ledger
from calc.step import training_step
from render.katex import node
from tests.configurations import configured

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "site_src" / "assets" / "js" / "explorer"
# All sizes are different, so that no axis can hide behind another one.
PRIMES = {"text.sentence": "the dog sat on the", "model.layers": 2, "model.heads": 3, "model.d_model": 21,
          "model.d_ff": 13, "model.positions": 11}  # fmt: skip
WIDE = {"text.sentence": "the mat sat on the dog", "model.layers": 2, "model.heads": 4, "model.d_model": 32}
EDGES = {"text.sentence": "cat sat", "optimizer.weight_decay": 0.0, "optimizer.beta1": 0.0, "display.digits": 6}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "default": {}, "primes": PRIMES, "wide": WIDE, "one word": {"text.sentence": "cat", "init.seed": 7}, "edges": EDGES,
}  # fmt: skip


def run(script: str, given: Any) -> Any:
    """What a script returns, as JSON. It is the body of a function of `given`; `load("step.js")` is a module."""
    program = f"""
const given = JSON.parse(await new Promise((done) => {{
  let text = "";
  process.stdin.on("data", (part) => (text += part)).on("end", () => done(text));
}}));
const load = (name) => import({json.dumps(MODULES.as_uri() + "/")} + name);
const minusInfinity = (_, x) => (x === -Infinity ? "-inf" : ArrayBuffer.isView(x) ? [...x] : x);
const answer = await (async () => {{ {script} }})();
process.stdout.write(JSON.stringify(answer, minusInfinity));
"""
    found = subprocess.run(
        [str(node()), "--input-type=module", "--eval", program], input=json.dumps(given), text=True,
        encoding="utf-8", capture_output=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr[-2000:]
    return json.loads(found.stdout)


@cache
def step(name: str) -> tuple[Ledger, Config]:
    """The ledger of one of the configurations."""
    config = configured(CONFIGURATIONS[name])
    return training_step(config), config


@cache
def program(name: str) -> Any:
    """The same ledger as the browser gets it."""
    return json.loads(export_program.text(*step(name)))
