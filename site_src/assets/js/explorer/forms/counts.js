// Whole numbers that count: the parts of a count, the cells of an array.

import { whole } from "../digits.js";
import { make } from "../make.js";
import { asked, named, rows, said } from "../pieces.js";
import { closing } from "./sums.js";

export function counts({ step }, number, line) {
  const items = Object.entries(number.entry.attrs.parts).map(([name, number]) => {
    const part = step.get(name), isItsNumber = part && !part.axes.length;
    const term = isItsNumber ? asked(part, [], whole(number)) : whole(number);
    return make("li", {}, make("span", { className: "label" }, part ? named(part) : name), make("span", { className: "term" }, term));
  });
  return [rows(items, "parts"), said(`${items.length === 1 ? "Counted" : "Added up"} `, ...closing(step, number, line))];
}

export function size({ labels, step }, number, line) {
  const [of] = number.entry.operands;
  const sides = of.axes.map((letter, i) => `${of.shape[i]} (${labels.axis(letter, of.axes)})`);
  return [said(named(of), ` has ${sides.join(" × ") || "a single number"} `, ...closing(step, number, line))];
}
