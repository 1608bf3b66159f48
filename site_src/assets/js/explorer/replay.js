// The step again: every value of a program from its inputs, or from others in their place.

import { OPERATIONS } from "./operations.js";

export const SUMS = new Set(["dot", "add", "sub", "sum", "mean"]);
const SUSPECT = 1e-13; // of an array's largest entry: below this a cell is looked at
const RESIDUE = 4 * Number.EPSILON; // of the sum of magnitudes: what rounding may leave of a zero

// A number that float64 cannot hold: `entry` is where it came up first.
export class NotFinite extends Error {
  constructor(entry) {
    super(`${entry.name} would not be a finite number`);
    this.entry = entry;
  }
}

export class Replay {
  constructor(program) {
    this.program = program;
  }

  // Every value: an array of cells for each entry, by its number. `given` are the inputs' cells, by name. `old` are
  // arrays that may be written over. Raises NotFinite.
  run(given, entries = this.program.entries, old = []) {
    const values = old.length ? old : new Array(this.program.entries.length);
    for (const entry of entries) {
      if (entry.op === "given") values[entry.number] = given.get(entry.name);
      else values[entry.number] = this.#make(entry, values, values[entry.number] ?? new Float64Array(entry.size));
    }
    return values;
  }

  // The values with some cells moved: `moved` maps an entry to its new cells. What does not follow of them is shared
  // with `values`. Only what `wanted` needs is computed, if told.
  moved(values, moved, wanted = null) {
    const made = values.slice();
    for (const [entry, cells] of moved) made[entry.number] = cells;
    const fixed = new Set([...moved.keys()].map((entry) => entry.number));
    const needed = wanted && new Set(this.program.needed(wanted).map((entry) => entry.number));
    for (const entry of this.program.following([...moved.keys()].map((each) => each.name)))
      if (!fixed.has(entry.number) && (!needed || needed.has(entry.number)))
        made[entry.number] = this.#make(entry, made, new Float64Array(entry.size));
    return made;
  }

  #make(entry, values, out) {
    const run = this.program.prepared(entry);
    const operands = entry.operands;
    if (operands.length === 2) run(values[operands[0].number], values[operands[1].number], out);
    else if (operands.length === 1) run(values[operands[0].number], out);
    else run(...operands.map((operand) => values[operand.number]), out);
    this.#look(entry, values, out);
    return out;
  }

  // Holds the cells to being numbers, and records as 0 what is left where a sum's terms cancel to less than their own
  // rounding error: no digit of such a residue is right.
  #look(entry, values, out) {
    let largest = 0, least = Infinity, masked = false;
    for (let i = 0; i < out.length; i++) {
      const size = Math.abs(out[i]);
      if (!(size < Infinity)) {
        if (out[i] !== -Infinity) throw new NotFinite(entry);
        masked = true;
      } else {
        if (size > largest) largest = size;
        if (size < least && size > 0) least = size;
      }
    }
    if (masked || entry.integer || !SUMS.has(entry.op)) return;
    if (entry.axes.length && !(least < SUSPECT * largest)) return;
    const terms = this.#magnitudes(entry, values);
    for (let i = 0; i < out.length; i++) if (Math.abs(out[i]) <= RESIDUE * terms[i]) out[i] = 0;
  }

  // The same sums of the terms' magnitudes.
  #magnitudes(entry, values) {
    const sum = entry.op === "sub" ? (entry.plus ??= OPERATIONS.add(entry)) : this.program.prepared(entry);
    const terms = new Float64Array(entry.size);
    sum(...entry.operands.map((operand) => values[operand.number].map(Math.abs)), terms);
    return terms;
  }
}
