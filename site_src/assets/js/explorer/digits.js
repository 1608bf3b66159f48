// The one way from a value to digits, as render/digits.py has it. A number that is exact and short is printed as it
// is. Any other is rounded to the configured number of significant digits; within 1e-12 relative of a rounding tie it
// gets more digits, so that the last bit of a float64 never decides a digit.

import { Exact, terminating } from "./exact.js";
import { Fraction, ZERO } from "./fraction.js";

export const MINUS = "−";
export const MINUS_INFINITY = "−∞";
const LEAST_EXPONENT = -3; // 0.001234 is written out, 1.234×10⁻⁴ is not
const LEAST_EXACT_EXPONENT = -5; // a short exact decimal is easier to read written out: 0.000625
const MOST_FILLED = 3; // decimals that an exact table may have to be filled up
const LONGEST = 15; // as many significant digits as a float64 surely has
const TIE = 1e4; // 1e-12 relative, in units of the 17th significant digit of a number that starts with 1

// Digits as they stand on a page. `decimal` is the number that the text writes, {digits, exponent}; `truth` what it
// stands for, a fraction or a float64, or null for the number itself; `half` half a unit of its last digit.
export class Printed {
  constructor(text, decimal, truth = null, half = null) {
    Object.assign(this, { text, decimal, truth, halfUnit: half });
  }

  // The number that the text writes.
  get value() {
    return (this.known ??= fraction(this.decimal));
  }

  // Whether that is known to be the true value: never of a float64, whose last bits differ between machines.
  get exact() {
    return this.truth === null || (this.truth instanceof Fraction && this.value.equals(this.truth));
  }

  // 0 where nothing was rounded.
  get half() {
    return this.halfUnit ? fraction(this.halfUnit) : ZERO;
  }

  get infinite() {
    return this.text === MINUS_INFINITY;
  }
}

export function fraction({ digits, exponent }) {
  return exponent < 0 ? new Fraction(digits, 10n ** BigInt(-exponent)) : new Fraction(digits * 10n ** BigInt(exponent));
}

export class Digits {
  // Digits of a program's values, to `significant` significant digits.
  constructor(program, values, significant) {
    Object.assign(this, { program, values, significant });
    this.exact = new Exact(program, values);
    this.filled = new Map();
    this.cache = new Map();
  }

  // The cell's digits, as every page prints them.
  text(entry, index) {
    return this.printed(entry, index).text;
  }

  // The cell with `more` significant digits than usual: the guard digits of a worked equation's operands.
  printed(entry, index, more = 0) {
    const flat = entry.flat(index);
    if (more) return this.#print(entry, flat, this.significant + more);
    let known = this.cache.get(entry);
    if (!known) this.cache.set(entry, (known = new Array(entry.size)));
    return (known[flat] ??= this.#print(entry, flat, this.significant));
  }

  #print(entry, flat, significant) {
    const value = this.values[entry.number][flat];
    if (value === -Infinity) return new Printed(MINUS_INFINITY, { digits: 0n, exponent: 0 });
    const exact = this.exact.cell(entry, flat);
    if (exact === null) return rounded(value, significant);
    if (entry.integer) return new Printed(whole(value), { digits: BigInt(value), exponent: 0 });
    const short = terminating(exact, Math.max(this.significant + 2, significant));
    if (short === null) return rounded(exact, significant);
    return new Printed(written(short, null, this.#places(entry)), short);
  }

  // Decimals to which an exact table is filled up with zeros, so that its points stand in line; 0 for none.
  #places(entry) {
    let places = this.filled.get(entry);
    if (places === undefined) {
      const exact = entry.axes.length && this.exact.rational(entry) ? this.exact.cells(entry) : [];
      places = exact.reduce((most, x) => (most > MOST_FILLED ? most : Math.max(most, decimals(x))), 0);
      if (places > MOST_FILLED) places = 0;
      this.filled.set(entry, places);
    }
    return places;
  }
}

// How many decimals write the number exactly, or one too many to fill up.
function decimals(x) {
  for (let places = 0; places <= MOST_FILLED; places++) if (10n ** BigInt(places) % x.denominator === 0n) return places;
  return MOST_FILLED + 1;
}

// A whole number, with commas where it has five digits or more.
export function whole(number) {
  const size = Math.abs(number);
  const text = size >= 10_000 ? String(size).replace(/\B(?=(\d{3})+$)/g, ",") : String(size);
  return number < 0 ? MINUS + text : text;
}

// The value, a float64 or a fraction, to that many significant digits, or to as many more as it takes to stand clear
// of a rounding tie.
export function rounded(value, significant) {
  const exact = value instanceof Fraction;
  if (exact ? value.numerator === 0n : value === 0) return new Printed("0", { digits: 0n, exponent: 0 });
  const negative = exact ? value.numerator < 0n : value < 0;
  const all = exact ? value.decimal(17) : seventeen(value);
  let digits = Math.min(significant, LONGEST), found = cut(all, digits);
  while (found.tie && digits < LONGEST) found = cut(all, ++digits);
  const decimal = { digits: BigInt(negative ? -found.mantissa : found.mantissa), exponent: found.exponent - digits + 1 };
  return new Printed(written(decimal, digits), decimal, value, { digits: 5n, exponent: found.exponent - digits });
}

// A float64's first 17 significant digits, and the power of ten of the first one.
function seventeen(value) {
  const [head, power] = Math.abs(value).toExponential(16).split("e");
  return { digits: head.replace(".", ""), exponent: Number(power) };
}

// Rounded to `count` digits: the mantissa, the power of ten of its first digit, and whether a tie is near.
function cut({ digits, exponent }, count) {
  const scale = 10 ** (17 - count), tail = Number(digits.slice(count));
  const mantissa = Number(digits.slice(0, count)) + (2 * tail > scale ? 1 : 0);
  const tie = Math.abs(2 * tail - scale) <= 2 * TIE * (Number(digits[0]) + 1);
  return mantissa === 10 ** count ? { mantissa: mantissa / 10, exponent: exponent + 1, tie } : { mantissa, exponent, tie };
}

const superscript = (number) => String(number).replace(/./g, (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(sign)]);

// A decimal written out, or with a power of ten where it is small or has more places than digits. `significant` keeps
// the zeros at its end; without it they go.
export function written(decimal, significant = null, places = 0) {
  const size = decimal.digits < 0n ? -decimal.digits : decimal.digits;
  if (size === 0n) return "0";
  const sign = decimal.digits < 0n ? MINUS : "";
  const exponent = String(size).length - 1 + decimal.exponent;
  let digits = String(size).replace(/0+$/, "");
  if (significant !== null) digits = digits.padEnd(significant, "0");
  const least = significant === null ? LEAST_EXACT_EXPONENT : LEAST_EXPONENT;
  if (exponent < least || (significant !== null && exponent >= significant) || exponent > 8) {
    const point = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits[0]}${point}×10${superscript(exponent)}`;
  }
  if (exponent < 0) return `${sign}0.${("0".repeat(-exponent - 1) + digits).padEnd(places, "0")}`;
  digits = digits.padEnd(exponent + 1 + places, "0");
  const point = digits.length > exponent + 1 ? `.${digits.slice(exponent + 1)}` : "";
  return `${sign}${digits.slice(0, exponent + 1)}${point}`;
}
