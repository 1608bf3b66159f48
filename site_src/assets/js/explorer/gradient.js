// What a number does to the loss: its gradient, what that predicts for a small move, and what the move really brings.

import { rounded } from "./digits.js";
import { asked, counted, formula, said, section } from "./pieces.js";

const NUDGE = 0.01;
const BENT = 0.01; // of what the gradient predicts: from here on a difference is worth a word
const LEAST = 1e-12; // below this the difference of two losses has no digit that is right

export function gradient(explorer, { entry, index }) {
  const { step, labels } = explorer, slope = step.gradient(entry);
  if (!step.get("loss")) return ""; // a run that counts and learns nothing by gradients
  const about = (...parts) => section(slope ? "Its gradient" : "What it does to the loss", ...parts);
  if (!step.program.reaches(entry, step.get("loss"))) return about(...apart(explorer, entry));
  if (entry.integer) return about(said("A whole number does not grow by a little. The loss does depend on it."));
  const moves = Number.isFinite(step.value(entry, index)) ? said(moved(step, entry, index, slope)) : "";
  if (!slope) return about(moves);
  const symbol = formula(labels.symbol(slope, index)), digits = asked(slope, index, step.text(slope, index));
  return about(said(symbol, " = ", digits), said("How fast the loss grows as this number grows."), moves);
}

// In a sentence or two. A step that is too large for this page is not computed again.
function moved(step, entry, index, slope) {
  const predicted = slope && step.value(slope, index) * NUDGE;
  const about = slope ? `If this grew by ${NUDGE}, the loss would change by about ${digits(step, predicted)}. ` : "";
  if (!step.live) return about;
  const after = step.nudged(entry, index, NUDGE), change = after - step.value(step.get("loss"), []);
  if (after === null) return `${about}With that, a number on the way to the loss would be too large for 64 bits.`;
  const by = Math.abs(change) < LEAST ? "less than 10⁻¹²" : digits(step, change);
  if (!slope) return `If this grew by ${NUDGE} and all after it were computed again, the loss would change by ${by}.`;
  const isBent = Math.abs(change - predicted) > Math.max(BENT * Math.abs(predicted), LEAST);
  const why = isBent ? " The two differ because the slope does not stay the same on the way." : "";
  return `${about}Computed again with it, the loss changes by ${by}.${why}`;
}

const digits = (step, value) => rounded(value, step.digits.significant).text;

// Where the loss does not depend on it: what else does.
function apart({ step, labels }, entry) {
  const after = step.program.following([entry.name]).filter((other) => other !== entry);
  const first = said("The loss of this step does not depend on it.");
  if (!after.length) return [first];
  const stages = [...new Set(after.map((other) => labels.stage(other)))];
  return [first, said(`It acts on ${counted(after.length, "other array")}: ${stages.join("; ")}.`)];
}
