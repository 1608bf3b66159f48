// How a number was made: the rule, every operand, and the line that closes.

import { oneHot, taken, diagonal } from "./forms/chosen.js";
import { counts, size } from "./forms/counts.js";
import { curve } from "./forms/curve.js";
import { largest } from "./forms/largest.js";
import { moved } from "./forms/moved.js";
import { pairs } from "./forms/pairs.js";
import { parts } from "./forms/parts.js";
import { staircase } from "./forms/staircase.js";
import { sums } from "./forms/sums.js";
import { drawn } from "./line.js";
import { make } from "./make.js";
import { asked, formula, named, said, section } from "./pieces.js";

// Which form shows an operation best.
const FORMS = {
  dot: pairs, sum: sums, mean: sums, add: sums, add_constant: sums, scatter_add: sums, max: largest,
  sub: parts, mul: parts, mul_constant: parts, div: parts, neg: parts,
  exp: curve, log: curve, sqrt: curve, square: curve, erfc: curve, power: curve,
  mask: staircase, causal_mask: staircase, gather: taken, pick: taken, one_hot: oneHot, identity: diagonal,
  copy: moved, repeat: moved, select: moved, split: moved, join: moved, size, count: counts,
};
// Forms that do not end with the result of their own accord, and those that do not name what they take.
const UNFINISHED = new Set([parts, curve]);
const NAMELESS = new Set([pairs, sums, largest, curve]);

export function making(explorer, number) {
  const { step, labels } = explorer, { entry, index } = number;
  if (entry.op === "given") return section("Where it comes from", ...given(explorer, number));
  const line = step.worker.line(entry, index), form = FORMS[entry.op], rule = labels.rule(entry);
  return section("How it was made",
    said(`The rule: ${labels.operation(entry)}.`),
    rule ? make("div", { className: "rule" }, formula(rule)) : "",
    NAMELESS.has(form) && !entry.op.startsWith("add") ? madeOf(entry) : "",
    ...form(explorer, number, line),
    UNFINISHED.has(form) ? worked(step, entry, index) : "");
}

const madeOf = ({ operands }) => said("Made of ", ...operands.flatMap((of, i) => [i ? " and " : "", named(of)]));

function given({ step, labels }, { entry, index }) {
  const first = said(labels.origin(entry));
  if (!step.changed(entry, index)) return [first];
  return [first, said("What was changed or trained since made it what it is now.")];
}

// The line as the pages print it, each operand a button; what it comes to stands last and is the number itself.
function worked(step, entry, index) {
  const line = make("p", { className: "line" }, ...drawn(step, entry, index));
  const numbers = [...line.querySelectorAll(".n")], result = numbers.pop();
  for (const number of numbers) {
    const at = number.dataset.index ? number.dataset.index.split(",").map(Number) : [];
    number.replaceWith(asked(step.get(number.dataset.ref), at, number.textContent));
  }
  result.replaceWith(make("strong", { className: "result", textContent: result.textContent }));
  return make("div", { className: "worked" }, line);
}
