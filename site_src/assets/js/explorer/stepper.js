// "Take this step": the updated parameters become the parameters, and the next step is computed, again and again, with
// the loss drawn as it falls.

import { falling } from "./falling.js";
import { make } from "./make.js";
import { counted } from "./pieces.js";
import { MOST_STEPS, StepError } from "./step.js";

const TIMES = [1, 10, 100];
const SLICE = 60, STILL_SLICE = 400; // ms of computing before the page is shown again
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

// How many steps were taken.
export const taken = (step) => step.losses.length - 1;

// Takes steps a few at a time, so that the page stays alive. One for all places where steps can be taken.
class Walk {
  constructor(explorer) {
    Object.assign(this, { explorer, left: 0, said: "" });
  }

  async take(count) {
    if (this.left) return;
    const { step } = this.explorer;
    this.said = "";
    this.left = Math.min(count, MOST_STEPS - taken(step));
    let slice = 1;
    while (this.left > 0) {
      const some = Math.min(slice, this.left), began = performance.now();
      this.left -= some;
      try {
        step.act({ steps: some });
      } catch (error) {
        if (!(error instanceof StepError)) throw error;
        this.left = 0;
        this.said = error.message;
      }
      const each = (performance.now() - began) / some;
      slice = Math.max(1, Math.round((STILL.matches ? STILL_SLICE : SLICE) / each));
      await new Promise((next) => setTimeout(next));
    }
    const now = step.text(step.get("loss"), []);
    this.explorer.announce(this.said || `${counted(taken(step), "step")} taken. The loss is ${now}.`);
  }

  stop() {
    this.left = 0;
    this.explorer.step.restore(this.explorer.step.actions);
  }

  back() {
    this.left = 0;
    const { step } = this.explorer;
    step.restore(step.actions.filter((action) => !action.steps));
    this.explorer.announce("Back at the first step.");
  }
}

// The buttons, and the loss of each step.
export function stepper(explorer) {
  const walk = (explorer.walk ??= new Walk(explorer)), { step } = explorer;
  const count = taken(step);
  const button = (text, does, unable = false) => {
    const made = make("button", { type: "button", textContent: text });
    if (unable) made.ariaDisabled = "true"; // keeps the focus
    else made.addEventListener("click", does);
    return made;
  };
  const unable = walk.left > 0 || count >= MOST_STEPS;
  const buttons = make("div", { className: "steps-buttons" },
    ...TIMES.map((times) => button(counted(times, "step"), () => walk.take(times), unable)));
  if (walk.left) {
    const stop = button("Stop", () => walk.stop());
    stop.addEventListener("pointerdown", () => walk.stop()); // before the next steps draw another button in its place
    buttons.append(stop);
  } else if (count) buttons.append(button("Back to the start", () => walk.back()));
  const section = make("div", { className: "steps" },
    make("p", {}, make("b", { textContent: "Take this step" }),
      ": the updated parameters take the place of these, and the next step is computed."),
    buttons);
  if (walk.said) section.append(make("p", { className: "quiet", textContent: walk.said }));
  if (count) section.append(falling([step.losses], step.program.file.configuration.display.digits));
  return section;
}
