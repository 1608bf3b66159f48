// Sums and means: each term with a bar that begins where the one before it ended.

import { bar, running, scale } from "../bars.js";
import { rounded, written } from "../digits.js";
import { terminating } from "../exact.js";
import { ONE } from "../fraction.js";
import { make } from "../make.js";
import { asked, named, rows, said, sign } from "../pieces.js";
import { Cell } from "../terms.js";

export function sums(explorer, number, line) {
  const { entry } = number, isMean = line.expression.name === "quotient";
  const sum = isMean ? line.expression.parts[0] : line.expression;
  if (!sum.parts.length) return [said("No row has this number, and the sum of nothing is 0.")];
  const end = isMean ? mean(explorer, number, line, sum) : closing(explorer.step, number, line);
  const what = sum.parts.length === 1 ? "Nothing else is added:" : `The ${sum.parts.length} numbers added up`;
  return [stacked(explorer, number, line, sum.parts), said(`${what} `, ...end)];
}

function stacked({ step, labels }, { entry }, line, parts) {
  const values = parts.map((part) => (part instanceof Cell ? step.value(part.entry, part.index) : part.value));
  const steps = running(values), bars = scale(steps.flat());
  const items = parts.map((part, i) => {
    const isCell = part instanceof Cell;
    const label = make("span", { className: "label" }, isCell ? labelled(labels, entry, part) : "a constant");
    const term = isCell ? asked(part.entry, part.index, step.worker.text(part, line.more)) : constant(part.value);
    return make("li", {}, label, make("span", { className: "term" }, term), bar(bars, ...steps[i]));
  });
  return rows(items, "numbers");
}

// What the sum itself is, exactly where its terms are as they are printed, and the quotient that comes of it.
function mean({ step }, number, line, sum) {
  const [value] = step.worker.evaluate(sum, line.more);
  const short = terminating(value, 15);
  const text = short ? written(short) : rounded(value, step.digits.significant + line.more).text;
  return [`${short ? "=" : "≈"} ${text}, and divided by ${sum.parts.length} `, ...closing(step, number, line)];
}

// In a sum over letters what tells its terms apart, in any other sum whose number it is.
function labelled(labels, entry, cell) {
  return ["add", "add_constant"].includes(entry.op) ? named(cell.entry) : summed(labels, entry, cell);
}

// Where a term of a sum stands on the axes that the result lacks: "key 1·cat".
export function summed(labels, entry, cell) {
  if (entry.op === "scatter_add") return labels.where(cell.entry, cell.index).split(", ").slice(0, -1).join(", ");
  const letters = entry.read[0];
  const places = letters.map((letter, i) => (entry.axes.includes(letter) ? "" : labels.one(letter, letters, cell.index[i])));
  return places.filter(Boolean).join(", ");
}

// The sign and the result: what the terms as they are printed close to.
export function closing(step, { entry, index }, line) {
  return [`${sign(line)} `, make("strong", { className: "result", textContent: step.text(entry, index) })];
}

// A product of cells that is no number of the step: exactly, where that is short.
export function derived(step, cells, value) {
  const exact = cells.map((cell) => step.digits.exact.cell(cell.entry, cell.flat));
  const short = exact.every(Boolean) && terminating(exact.reduce((all, x) => all.times(x), ONE), step.digits.significant + 2);
  return short ? { equal: true, text: written(short) } : { equal: false, text: rounded(value, step.digits.significant).text };
}

export const constant = (value) => (value === -Infinity ? "−∞" : String(value).replace("-", "−"));
