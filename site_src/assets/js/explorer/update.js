// What the optimizer did to a parameter's number, step by step. labels.json names the arrays.

import { make } from "./make.js";
import { operand, section } from "./pieces.js";

export function update({ step, labels }, { entry, index }) {
  if (!step.nextOf(entry) || !step.program.file.parameters.includes(entry.name)) return "";
  const lines = labels.file.update.map(([pattern, words]) => [step.get(pattern.replace("*", entry.name)), words]);
  const rows = [[entry, "weight before the step"], ...lines].map(([of, words]) => {
    const label = make("th", { scope: "row", textContent: words });
    return make("tr", {}, label, make("td", {}, operand(step, { entry: of, index })));
  });
  return section("What AdamW did to it", make("table", { className: "steps" }, make("tbody", {}, ...rows)));
}
