// Pieces that the sections of the panel are made of.

import { format } from "./address.js";
import { make } from "./make.js";

// A number as a button that goes to it.
export function asked(entry, index, text) {
  const address = format(entry.name, index);
  const button = make("button", { type: "button", className: "n-link", title: address, textContent: text });
  button.dataset.ask = address;
  return button;
}

// A cell of the step as such a button, its digits with so many guard digits.
export const operand = (step, { entry, index }, more = 0) =>
  asked(entry, index, step.worker.text({ entry, index }, more));

// A formula that was drawn when the site was built: MathML of our own, so it may be taken as markup.
export const formula = (mathml) => make("span", { className: "formula", innerHTML: mathml });

export const section = (heading, ...children) =>
  make("section", {}, make("h3", { textContent: heading }), ...children);

export const said = (...children) => make("p", {}, ...children);
export const span = (className, ...children) => make("span", { className }, ...children);

// An entry's name, which may be broken after each of its dots.
export const named = (entry) =>
  make("code", {}, ...entry.name.split(/(?<=\.)/).flatMap((part, i) => (i ? [make("wbr"), part] : [part])));

export const sign = ({ equal }) => (equal ? "=" : "≈");

// "1 cell", "6 cells"
export const counted = (number, singular, several = `${singular}s`) => `${number} ${number === 1 ? singular : several}`;

// -------------------------------------------------------------------------------------------------------- rows

const WHOLE_LIST = 12, EACH_END = 4;

// One row: what it is, its number at the right, and what is drawn below.
export const row = (label, term, below = "") =>
  make("li", {}, span("label", ...[label].flat()), span("term", ...[term].flat()), below);

// Rows one below the other; what is between the first and the last of many is folded.
export function rows(items, what) {
  const list = (part, start) => make("ol", { start }, ...part);
  const end = items.length - EACH_END;
  if (items.length <= WHOLE_LIST) return make("div", { className: "rows" }, list(items, 1));
  const summary = make("summary", { textContent: `Show the ${end - EACH_END} ${what} between` });
  return make("div", { className: "rows" }, list(items.slice(0, EACH_END), 1),
    make("details", {}, summary, list(items.slice(EACH_END, end), EACH_END + 1)), list(items.slice(end), end + 1));
}
