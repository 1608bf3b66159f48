// What there is to say of a number of another run: one with a planted error, or the one that goes on where the step
// ends.

import { answer } from "./answer.js";
import { format } from "./address.js";
import { make } from "./make.js";
import { asked, said } from "./pieces.js";

// What the page itself tells of it, until the run is loaded.
export function opening({ run, element }) {
  const content = make("div");
  if (element) content.append(make("p", { className: "value", textContent: element.textContent }));
  content.append(said("A number of another run, ", make("code", { textContent: run }), ". Its values are being loaded."));
  return content;
}

// The whole answer. Its buttons lead to numbers of the same run.
export function answerOf(explorer, number, step) {
  const view = {
    step, labels: explorer.labels.of(step), run: number.run,
    ask: (...what) => explorer.ask(...what), announce: (...what) => explorer.announce(...what),
  };
  const content = answer(view, number);
  for (const button of content.querySelectorAll("[data-ask]")) {
    button.dataset.ask = `${number.run}:${button.dataset.ask}`;
    button.title = button.dataset.ask;
  }
  return make("div", {}, about(explorer, number, step), content);
}

function about({ step }, { run, name, index }, { program }) {
  const text = said("This number belongs to another run, ", make("code", { textContent: run }),
    ", not to the step that the pages explain.");
  const own = step.get(name);
  // The first row of a run that reads other words is not the step's first row.
  if (own?.axes.some((axis) => program.file.places?.[axis])) text.append(" Its places are not those of the step.");
  else if (own?.holds(index)) text.append(" In the step itself it is ", asked(own, index, step.text(own, index)), ".");
  else text.append(" The step itself has no number ", make("code", { textContent: format(name, index) }), ".");
  return text;
}

// Where the run lacks the number.
export const missing = ({ run, name, index }) =>
  said("The run ", make("code", { textContent: run }), " has no number ", make("code", { textContent: format(name, index) }), ".");
