// Which values are exact, and what they are: sums and products of decimal inputs, followed as fractions. The nearest
// float64 of 0.46 is not 0.46; what comes of decimals by rational operations alone is printed as what it is.

import { Fraction, ONE, ZERO } from "./fraction.js";
import { Call, Cell, made } from "./terms.js";

const RATIONAL = new Set(["given", "dot", "add", "sub", "mul", "div", "add_constant", "mul_constant", "neg", "copy",
  "sum", "mean", "square", "power", "gather", "scatter_add", "pick", "one_hot", "causal_mask", "identity", "select",
  "split", "join", "repeat", "size", "count"]);
const BY_NUMBER = new Set(["gather", "scatter_add", "pick"]);
const GIVEN = new Set(["given", "one_hot", "causal_mask", "identity", "size", "count"]);

export class Exact {
  // `values` are the cells of all entries, by their number.
  constructor(program, values) {
    this.program = program;
    this.values = values;
    this.known = new Map();
    this.followed = new Map();
  }

  // Whether every operation on the way from the inputs is rational.
  rational(entry) {
    let answer = this.followed.get(entry);
    if (answer === undefined) {
      const numbers = GIVEN.has(entry.op) ? [] : BY_NUMBER.has(entry.op) ? entry.operands.slice(0, 1) : entry.operands;
      answer = RATIONAL.has(entry.op) && !entry.attrs.exact && !entry.attrs.carried && numbers.every((operand) => this.rational(operand));
      this.followed.set(entry, answer);
    }
    return answer;
  }

  // One cell as a fraction, or null. Zero by mathematics is exact wherever it stands.
  cell(entry, flat) {
    if (this.rational(entry)) return this.#fraction(entry, flat);
    const value = this.values[entry.number][flat];
    return value === 0 || entry.isZero(flat) ? ZERO : null;
  }

  // All cells of a rational entry.
  cells(entry) {
    return Array.from({ length: entry.size }, (_, flat) => this.#fraction(entry, flat));
  }

  #fraction(entry, flat) {
    let known = this.known.get(entry);
    if (!known) this.known.set(entry, (known = new Array(entry.size)));
    return (known[flat] ??= this.#compute(entry, flat));
  }

  #compute(entry, flat) {
    const value = this.values[entry.number][flat];
    if (GIVEN.has(entry.op)) return entry.integer ? Fraction.whole(value) : Fraction.of(value);
    return this.#evaluate(made(entry, entry.index(flat), this.values));
  }

  #evaluate(part) {
    if (part instanceof Cell) return this.#fraction(part.entry, part.flat);
    if (!(part instanceof Call)) return Fraction.of(part.value);
    const [first, ...rest] = part.parts;
    if (!first) return ZERO; // the sum of no rows
    const value = this.#evaluate(first);
    if (part.name === "power") return value.power(this.values[rest[0].entry.number][rest[0].flat]);
    return apply(part.name, [value, ...rest.map((p) => this.#evaluate(p))]);
  }
}

// A rational operation on fractions.
export function apply(name, parts) {
  const [first, ...rest] = parts;
  switch (name) {
    case "sum":
      return parts.reduce((total, part) => total.plus(part), ZERO);
    case "product":
      return parts.reduce((total, part) => total.times(part), ONE);
    case "difference":
      return first.minus(rest[0]);
    case "quotient":
      return first.over(rest[0]);
    case "neg":
      return first.negated();
    case "square":
      return first.times(first);
    case "max":
      return parts.reduce((top, part) => (part.against(top) > 0 ? part : top));
    case "power":
      return first.power(Number(rest[0].numerator));
    default:
      throw new RangeError(`${name} is no rational operation`);
  }
}

// The fraction as a decimal of at most `most` significant digits, or null where it has more or never ends:
// {digits, exponent}, which stands for digits times ten to the exponent.
export function terminating(x, most) {
  let rest = x.denominator, twos = 0, fives = 0;
  while (rest % 2n === 0n) [rest, twos] = [rest / 2n, twos + 1];
  while (rest % 5n === 0n) [rest, fives] = [rest / 5n, fives + 1];
  if (rest !== 1n) return null;
  const places = Math.max(twos, fives);
  const digits = (x.numerator * 10n ** BigInt(places)) / x.denominator;
  const text = String(digits).replace("-", "").replace(/0+$/, "");
  return text.length <= most ? { digits, exponent: -places } : null;
}
