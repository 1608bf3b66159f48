// Whole numbers that count: the parts of a count, the cells of an array.

import { whole } from "../digits.js";
import { asked, named, row, rows, said } from "../pieces.js";
import { closing } from "./sums.js";

export function counts({ step }, number, line) {
  const items = Object.entries(number.entry.attrs.parts).map(([name, n]) => {
    const part = step.get(name);
    if (!part) return row(name, whole(n));
    return row(named(part), part.integer && !part.axes.length ? asked(part, [], whole(n)) : whole(n));
  });
  const what = items.length === 1 ? "Counted" : "Added up";
  return [rows(items, "parts"), said(`${what} `, ...closing(step, number, line))];
}

export function size({ labels, step }, number, line) {
  const [of] = number.entry.operands;
  const sides = of.axes.map((letter, i) => `${of.shape[i]} (${labels.axis(letter, of.axes)})`);
  return [said(named(of), ` has ${sides.join(" × ") || "a single number"} `, ...closing(step, number, line))];
}
