// A mask: which keys a query may look at, and where this cell stands.

import { make } from "../make.js";
import { asked, said } from "../pieces.js";

const SVG = "http://www.w3.org/2000/svg";
const SIDE = 120;

export function staircase({ step, labels }, { entry, index }) {
  const isMask = !entry.operands.length;
  const mask = isMask ? entry : entry.operands[1];
  const letters = isMask ? entry.axes : entry.read[1];
  const place = letters.map((letter) => index[entry.axes.indexOf(letter)]);
  const holds = step.value(mask, place) !== 0;
  const [row, column] = letters.map((letter, i) => labels.one(letter, letters, place[i]));
  const grid = drawn(step, mask, place, `${row}, ${column}: ${holds ? "inside" : "outside"} of the cells that hold 1.`);
  if (isMask) return [grid, said(`At ${row}, ${column} it holds ${holds ? 1 : 0}.`)];
  const [of] = entry.operands, from = entry.read[0].map((letter) => index[entry.axes.indexOf(letter)]);
  const number = asked(of, from, step.text(of, from)), allowed = asked(mask, place, step.text(mask, place));
  const words = holds ? ["the mask holds ", allowed, ", so the number passes: ", number] : ["the mask holds ", allowed, ", so ", number, " is hidden and −∞ takes its place"];
  return [grid, said(`At ${row}, ${column} `, ...words, ".")];
}

// The mask as squares, those that hold something filled, with a ring around one of them.
function drawn(step, mask, [row, column], words) {
  const [height, width] = mask.shape, side = SIDE / Math.max(height, width);
  const square = (r, c) => `M${c * side} ${r * side}h${side}v${side}h${-side}z`;
  const all = Array.from({ length: mask.size }, (_, flat) => mask.index(flat));
  const filled = all.filter((at) => step.value(mask, at) !== 0).map((at) => square(...at)).join("");
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: `-2 -2 ${SIDE + 4} ${SIDE + 4}`, role: "img", "aria-label": words }))
    svg.setAttribute(name, value);
  for (const [kind, d] of [["empty", all.map((at) => square(...at)).join("")], ["filled", filled], ["ring", square(row, column)]]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", kind);
    path.setAttribute("d", d);
    svg.append(path);
  }
  return make("div", { className: "sketch small" }, svg);
}
