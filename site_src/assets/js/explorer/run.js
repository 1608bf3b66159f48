// What there is to say of a number of another run: one with a planted error, or the steps that follow.

import { format } from "./address.js";
import { make } from "./make.js";
import { elementsOf } from "./place.js";

export function otherRun({ step }, { run, name, index }) {
  const text = elementsOf({ run, name, index })[0]?.textContent;
  const content = make("div");
  if (text) content.append(make("p", { className: "value", textContent: text }));
  content.append(make("p", {},
    "This number belongs to another run, ", make("code", { textContent: run }),
    ", whose values are not those of the step that the pages explain."));
  const own = step.get(name);
  if (own?.holds(index)) {
    const button = make("button", { type: "button", className: "n-link", textContent: step.text(own, index) });
    button.dataset.ask = format(name, index);
    content.append(make("p", {}, "In the step itself it is ", button, "."));
  } else content.append(make("p", { textContent: "The step itself has no number of this name." }));
  return content;
}
