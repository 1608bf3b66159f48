"""A step that is too large for a page: its numbers come from the built files and print alike; nothing can be set."""

from __future__ import annotations

import re

from calc import export, export_csv
from tests.explorer.node import program, run, step

ASK = """
const { Step } = await load("step.js");
const { uses } = await load("uses.js");
let asked;
globalThis.fetch = async (url) => {
  const name = decodeURIComponent(new URL(url).pathname.slice("/data/csv/".length));
  asked.push(name);
  return { ok: name in given.files, status: 404, text: async () => given.files[name] };
};
const large = () => new Step({ ...given.program, given: null, editable: {} }, "https://example.org/");
const live = new Step(given.program);
const wrong = [];
for (const own of live.program.entries.filter((_, i) => i % 7 === 0)) {
  asked = [];
  const stored = large(), entry = stored.get(own.name); // a new one: nothing was loaded for another entry
  await stored.ready(entry);
  if (asked.length !== new Set(asked).size) wrong.push([entry.name, "twice"]);
  const beside = [stored.gradient(entry), ...given.kinds.map((kind) => stored.get(`adamw.${entry.name}.${kind}`))];
  for (const other of beside) if (other && !stored.now[other.number]) wrong.push([entry.name, other.name]);
  for (let flat = 0; flat < Math.min(entry.size, 8); flat++) {
    const index = entry.index(flat);
    const line = (step, of) => JSON.stringify(step.worker.line(of, index), (key, x) => (key === "entry" ? x.name : x));
    if (stored.text(entry, index) !== live.text(own, index)) wrong.push([entry.name, index]);
    if (line(stored, entry) !== line(live, own)) wrong.push([entry.name, index, "line"]);
    if (uses(entry, index, stored.now).length !== uses(own, index, live.now).length) wrong.push([entry.name, "uses"]);
  }
}
asked = [];
const stored = large();
await Promise.all(["loss", "logits", "loss"].map((name) => stored.ready(stored.get(name))));
const heard = [];
try { stored.act({ name: "w_out", index: [0, 0], to: 1 }); } catch (error) { heard.push(error.message); }
given.files = {};
await stored.ready(stored.get("w_out")).catch((error) => heard.push(error.message));
return { wrong, asked, heard, nudged: stored.nudged(stored.get("w_out"), [0, 0], 0.01) };
"""


def test_every_number_answers_from_its_files() -> None:
    led, config = step("edges")
    words, numbers = export_csv.words(config), export.values(led)
    files = {f"{entry.name}.csv": export_csv.table(entry, numbers[entry.name], words) for entry in led}
    kinds = ("m", "v", "m_hat", "v_hat", "direction", "step", "kept", "new")
    found = run(ASK, {"program": program("edges"), "files": files, "kinds": kinds})
    assert found["wrong"] == []
    assert 0 < len(found["asked"]) == len(set(found["asked"])) < len(files) / 10
    too_large, missing = found["heard"]
    assert too_large == "This step is too large to be computed again in a page."
    assert re.fullmatch(r"data/csv/[\w.]+\.csv: 404", missing)
    assert found["nudged"] is None
