// The loss as it falls, drawn.

import { rounded } from "./digits.js";
import { make } from "./make.js";
import { counted } from "./pieces.js";

const WIDE = 300, HIGH = 72, EDGE = 4;

// `runs` are lists of losses: before each step, and after the last. What was trained on anew begins a line of its own.
export function falling(runs, digits) {
  const steps = runs.reduce((sum, losses) => sum + losses.length - 1, 0);
  const most = Math.max(...runs.flat());
  const tenth = (place) => Math.round(10 * place) / 10;
  const x = (i) => tenth(EDGE + (i / steps) * (WIDE - 2 * EDGE));
  const y = (loss) => tenth(HIGH - EDGE - (loss / most) * (HIGH - 2 * EDGE));
  const floor = shape("line", { x1: EDGE, x2: WIDE - EDGE, y1: HIGH - EDGE, y2: HIGH - EDGE });
  const drawn = shape("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" }, floor);
  let start = 0;
  for (const losses of runs) {
    const points = losses.map((loss, i) => `${x(start + i)},${y(loss)}`).join(" ");
    drawn.append(shape("polyline", { points }));
    start += losses.length - 1;
  }
  const first = rounded(runs[0][0], digits).text, loss = runs.at(-1).at(-1), last = rounded(loss, digits).text;
  const several = runs.length > 1 ? `, in ${runs.length} parts` : "";
  drawn.setAttribute("aria-label", `The loss over ${counted(steps, "step")}${several}: from ${first} to ${last}.`);
  drawn.append(shape("circle", { cx: x(steps), cy: y(loss), r: 3 }));
  const caption = make("figcaption", {}, make("span", { textContent: `Loss ${first}` }),
    make("span", { textContent: `after ${counted(steps, "step")} ${last}` }));
  return make("figure", { className: "losses" }, drawn, caption);
}

function shape(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
