// A sum of products: each pair with its product, and a bar for how much it brings.

import { bar, scale } from "../bars.js";
import { make } from "../make.js";
import { asked, rows, said } from "../pieces.js";
import { closing, derived, summed } from "./sums.js";

export function pairs({ step, labels }, number, line) {
  const { entry } = number;
  const terms = line.expression.parts.map(({ parts }) => parts);
  const values = terms.map(([a, b]) => step.value(a.entry, a.index) * step.value(b.entry, b.index));
  const bars = scale(values);
  const items = terms.map(([a, b], i) => {
    const [left, right] = [a, b].map((cell) => asked(cell.entry, cell.index, step.worker.text(cell, line.more)));
    const { equal, text } = derived(step, [a, b], values[i]);
    const label = make("span", { className: "label", textContent: summed(labels, entry, a) });
    const work = make("span", { className: "term" }, left, " · ", right, ` ${equal ? "=" : "≈"} `,
      make("span", { className: "made", textContent: text }));
    return make("li", {}, label, work, bar(bars, 0, values[i]));
  });
  const what = items.length === 1 ? "One product" : `The ${items.length} products added up`;
  return [rows(items, "products"), said(`${what} `, ...closing(step, number, line))];
}
