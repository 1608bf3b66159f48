// The largest of several: all of them, the chosen one marked.

import { bar, scale } from "../bars.js";
import { make } from "../make.js";
import { asked, rows, said } from "../pieces.js";
import { closing, summed } from "./sums.js";

export function largest({ step, labels }, number, line) {
  const { entry, index } = number;
  const cells = line.expression.parts, top = step.value(entry, index);
  const values = cells.map((cell) => step.value(cell.entry, cell.index));
  const bars = scale(values);
  const items = cells.map((cell, i) => {
    const isChosen = values[i] === top;
    const label = make("span", { className: "label", textContent: summed(labels, entry, cell) });
    const term = make("span", { className: "term" }, asked(cell.entry, cell.index, step.worker.text(cell, line.more)));
    if (isChosen) term.append(make("b", { textContent: " ← the largest" }));
    return make("li", { className: isChosen ? "chosen" : "" }, label, term, Number.isFinite(values[i]) ? bar(bars, 0, values[i]) : "");
  });
  return [rows(items, "numbers"), said("The largest of them ", ...closing(step, number, line))];
}
