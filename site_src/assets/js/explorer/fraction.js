// Exact rational numbers: sums and products of the decimals that the inputs are written with.

const gcd = (a, b) => {
  while (b) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
};

export class Fraction {
  constructor(numerator, denominator = 1n) {
    const common = gcd(numerator, denominator) || 1n;
    const sign = denominator < 0n ? -1n : 1n;
    this.numerator = (sign * numerator) / common;
    this.denominator = (sign * denominator) / common;
  }

  static whole(number) {
    return new Fraction(BigInt(number));
  }

  // The decimal that a float64 is written with: the shortest that reads back to it.
  static of(number) {
    const [, sign, whole, part = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(number));
    const exponent = Number(power) - part.length;
    const digits = BigInt(sign + whole + part);
    return exponent < 0 ? new Fraction(digits, 10n ** BigInt(-exponent)) : new Fraction(digits * 10n ** BigInt(exponent));
  }

  plus(other) {
    return new Fraction(
      this.numerator * other.denominator + other.numerator * this.denominator,
      this.denominator * other.denominator,
    );
  }

  minus(other) {
    return this.plus(other.negated());
  }

  times(other) {
    return new Fraction(this.numerator * other.numerator, this.denominator * other.denominator);
  }

  over(other) {
    return new Fraction(this.numerator * other.denominator, this.denominator * other.numerator);
  }

  negated() {
    return new Fraction(-this.numerator, this.denominator);
  }

  size() {
    return this.numerator < 0n ? this.negated() : this;
  }

  power(exponent) {
    return new Fraction(this.numerator ** BigInt(exponent), this.denominator ** BigInt(exponent));
  }

  // Below zero, zero or above it, as this is smaller, the same or larger.
  against(other) {
    const left = this.numerator * other.denominator;
    const right = other.numerator * this.denominator;
    return left < right ? -1 : left > right ? 1 : 0;
  }

  equals(other) {
    return this.numerator === other.numerator && this.denominator === other.denominator;
  }

  // The nearest float64: the decimal to 25 digits is read as any other decimal is.
  toNumber() {
    if (this.denominator === 1n) return Number(this.numerator);
    const { digits, exponent } = this.decimal(25);
    return Number(`${this.numerator < 0n ? "-" : ""}${digits}e${exponent - 24}`);
  }

  // The first `count` significant digits, rounded, and the power of ten of the first one; not for 0.
  decimal(count) {
    const { numerator, denominator } = this.size();
    let exponent = String(numerator).length - String(denominator).length;
    const tenTo = (n) => 10n ** BigInt(n);
    const scaled = (e) => {
      const shift = count - 1 - e;
      const [top, bottom] = shift < 0 ? [numerator, denominator * tenTo(-shift)] : [numerator * tenTo(shift), denominator];
      return (2n * top + bottom) / (2n * bottom);
    };
    if (exponent >= 0 ? numerator < denominator * tenTo(exponent) : numerator * tenTo(-exponent) < denominator) exponent -= 1;
    let digits = String(scaled(exponent));
    if (digits.length > count) [digits, exponent] = [digits.slice(0, count), exponent + 1];
    return { digits, exponent };
  }
}

export const ZERO = Fraction.whole(0);
export const ONE = Fraction.whole(1);
