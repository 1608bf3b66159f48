// What a number does to the loss: its gradient, what that predicts for a small move, and what the move really brings.

import { format } from "./address.js";
import { rounded } from "./digits.js";
import { make } from "./make.js";
import { asked, counted, formula, said, section } from "./pieces.js";

const NUDGE = 0.01;
const BENT = 0.01; // of what the gradient predicts: from here on a difference is worth a word
const LEAST = 1e-12; // below this the difference of two losses has no digit that is right

export function gradient(explorer, { entry, index }) {
  const { step, labels } = explorer, slope = step.gradient(entry), loss = step.get("loss");
  const reaches = step.program.reaches(entry, loss);
  if (!reaches) return section("What it does to the loss", ...apart(explorer, entry));
  if (!slope && entry.integer) return section("What it does to the loss", said("It is a whole number, which does not grow by a little. The loss does depend on it."));
  const parts = [];
  if (slope) {
    const symbol = make("span", {}, formula(labels.symbol(slope, index)), " = ", asked(slope, index, step.text(slope, index)));
    parts.push(said(symbol), said("How fast the loss grows as this number grows."));
  }
  if (Number.isFinite(step.value(entry, index))) parts.push(moved(step, entry, index, slope));
  return section(slope ? "Its gradient" : "What it does to the loss", ...parts);
}

function moved(step, entry, index, slope) {
  const { significant } = step.digits, changed = step.nudged(entry, index, NUDGE);
  const made = changed === null ? null : changed - step.value(step.get("loss"), []);
  const real = made === null ? "cannot be computed: a number on the way would be too large"
    : Math.abs(made) < LEAST ? "changes by less than 10⁻¹²" : `changes by ${rounded(made, significant).text}`;
  if (!slope) return said(`If it grew by ${NUDGE}, and everything after it were computed again, the loss ${real.replace("changes", "would change")}.`);
  const predicted = step.value(slope, index) * NUDGE;
  const bent = made !== null && Math.abs(made - predicted) > BENT * Math.abs(predicted) && Math.abs(made) > LEAST;
  return said(`If this grew by ${NUDGE}, the loss would change by about ${rounded(predicted, significant).text}. `
    + `Computed again with it, the loss ${real}.${bent ? " The two differ because the slope does not stay the same on the way." : ""}`);
}

// Where the loss does not depend on it: what else does.
function apart({ step, labels }, entry) {
  const after = step.program.following([entry.name]).filter((other) => other !== entry);
  const first = said("The loss of this step does not depend on it.");
  if (!after.length) return [first];
  const stages = [...new Set(after.map((other) => labels.stage(other)))];
  return [first, said(`It acts on ${counted(after.length, "other array")}: ${stages.join("; ")}.`)];
}
