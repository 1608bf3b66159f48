// A function of one number: its curve, and the point on it.

import { erfc } from "../erfc.js";
import { Pen } from "../pen.js";
import { operand, said } from "../pieces.js";

// Each function, what it is called, and the part of it that is drawn around x.
const CURVES = {
  exp: [Math.exp, "The exponential function", (x) => [Math.min(x, -1) - 1, Math.max(x, 0) + 1]],
  ln: [Math.log, "The natural logarithm", (x) => [x / 8, Math.max(1, 1.4 * x)]],
  sqrt: [Math.sqrt, "The square root", (x) => [0, 2 * x || 1]],
  square: [(x) => x * x, "The square", (x) => [-1.5 * Math.abs(x) || -1, 1.5 * Math.abs(x) || 1]],
  erfc: [erfc, "The complementary error function", (x) => [Math.min(-2.5, x - 0.5), Math.max(2.5, x + 0.5)]],
};
const POINTS = 64;

export function curve({ step }, { entry, index }, { expression: { name, parts: [of, exponent] } }) {
  const x = step.value(of.entry, of.index), y = step.value(entry, index);
  if (!Number.isFinite(x)) return [said("e to the power of ", operand(step, of), " is 0: nothing is left of it.")];
  const [shape, called, around] = name === "power" ? power(step, exponent) : CURVES[name];
  const texts = [step.text(of.entry, of.index), step.text(entry, index)];
  return [drawing(shape, around(x), [x, y], texts, `${called}: at ${texts[0]} it is ${texts[1]}.`)];
}

function power(step, { entry, index }) {
  const n = step.value(entry, index);
  return [(x) => x ** n, `The power of ${step.text(entry, index)}`, (x) => [0, Math.max(1, 1.2 * x)]];
}

function drawing(shape, [from, to], [x, y], [below, beside], words) {
  const inside = Array.from({ length: POINTS + 1 }, (_, i) => from + ((to - from) * i) / POINTS);
  const points = inside.map((at) => [at, shape(at)]), heights = [...points.map(([, height]) => height), y, 0];
  const pen = new Pen(320, 150, [from, to], [Math.min(...heights), Math.max(...heights)], words);
  pen.line([[from, 0], [to, 0]], "axis");
  if (from <= 0 && to >= 0) pen.line([[0, pen.low], [0, pen.high]], "axis");
  pen.line(points, "curve");
  pen.line([[x, 0], [x, y]], "lead");
  pen.line([[from, y], [x, y]], "lead");
  pen.dot(x, y);
  pen.below(x, below);
  pen.beside(y, beside);
  return pen.done();
}
