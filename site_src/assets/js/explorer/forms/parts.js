// Two numbers and one operation: which numbers they are. Of a difference, how much is taken off.

import { bar, scale } from "../bars.js";
import { make } from "../make.js";
import { asked, named, rows } from "../pieces.js";
import { Cell } from "../terms.js";
import { constant } from "./sums.js";

const PARTS = {
  sub: ["from", "taken off"], mul: ["factor", "factor"], mul_constant: ["factor", "factor"], neg: ["sign turned"],
  div: ["divided", "by"],
};

export function parts({ step }, { entry, index }, line) {
  const all = line.expression.parts, result = step.value(entry, index);
  const values = all.map((part) => (part instanceof Cell ? step.value(part.entry, part.index) : part.value));
  const bars = scale([...values, result]);
  const ends = [[0, values[0]], [values[0], result]];
  const items = all.map((part, i) => {
    const isCell = part instanceof Cell;
    const term = make("span", { className: "term" }, isCell ? asked(part.entry, part.index, step.text(part.entry, part.index)) : constant(part.value));
    const label = make("span", { className: "label" }, make("em", { textContent: PARTS[entry.op][i] }), " ", isCell ? named(part.entry) : "a constant");
    return make("li", {}, label, term, entry.op === "sub" ? bar(bars, ...ends[i]) : "");
  });
  return [rows(items, "numbers")];
}
