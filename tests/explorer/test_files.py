"""A step that is too large for a page: its numbers come from the built files and print alike; nothing can be set."""

from __future__ import annotations

from calc import export, export_csv
from tests.explorer.node import program, run, step

ASK = """
const { Step } = await load("step.js");
const { uses } = await load("uses.js");
const asked = [];
globalThis.fetch = async (url) => {
  const name = decodeURIComponent(new URL(url).pathname.slice("/data/csv/".length));
  asked.push(name);
  return { ok: name in given.files, status: 404, text: async () => given.files[name] };
};
const live = new Step(given.program);
const stored = new Step({ ...given.program, given: null, editable: {} }, "https://example.org/");
const wrong = [];
for (const entry of stored.program.entries.filter((_, i) => i % 7 === 0)) {
  await stored.ready(entry);
  const own = live.get(entry.name);
  for (let flat = 0; flat < Math.min(entry.size, 8); flat++) {
    const index = entry.index(flat);
    const line = (step, of) => JSON.stringify(step.worker.line(of, index), (key, x) => (key === "entry" ? x.name : x));
    if (stored.text(entry, index) !== live.text(own, index)) wrong.push([entry.name, index]);
    if (line(stored, entry) !== line(live, own)) wrong.push([entry.name, index, "line"]);
    if (uses(entry, index, stored.now).length !== uses(own, index, live.now).length) wrong.push([entry.name, "uses"]);
  }
}
const heard = [];
try { stored.act({ name: "w_out", index: [0, 0], to: 1 }); } catch (error) { heard.push(error.message); }
return { wrong, asked: asked.length, twice: asked.length - new Set(asked).size, heard,
  nudged: stored.nudged(stored.get("w_out"), [0, 0], 0.01) };
"""


def test_every_number_answers_from_its_files() -> None:
    led, config = step("edges")
    words, numbers = export_csv.words(config), export.values(led)
    files = {f"{entry.name}.csv": export_csv.table(entry, numbers[entry.name], words) for entry in led}
    found = run(ASK, {"program": program("edges"), "files": files})
    assert found["wrong"] == []
    assert 0 < found["asked"] <= len(files)
    assert found["twice"] == 0
    assert found["heard"] == ["This step is too large to be computed again in a page."]
    assert found["nudged"] is None
