// A sum of products: each pair with its product, and a bar for how much it brings.

import { bar, scale } from "../bars.js";
import { operand, row, rows, said, sign, span } from "../pieces.js";
import { closing, derived, summed } from "./sums.js";

export function pairs({ step, labels }, number, line) {
  const terms = line.expression.parts.map(({ parts }) => parts);
  const values = terms.map((factors) => factors.reduce((all, { entry, index }) => all * step.value(entry, index), 1));
  const bars = scale(values);
  const items = terms.map((factors, i) => {
    const [left, right] = factors.map((cell) => operand(step, cell, line.more));
    const product = derived(step, factors, values[i]);
    const term = [left, " · ", right, ` ${sign(product)} `, span("made", product.text)];
    return row(summed(labels, number.entry, factors[0]), term, bar(bars, 0, values[i]));
  });
  const what = items.length === 1 ? "One product" : `The ${items.length} products added up`;
  return [rows(items, "products"), said(`${what} `, ...closing(step, number, line))];
}
