// A function of one number: its curve, and the point on it.

import { erfc } from "../erfc.js";
import { asked, said } from "../pieces.js";
import { Pen } from "../pen.js";

// Each function, what it is called, and the part of it that is drawn around x.
const CURVES = {
  exp: [Math.exp, "The exponential function", (x) => [Math.min(x, -1) - 1, Math.max(x, 0) + 1]],
  ln: [Math.log, "The natural logarithm", (x) => [x / 8, Math.max(1, 1.4 * x)]],
  sqrt: [Math.sqrt, "The square root", (x) => [0, 2 * x || 1]],
  square: [(x) => x * x, "The square", (x) => [-1.5 * Math.abs(x) || -1, 1.5 * Math.abs(x) || 1]],
  erfc: [erfc, "The complementary error function", (x) => [Math.min(-2.5, x - 0.5), Math.max(2.5, x + 0.5)]],
};
const POINTS = 64;

export function curve({ step }, { entry, index }, line) {
  const { name, parts: [of, exponent] } = line.expression;
  const x = step.value(of.entry, of.index), y = step.value(entry, index);
  const [shape, called, around] = name === "power" ? power(step, exponent) : CURVES[name];
  const texts = { x: step.text(of.entry, of.index), y: step.text(entry, index) };
  if (!Number.isFinite(x)) return [said("e to the power of ", asked(of.entry, of.index, texts.x), " is 0: nothing is left of it.")];
  return [drawing(shape, around(x), x, y, texts, `${called}: at ${texts.x} it is ${texts.y}.`)];
}

function power(step, exponent) {
  const n = step.value(exponent.entry, exponent.index);
  return [(x) => x ** n, `The power of ${step.text(exponent.entry, exponent.index)}`, (x) => [0, Math.max(1, 1.2 * x)]];
}

function drawing(shape, [from, to], x, y, texts, words) {
  const points = Array.from({ length: POINTS + 1 }, (_, i) => from + ((to - from) * i) / POINTS).map((at) => [at, shape(at)]);
  const heights = [...points.map(([, height]) => height), y, 0];
  const pen = new Pen(320, 150, [from, to], [Math.min(...heights), Math.max(...heights)], words);
  pen.line([[from, 0], [to, 0]], "axis");
  if (from <= 0 && to >= 0) pen.line([[0, pen.low], [0, pen.high]], "axis");
  pen.line(points, "curve");
  pen.line([[x, 0], [x, y]], "lead");
  pen.line([[from, y], [x, y]], "lead");
  pen.dot(x, y);
  pen.below(x, texts.x);
  pen.beside(y, texts.y);
  return pen.done();
}
