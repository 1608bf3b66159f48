// Bars of signed numbers on one scale: from 0, or each from where the one before it ended.

import { make } from "./make.js";
import { span } from "./pieces.js";

// A scale that holds all of these numbers, and 0.
export function scale(numbers) {
  const all = numbers.filter(Number.isFinite);
  const low = Math.min(0, ...all), high = Math.max(0, ...all);
  return { low, width: high - low || 1 };
}

const percent = (share) => `${Math.round(1000 * share) / 10}%`;

// A bar from one number to another: to the right it grows, to the left it falls. Nothing for minus infinity.
export function bar({ low, width }, from, to) {
  if (!Number.isFinite(to)) return "";
  const fill = make("i", { className: to < from ? "falls" : "grows" }), zero = make("b");
  fill.style.left = percent((Math.min(from, to) - low) / width);
  fill.style.width = percent(Math.abs(to - from) / width);
  zero.style.left = percent(-low / width);
  const element = span("bar", fill, zero);
  element.ariaHidden = "true"; // it says what the digits beside it say
  return element;
}

// Bars that stand on each other: where each begins and ends.
export function running(numbers) {
  let total = 0;
  return numbers.map((number) => [total, (total += number)]);
}
