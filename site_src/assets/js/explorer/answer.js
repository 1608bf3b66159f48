// What the panel says of one number.

import { gradient } from "./gradient.js";
import { editor } from "./edit.js";
import { make } from "./make.js";
import { making } from "./making.js";
import { formula } from "./pieces.js";
import { printed, source } from "./places.js";
import { update } from "./update.js";
import { users } from "./users.js";

export function answer(explorer, number) {
  return make("div", { className: "answer" },
    lead(explorer, number), value(explorer, number), editor(explorer, number) ?? "",
    ...[making, users, gradient, update, printed, source].map((section) => section(explorer, number)));
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
function value({ step, labels }, { entry, index }) {
  const number = step.value(entry, index), { exact } = step.digits.printed(entry, index);
  const digits = make("p", { className: "value", textContent: step.text(entry, index) });
  if (labels.ofWords(entry)) digits.append(" ", make("code", { className: "token", textContent: step.program.file.words[number] }));
  const parts = [digits];
  if (step.changed(entry, index)) parts.push(make("p", { className: "was", textContent: `As built: ${step.builtText(entry, index)}` }));
  if (!entry.integer && Number.isFinite(number)) {
    const words = entry.isZero?.(entry.flat(index)) ? "zero by mathematics" : exact ? "exact" : `rounded to ${step.digits.significant} digits`;
    parts.push(make("p", { className: "full" }, `${words}; float64 holds `, make("code", { textContent: String(number) })));
  }
  return make("div", {}, ...parts);
}
