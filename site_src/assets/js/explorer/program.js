// The exported ledger without its computed numbers: which operation on which operands makes each entry, and the inputs.

import { OPERATIONS, product, strides } from "./operations.js";

export class Entry {
  // Its place in the flat cells.
  flat(index) {
    return index.reduce((place, i, axis) => place + i * this.strides[axis], 0);
  }

  // The index of a place in the flat cells.
  index(flat) {
    return this.strides.map((step, axis) => Math.floor(flat / step) % this.shape[axis]);
  }

  // Whether it is zero by mathematics there.
  isZero(flat) {
    return Array.isArray(this.zeros) ? Boolean(this.zeros[flat]) : Boolean(this.zeros);
  }

  // Whether it is an index of this entry.
  holds(index) {
    return index.length === this.shape.length && index.every((i, axis) => Number.isInteger(i) && i >= 0 && i < this.shape[axis]);
  }
}

export class Program {
  // `file` is what calc/export_program.py wrote.
  constructor(file) {
    this.file = file;
    this.sizes = file.axes;
    this.entries = [];
    this.byName = new Map();
    const letters = (text) => (text ? text.split(" ") : []);
    const integers = new Set(file.integers);
    file.names.forEach((name, number) => {
      const entry = Object.assign(new Entry(), { name, number, sizes: this.sizes });
      entry.axes = letters(file.kinds.axes[file.axes_of[number]]);
      entry.op = file.kinds.ops[file.ops[number]];
      entry.stage = file.kinds.stages[file.stages[number]];
      entry.operands = file.operands[number].map((operand) => this.entries[operand]);
      entry.read = file.read[number]?.map((axes) => letters(file.kinds.axes[axes])) ?? entry.operands.map((o) => o.axes);
      entry.attrs = file.attrs[number] ?? {};
      entry.zeros = file.zeros[number] ?? null;
      entry.shape = entry.axes.map((letter) => this.sizes[letter]);
      entry.strides = strides(entry.shape);
      entry.size = product(entry.shape);
      entry.integer = integers.has(number);
      entry.users = [];
      for (const operand of new Set(entry.operands)) operand.users.push(entry);
      this.entries.push(entry);
      this.byName.set(name, entry);
    });
  }

  get(name) {
    return this.byName.get(name);
  }

  // The inputs as they were given: name -> cells.
  given() {
    return new Map(Object.entries(this.file.given).map(([name, value]) => {
      const cells = new Float64Array(this.get(name).size);
      if (Array.isArray(value)) cells.set(value);
      else cells.fill(value);
      return [name, cells];
    }));
  }

  // The entries that these need, themselves among them, in order.
  needed(names) {
    const wanted = new Set(names.map((name) => this.get(name).number));
    for (let i = this.entries.length - 1; i >= 0; i--)
      if (wanted.has(i)) for (const operand of this.entries[i].operands) wanted.add(operand.number);
    return this.entries.filter((entry) => wanted.has(entry.number));
  }

  // The entries that come of these, themselves among them, in order.
  following(names) {
    const found = new Set(names.map((name) => this.get(name).number));
    return this.entries.filter((entry) => {
      if (entry.operands.some((operand) => found.has(operand.number))) found.add(entry.number);
      return found.has(entry.number);
    });
  }

  // Whether an entry's value has a part in another's.
  reaches(entry, end) {
    this.ways ??= new Map();
    if (!this.ways.has(end)) this.ways.set(end, new Set(this.needed([end.name])));
    return entry === end || this.ways.get(end).has(entry);
  }

  // The function that fills an entry's cells from its operands' cells.
  prepared(entry) {
    return (entry.prepared ??= OPERATIONS[entry.op](entry));
  }
}
