// Sums and means: each term with a bar that begins where the one before it ended.

import { bar, running, scale } from "../bars.js";
import { rounded, written } from "../digits.js";
import { terminating } from "../exact.js";
import { ONE, ZERO } from "../fraction.js";
import { make } from "../make.js";
import { named, operand, row, rows, said, sign } from "../pieces.js";
import { Cell } from "../terms.js";

export function sums(explorer, number, line) {
  const isMean = line.expression.name === "quotient", { parts } = isMean ? line.expression.parts[0] : line.expression;
  if (!parts.length) return [said("No row has this number, and the sum of nothing is 0.")];
  const what = parts.length === 1 ? "Nothing else is added:" : `The ${parts.length} numbers added up`;
  const between = isMean ? mean(explorer, line) : "";
  return [stacked(explorer, number, line, parts), said(`${what} ${between}`, ...closing(explorer.step, number, line))];
}

function stacked({ step, labels }, { entry }, line, parts) {
  const values = parts.map((part) => (part instanceof Cell ? step.value(part.entry, part.index) : part.value));
  const ends = running(values), bars = scale(ends.flat());
  const items = parts.map((part, i) => {
    const below = bar(bars, ...ends[i]);
    if (!(part instanceof Cell)) return row("a constant", constant(part.value), below);
    return row(labelled(labels, entry, part), operand(step, part, line.more), below);
  });
  return rows(items, "numbers");
}

// What the terms as they are printed add up to, and by what it is divided.
function mean({ step }, { expression: { parts: [sum] }, more }) {
  const [value] = step.worker.evaluate(sum, more), short = terminating(value, 15);
  const text = short ? written(short) : rounded(value, step.digits.significant + more).text;
  return `${sign({ equal: short })} ${text}, and divided by ${sum.parts.length} `;
}

// In a sum over letters what tells its terms apart, in any other sum whose number it is.
const labelled = (labels, entry, cell) =>
  entry.op.startsWith("add") ? named(cell.entry) : summed(labels, entry, cell);

// Where a term of a sum stands on the axes that the result lacks: "key 1·cat".
export function summed(labels, entry, cell) {
  const [letters] = entry.read, ids = entry.op === "scatter_add" && entry.operands[1].axes;
  const gone = letters.map((letter, i) => (ids ? ids.includes(letter) : !entry.axes.includes(letter)));
  return letters.map((letter, i) => gone[i] && labels.one(letter, letters, cell.index[i])).filter(Boolean).join(", ");
}

// The sign and the result: what the terms as they are printed close to.
export const closing = (step, { entry, index }, line) =>
  [`${sign(line)} `, make("strong", { className: "result", textContent: step.text(entry, index) })];

// A product of cells that is no number of the step: exactly, where that is short.
export function derived(step, cells, value) {
  const { digits } = step, exact = cells.map(({ entry, flat }) => digits.exact.cell(entry, flat));
  const nothing = exact.find((x) => x?.equals(ZERO));
  const product = nothing ?? (exact.every(Boolean) && exact.reduce((all, x) => all.times(x), ONE));
  const short = product && terminating(product, digits.significant + 2);
  return { equal: Boolean(short), text: short ? written(short) : rounded(value, digits.significant).text };
}

// A number that belongs to the formula itself.
export const constant = (value) => String(value).replace("-", "−");
