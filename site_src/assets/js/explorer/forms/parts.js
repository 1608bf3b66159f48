// Two numbers and one operation: which numbers they are. Of a difference, how much is taken off.

import { bar, scale } from "../bars.js";
import { make } from "../make.js";
import { named, operand, row, rows } from "../pieces.js";
import { Cell } from "../terms.js";
import { constant } from "./sums.js";

const ROLES = {
  sub: ["from", "taken off"], mul: ["factor", "factor"], mul_constant: ["factor", "factor"], neg: ["sign turned"],
  div: ["divided", "by"],
};

export function parts({ step }, number, line) {
  const { entry } = number, all = line.expression.parts;
  const below = entry.op === "sub" ? taken([...all, number].map((part) => step.value(part.entry, part.index))) : [];
  const items = all.map((part, i) => {
    const role = make("em", { textContent: ROLES[entry.op][i] });
    if (!(part instanceof Cell)) return row([role, " a constant"], constant(part.value));
    return row([role, " ", named(part.entry)], operand(step, part), below[i]);
  });
  return [rows(items, "numbers")];
}

// A bar for the first number, and one from there to what is left.
function taken([first, second, left]) {
  const bars = scale([first, second, left]);
  return [bar(bars, 0, first), bar(bars, first, left)];
}
