// The largest of several: all of them, the chosen one marked.

import { bar, scale } from "../bars.js";
import { make } from "../make.js";
import { operand, row, rows, said } from "../pieces.js";
import { closing, summed } from "./sums.js";

export function largest({ step, labels }, number, line) {
  const cells = line.expression.parts, top = step.value(number.entry, number.index);
  const values = cells.map(({ entry, index }) => step.value(entry, index)), bars = scale(values);
  const items = cells.map((cell, i) => {
    const isChosen = values[i] === top, mark = isChosen ? make("b", { textContent: " ← the largest" }) : "";
    const label = summed(labels, number.entry, cell);
    const item = row(label, [operand(step, cell, line.more), mark], bar(bars, 0, values[i]));
    item.classList.toggle("chosen", isChosen);
    return item;
  });
  return [rows(items, "numbers"), said("The largest of them ", ...closing(step, number, line))];
}
