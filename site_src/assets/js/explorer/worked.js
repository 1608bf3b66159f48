// One cell worked in full, as render/worked.py has it. A worked line closes: its printed operands, evaluated exactly,
// give its printed result to the last digit; operands get the guard digits that this takes.

import { apply } from "./exact.js";
import { Fraction, ONE, ZERO } from "./fraction.js";
import { Call, Cell, made } from "./terms.js";
import { erfc } from "./erfc.js";

const MOST_GUARD = 11;
const CANCELLED = new Fraction(1n, 10n ** 12n);
const FUNCTIONS = { exp: Math.exp, ln: Math.log, sqrt: Math.sqrt, erfc };
const EXACTLY = { exp: [ZERO, ONE], ln: [ONE, ZERO], erfc: [ZERO, ONE] };

export class Worker {
  constructor(digits) {
    this.digits = digits;
  }

  // How a cell was made: {expression, more, equal}. Its operands are printed with `more` guard digits; `equal` says
  // whether nothing was lost to rounding, so that `=` stands there and not `≈`. The expression of an input is null.
  line(entry, index) {
    const expression = made(entry, index, this.digits.values);
    if (expression === null) return { expression, more: 0, equal: true };
    return { expression, ...this.closing(expression, this.digits.printed(entry, index)) };
  }

  // The guard digits with which an expression gives a printed result.
  closing(expression, printed) {
    for (let more = 0; more <= MOST_GUARD; more++) {
      const [value, exact] = this.evaluate(expression, more);
      // Where terms cancel to 0 as far as float64 can tell, digits of theirs never do so to the last one.
      const off = printed.value.equals(ZERO) && more === MOST_GUARD ? CANCELLED : printed.half;
      if (value === null ? printed.infinite : value.minus(printed.value).size().against(off) <= 0) {
        const certain = exact || printed.exact || this.#moves(expression);
        return { more, equal: value === null || (certain && value.equals(printed.value)) };
      }
    }
    return { more: MOST_GUARD, equal: false };
  }

  // An operand's digits in a line with so many guard digits.
  text(cell, more) {
    return this.#printed(cell, more).text;
  }

  // The value of the printed text, exactly, and whether it is exact. null is minus infinity.
  evaluate(part, more) {
    if (part instanceof Cell) {
      const printed = this.#printed(part, more);
      return printed.infinite ? [null, true] : [printed.value, printed.exact];
    }
    if (!(part instanceof Call)) return part.value === -Infinity ? [null, true] : [Fraction.of(part.value), true];
    const known = part.parts.map((p) => this.evaluate(p, more));
    const exact = known.every(([, sure]) => sure);
    const values = known.map(([value]) => value).filter((value) => value !== null);
    if (values.length < known.length && part.name !== "max") return part.name === "exp" ? [ZERO, true] : [null, true];
    return part.name in FUNCTIONS ? called(part.name, values[0], exact) : [apply(part.name, values), exact];
  }

  // Whether the line only moves one number: a copy, the largest of several, a sum with nothing else in it.
  #moves(part) {
    if (!(part instanceof Call)) return part instanceof Cell;
    const is = (p, number) => {
      const [value, exact] = this.evaluate(p, 0);
      return exact && value !== null && value.equals(number);
    };
    if (part.name === "sum" || part.name === "product") {
      const rest = part.parts.filter((p) => !is(p, part.name === "product" ? ONE : ZERO));
      return rest.length <= 1 && rest.every((p) => this.#moves(p));
    }
    if (part.name === "difference" && part.parts.some((p) => is(p, ZERO))) return part.parts.some((p) => this.#moves(p));
    return (part.name === "max" || part.name === "neg") && part.parts.every((p) => this.#moves(p));
  }

  #printed(cell, more) {
    return this.digits.printed(cell.entry, cell.index, more);
  }
}

// A function of a fraction, and whether the result is exact: only where it is a rational number that is known.
function called(name, x, exact) {
  const [from, to] = EXACTLY[name] ?? [];
  if (from && x.equals(from)) return [to, exact];
  if (name === "sqrt" && x.numerator >= 0n) {
    const root = new Fraction(whole(x.numerator), whole(x.denominator));
    if (root.times(root).equals(x)) return [root, exact];
  }
  return [Fraction.of(FUNCTIONS[name](x.toNumber())), false];
}

// The whole part of a whole number's square root, by Newton's method.
function whole(n) {
  if (n < 2n) return n;
  let root = BigInt(Math.floor(Math.sqrt(Number(n)))) + 1n, next = (root + n / root) / 2n;
  while (next < root) [root, next] = [next, (next + n / next) / 2n];
  return root;
}
