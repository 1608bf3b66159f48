// A mask: which of its cells hold 1, and where this cell stands.

import { operand, said, span } from "../pieces.js";
import { svg } from "../svg.js";

const SIDE = 120, MOST = 64; // rows that can be told apart in it

export function staircase({ step, labels }, { entry, index }) {
  const isMask = !entry.operands.length, [of, mask] = isMask ? [null, entry] : entry.operands;
  const at = (letters) => letters.map((letter) => index[entry.axes.indexOf(letter)]);
  const letters = isMask ? entry.axes : entry.read[1], place = at(letters);
  const where = letters.map((letter, i) => labels.one(letter, letters, place[i])).join(", ");
  const holds = step.value(mask, place), grid = drawn(step, mask, place, `${where}: the mask holds ${holds}.`);
  if (isMask) return [grid, said(`At ${where} it holds ${holds}.`)];
  const number = operand(step, { entry: of, index: at(entry.read[0]) });
  const cell = operand(step, { entry: mask, index: place });
  const so = holds ? [", so the number passes: ", number] : [", so ", number, " is hidden and −∞ takes its place"];
  return [grid, said(`At ${where} the mask holds `, cell, ...so, ".")];
}

// The mask as squares, those that hold 1 filled, with a ring around one of them.
function drawn(step, mask, [row, column], words) {
  if (Math.max(...mask.shape) > MOST) return "";
  const side = SIDE / Math.max(...mask.shape);
  const square = ([r, c]) => `M${c * side} ${r * side}h${side}v${side}h${-side}z`;
  const all = Array.from({ length: mask.size }, (_, flat) => mask.index(flat));
  const filled = all.filter((at) => step.value(mask, at) !== 0);
  const layers = { empty: all, filled, ring: [[row, column]] };
  const path = ([kind, places]) => svg("path", { class: kind, d: places.map(square).join("") });
  const box = `-2 -2 ${SIDE + 4} ${SIDE + 4}`;
  return span("sketch small", svg("svg", { viewBox: box, role: "img", "aria-label": words },
    ...Object.entries(layers).map(path)));
}
