// A picture made again of other numbers, from what render/figures/recorded.py kept when it was drawn: which operations
// on which cells of the step made its coordinates, kinds and words.

import { erfc } from "./erfc.js";
import { heat, number } from "./heat.js";
import { NotFinite } from "./replay.js";

const OPERATIONS = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  neg: (a) => -a,
  pow: Math.pow,
  abs: Math.abs,
  largest: Math.max,
  least: Math.min,
  total: (...values) => values.reduce((sum, value) => sum + value, 0),
  place_of_largest: (...values) => values.indexOf(Math.max(...values)),
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  log10: Math.log10,
  sin: Math.sin,
  cos: Math.cos,
  acos: Math.acos,
  ceil: Math.ceil,
  erfc,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  sign: (x, above, below, level) => (x > 0 ? above : x < 0 ? below : level),
  among: (yes, no, one, ...others) => (others.includes(one) ? yes : no),
  count: String,
};

// What a picture can ask of a step. A cell is told by its entry's name and its place in the flat cells.
export class Numbers {
  constructor(step) {
    this.step = step;
    this.tables = new Map();
    this.orders = new Map();
  }

  at(name, flat) {
    return this.#cells(name)[flat];
  }

  text(name, flat) {
    const entry = this.step.get(name);
    return this.step.text(entry, entry.index(flat));
  }

  // The vocabulary's word with this number, cut short as it was built.
  word(id, builtId, built, longest) {
    if (id === builtId) return built;
    const word = this.step.program.file.words[id];
    return longest && word.length > longest ? `${word.slice(0, longest - 1)}…` : word;
  }

  // The tint of a cell in its table, which is the entry's last two axes.
  tint(name, flat) {
    const area = this.step.get(name).shape.slice(-2).reduce((size, length) => size * length, 1);
    const start = flat - (flat % area), key = `${name} ${start}`;
    if (!this.tables.has(key)) this.tables.set(key, highest(this.#cells(name).slice(start, start + area)));
    return heat(number(this.text(name, flat)), this.tables.get(key));
  }

  // The root of the sum of an entry's squares.
  size(name) {
    return Math.hypot(...this.#cells(name));
  }

  // Where a cell stands on one axis: of those that are not zero, from the smallest magnitude (0) to the greatest (1).
  ranked(name, share, axis) {
    if (!this.orders.has(name)) this.orders.set(name, bySize(this.#cells(name)));
    const order = this.orders.get(name);
    return this.step.get(name).index(order[Math.round(share * (order.length - 1))])[axis];
  }

  // The loss where a cell is moved by so much.
  nudged(name, flat, by) {
    const entry = this.step.get(name);
    return this.step.nudged(entry, entry.index(flat), by) ?? NaN;
  }

  // The loss after a share of the whole step: every parameter moved by that share of its move.
  along(share) {
    const { program, given, now, replay } = this.step, moved = new Map(given), { next, parameters } = program.file;
    for (const name of parameters) {
      const after = now[program.get(next[name]).number];
      moved.set(name, given.get(name).map((old, i) => old + share * (after[i] - old)));
    }
    this.needed ??= program.needed(["loss"]);
    try {
      return replay.run(moved, this.needed)[program.get("loss").number][0];
    } catch (error) {
      if (error instanceof NotFinite) return NaN;
      throw error;
    }
  }

  // The slope of that loss, by its difference over a short way.
  slope_along(share) {
    return (this.along(share + SHORT) - this.along(share - SHORT)) / (2 * SHORT);
  }

  #cells(name) {
    return this.step.now[this.step.get(name).number];
  }
}

const SHORT = 1e-5;

// The greatest magnitude of the finite cells.
const highest = (cells) => cells.map(Math.abs).reduce((most, size) => (size < Infinity && size > most ? size : most), 0);

// The places of the cells that are not zero, by their magnitudes.
function bySize(cells) {
  const places = [...cells.keys()].filter((place) => cells[place] !== 0);
  return places.sort((one, other) => Math.abs(cells[one]) - Math.abs(cells[other]));
}

// A coordinate as it was drawn: one decimal at most, ties to the even digit as Python has them.
export function fixed(x) {
  const text = Math.abs(x) % 1 === 0.25 ? (x - Math.sign(x) * 0.05).toFixed(1) : x.toFixed(1);
  return text.replace(/\.0$/, "").replace(/^-0$/, "0");
}

// The picture now: `alike`, whether it can be drawn as it was; `worded` and `told`, whether its words and its text
// alternative still hold; `set`, [element, attribute, text] of everything that is made of numbers; `tiles`, the paths
// of each group, by tint.
export function drawn(record, numbers) {
  const values = [];
  for (const each of record.made) {
    if (!Array.isArray(each)) values.push(each);
    else {
      const [op, ...of] = each, operands = of.map((i) => values[i]);
      values.push(op in OPERATIONS ? OPERATIONS[op](...operands) : numbers[op](...operands));
    }
  }
  let finite = true;
  const shown = (part) => {
    if (typeof part !== "number") return part;
    const value = values[part];
    if (typeof value !== "number") return value;
    finite &&= Number.isFinite(value);
    return fixed(value);
  };
  const set = record.set.map(([element, name, ...parts]) => {
    const text = parts.map(shown).join("");
    return [element, name, name === "class" ? text.trim() : text];
  });
  const hold = (decisions) => decisions.every((i) => values[i] === true);
  const tiles = record.tiles.map((group) => tinted(group, values, numbers));
  return { alike: hold(record.shapes) && finite, worded: hold(record.words), told: hold(record.label), set, tiles };
}

function tinted({ of, size: [w, h], cells }, values, numbers) {
  const paths = new Map();
  for (const [flat, x, y] of cells) {
    const tint = numbers.tint(of, values[flat]) || "p0";
    paths.set(tint, `${paths.get(tint) ?? ""}M${x} ${y}h${w}v${h}h-${w}z`);
  }
  return paths;
}
