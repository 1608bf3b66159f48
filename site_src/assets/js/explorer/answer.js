// What the panel says of one number.

import { gradient } from "./gradient.js";
import { editor } from "./edit.js";
import { make } from "./make.js";
import { making } from "./making.js";
import { formula, said } from "./pieces.js";
import { printed, source } from "./places.js";
import { update } from "./update.js";
import { users } from "./users.js";

const FIXED = () =>
  said("This step is too large to be computed again in a page: its numbers can be followed here, and not changed.");

// `explorer.run` is there where the number is one of another run: nothing can be set there, and the pages say of it what
// they say of the step.
export function answer(explorer, number) {
  const { run, step } = explorer;
  const change = (run ? "" : step.live ? editor(explorer, number) : FIXED()) ?? "";
  const isInput = step.editable(number.entry);
  const sections = [making, users, gradient, update, ...(run ? [] : [printed, source])];
  const parts = sections.map((section) => section(explorer, number));
  parts.splice(isInput ? 0 : 3, 0, change); // where nothing can be set, it says what else can be
  return make("div", { className: "answer" }, lead(explorer, number), value(explorer, number), ...parts);
}

// Its symbol, its place in words, and what kind of number it is.
function lead({ labels }, { entry, index }) {
  const { words, role } = labels.kind(entry), meaning = labels.meaning(entry), where = labels.where(entry, index);
  const first = make("p", { className: "lead" }, formula(labels.symbol(entry, index)));
  if (where) first.append(make("span", { textContent: where }));
  const kind = make("p", { className: `kind of-${role}` }, make("b", { textContent: words }));
  if (meaning) kind.append(`: ${meaning}`);
  return make("div", {}, first, kind);
}

// Its digits as the pages print them, and all that the computer holds of it.
function value(explorer, { entry, index }) {
  const { step } = explorer, number = step.value(entry, index), { exact } = step.digits.printed(entry, index);
  const value = make("p", { className: "value" }, step.text(entry, index), ...wordOf(explorer, entry, number));
  const parts = [make("div", { className: "now" }, value)];
  if (step.changed(entry, index)) { // beside it, so that what is below stays where it is
    const built = step.built[entry.number][entry.flat(index)];
    parts[0].append(said(`As built: ${step.builtText(entry, index)}`, ...wordOf(explorer, entry, built)));
  }
  if (!entry.integer && Number.isFinite(number)) {
    const rounded = exact ? "exact" : `rounded to ${step.digits.significant} digits`;
    const words = entry.isZero(entry.flat(index)) ? "zero by mathematics" : rounded;
    parts.push(make("p", { className: "full" }, `${words}; float64 holds `, make("code", { textContent: number })));
  }
  return make("div", {}, ...parts);
}

// The word behind a number of the vocabulary.
function wordOf({ step, labels }, entry, number) {
  if (!labels.ofWords(entry)) return [];
  return [" ", make("code", { className: "token", textContent: step.program.file.words[number] })];
}
