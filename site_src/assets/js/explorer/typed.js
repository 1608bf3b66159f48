// Numbers that a reader types, and how they are written back.

import { rounded, written } from "./digits.js";
import { terminating } from "./exact.js";
import { Fraction } from "./fraction.js";

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

// The number that a text means, or NaN: a comma is a decimal point, a minus sign may be a true one.
export function read(text) {
  const plain = text
    .replace(/\s|^\+/g, "")
    .replace(/[−–⁻]/g, "-")
    .replace(/[⁰-⁹¹²³]/g, (digit) => RAISED.indexOf(digit))
    .replace(/[×*x·]10\^?(?=-?\d)/i, "e")
    .replace(",", ".");
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

// All of a number, as it goes into a field.
export const full = (number) => String(number).replaceAll("-", "−");

// A number's digits, as pages would print it.
export function digits(number, significant) {
  const short = terminating(Fraction.of(number), significant + 2);
  return short ? written(short) : rounded(number, significant).text;
}

// The number a small step up (1) or down (-1): one unit of its second digit, or a hundredth from zero.
export function beside(number, way) {
  const unit = number ? 10 ** Math.min(-2, Math.floor(Math.log10(Math.abs(number))) - 1) : 0.01;
  return Number((number + way * unit).toPrecision(12));
}

// Bounds in words: "at least 0 and below 1".
export function limits({ least, most, above, below }) {
  const said = [[least, "at least"], [above, "above"], [most, "at most"], [below, "below"]];
  return said.filter(([bound]) => bound !== undefined).map(([bound, words]) => `${words} ${bound}`).join(" and ");
}
