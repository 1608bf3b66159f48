// The part of the panel where a number is changed: a field for an input, a list of words for a token; for all others
// the inputs that they are made from.

import { format } from "./address.js";
import { make } from "./make.js";
import { StepError } from "./step.js";
import { stepper } from "./stepper.js";
import { cells, made } from "./terms.js";
import { beside, full, read } from "./typed.js";

const NAMED = 3; // inputs that are named
const FAR = 3000; // cells that are looked at to find them

export function editor(explorer, { run, entry, index }) {
  if (run || !entry) return null;
  const { step } = explorer, bounds = step.editable(entry);
  const section = make("section", { className: "edit", ariaLabel: "Change a number" });
  if (bounds?.kind === "word") section.append(list(explorer, entry, index));
  else if (bounds) section.append(field(explorer, entry, index));
  else section.append(...inputs(step, entry, index));
  if (step.nextOf(entry) || entry.name === "loss" || entry.stage === "adamw") section.append(stepper(explorer));
  return section;
}

// Sets a cell and says what came of it, or why not.
function set(explorer, entry, index, to, output) {
  const { step } = explorer, loss = step.get("loss"), before = step.text(loss, []);
  try {
    const linked = step.linked(entry, index);
    step.act({ name: entry.name, index, to }, ...(linked ? [{ ...linked, to }] : []));
    const now = step.text(loss, []);
    explorer.announce(`${format(entry.name, index)} is changed. ` +
      (now === before ? `The loss stays ${now}.` : `The loss goes from ${before} to ${now}.`));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    tell(output, error.message);
  }
}

// Why nothing was changed, in sight on a small screen too.
function tell(output, text) {
  output.textContent = text;
  output.scrollIntoView({ block: "nearest" });
}

function field(explorer, entry, index) {
  const value = explorer.step.value(entry, index);
  const input = make("input", { id: "edit", value: full(value), autocomplete: "off", spellcheck: false });
  const output = make("output", { role: "alert" });
  output.htmlFor = "edit";
  const nudge = (way, sign, words) => {
    const button = make("button", { type: "button", className: "nudge", ariaLabel: words, textContent: sign });
    const from = () => (Number.isNaN(read(input.value)) ? value : read(input.value));
    button.addEventListener("click", () => set(explorer, entry, index, beside(from(), way), output));
    return button;
  };
  const form = make("form", { noValidate: true }, make("label", { htmlFor: "edit", textContent: "Change it" }),
    nudge(-1, "−", "A little less"), input, nudge(1, "+", "A little more"),
    make("button", { className: "apply", textContent: "Apply" }), output);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const to = read(input.value);
    if (Number.isNaN(to)) tell(output, "That is not a number. Nothing was changed.");
    else set(explorer, entry, index, to, output);
    input.ariaInvalid = output.textContent ? "true" : null;
  });
  return form;
}

function list(explorer, entry, index) {
  const { step } = explorer, { words } = step.program.file;
  const select = make("select", { id: "edit" },
    ...words.map((word, number) => make("option", { value: number, textContent: word })));
  select.value = step.value(entry, index);
  const output = make("output", { role: "alert" });
  select.addEventListener("change", () => set(explorer, entry, index, Number(select.value), output));
  const also = "The target of the position before it is the same word, and changes with it.";
  return make("form", {}, make("label", { htmlFor: "edit", textContent: "Another word" }), select, output,
    step.linked(entry, index) ? make("p", { className: "quiet", textContent: also }) : "");
}

// A number that is made from others is changed by them.
function inputs(step, entry, index) {
  const quiet = (textContent) => make("p", { className: "quiet", textContent });
  if (entry.op === "given") return [quiet("This number is given, and is not to be changed here.")];
  const found = nearestInputs(step, entry, index);
  if (!found.length) return [quiet("No number that it is made from can be changed.")];
  const items = found.map(([input, place]) => {
    const isWord = step.editable(input).kind === "word", value = step.value(input, place);
    const textContent = isWord ? step.program.file.words[value] : step.text(input, place);
    const button = make("button", { type: "button", className: "n-link", textContent });
    button.dataset.ask = format(input.name, place);
    return make("li", {}, button, " ", make("code", { textContent: button.dataset.ask }));
  });
  const list = make("ul", { className: "inputs" }, ...items);
  return [quiet("It is made from other numbers. Change one of its inputs:"), list];
}

// The first cells of inputs on the way back, one of each that may be edited.
function nearestInputs(step, entry, index) {
  const found = new Map(), seen = new Set(), waiting = [[entry, index]];
  for (let i = 0; i < waiting.length && i < FAR && found.size < NAMED; i++) {
    const [at, place] = waiting[i];
    if (step.editable(at) && !found.has(at)) found.set(at, place);
    for (const id of idsOf(step, at, place)) waiting.push(id);
    for (const cell of cells(made(at, place, step.now))) {
      const key = `${cell.entry.number}:${cell.flat}`;
      if (seen.has(key)) continue;
      seen.add(key);
      waiting.push([cell.entry, cell.index]);
    }
  }
  return [...found];
}

// The ids that decide which cells an operation takes.
function idsOf(step, entry, index) {
  const ids = entry.operands.filter((operand) => step.editable(operand)?.kind === "word");
  const own = ids.filter(({ axes }) => axes.every((letter) => entry.axes.includes(letter)));
  return own.map((operand) => [operand, operand.axes.map((letter) => index[entry.axes.indexOf(letter)])]);
}
