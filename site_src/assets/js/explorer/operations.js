// The closed set of operations, as calc/operations.py has it. An operation is prepared once for its axes; what is
// prepared takes the operands' cells (flat, the last axis running fastest) and fills the result's.
//
// Operands meet by the letters of their axes, never by their order.

import { erfc } from "./erfc.js";

export class AxesError extends Error {}

export const product = (numbers) => numbers.reduce((total, n) => total * n, 1);

// How far apart neighbours along each axis stand in the flat cells.
export function strides(shape) {
  const steps = new Array(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i], i--) steps[i] = step;
  return steps;
}

// The place of every combination of these letters' indices in the cells of something with these axes.
export function places(letters, axes, sizes) {
  const steps = strides(axes.map((axis) => sizes[axis]));
  let found = new Int32Array(1);
  for (const letter of letters) {
    const at = axes.indexOf(letter), step = at < 0 ? 0 : steps[at], count = sizes[letter];
    const next = new Int32Array(found.length * count);
    for (let i = 0, to = 0; i < found.length; i++) for (let k = 0; k < count; k++) next[to++] = found[i] + k * step;
    found = next;
  }
  return found;
}

const same = (a, b) => a.length === b.length && a.every((letter, i) => letter === b[i]);

// ------------------------------------------------------------------------------------------- element by element

// Where each result cell finds its operand cell; null where it is at the same place.
function aligned(read, axes, sizes) {
  return same(read, axes) ? null : places(axes, read, sizes);
}

const unary = (cell) => ({ read: [from], axes, sizes }) => {
  const table = aligned(from, axes, sizes);
  return (a, out) => {
    for (let i = 0; i < out.length; i++) out[i] = cell(table ? a[table[i]] : a[i]);
  };
};

const withConstant = (cell) => ({ attrs }) => (a, out) => {
  const { constant } = attrs;
  for (let i = 0; i < out.length; i++) out[i] = cell(a[i], constant);
};

// Two operands that have the result's axes are read straight; one that lacks some of them by a table of places.
const binary = (straight, cell) => ({ read, axes, sizes }) => {
  const [left, right] = read.map((letters) => aligned(letters, axes, sizes));
  if (!left && !right) return straight;
  return (a, b, out) => {
    if (!left) for (let i = 0; i < out.length; i++) out[i] = cell(a[i], b[right[i]]);
    else if (!right) for (let i = 0; i < out.length; i++) out[i] = cell(a[left[i]], b[i]);
    else for (let i = 0; i < out.length; i++) out[i] = cell(a[left[i]], b[right[i]]);
  };
};

const each = (cell) => binary((a, b, out) => {
  for (let i = 0; i < out.length; i++) out[i] = cell(a[i], b[i]);
}, cell);

// The most used loops are written out: one that calls a function for each cell takes several times as long.
const mul = binary((a, b, out) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i] * b[i];
}, (x, y) => x * y);
const sub = binary((a, b, out) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i] - b[i];
}, (x, y) => x - y);
const div = binary((a, b, out) => {
  for (let i = 0; i < out.length; i++) out[i] = a[i] / b[i];
}, (x, y) => x / y);

function add({ read, axes, sizes }) {
  const tables = read.map((letters) => aligned(letters, axes, sizes));
  return (...given) => {
    const out = given[given.length - 1];
    for (let o = 0; o < tables.length; o++) {
      const a = given[o], table = tables[o];
      if (o === 0) for (let i = 0; i < out.length; i++) out[i] = table ? a[table[i]] : a[i];
      else if (table) for (let i = 0; i < out.length; i++) out[i] += a[table[i]];
      else for (let i = 0; i < out.length; i++) out[i] += a[i];
    }
  };
}

// ----------------------------------------------------------------------------------------------------------- sums

// Sum of products over every letter that the result does not have: x[T D], w[D C] -> [T C] is x @ w.
function dot({ read: [left, right], axes, sizes }) {
  const letters = [...new Set([...left, ...right])];
  const summed = letters.filter((letter) => !axes.includes(letter));
  const lone = summed.find((letter) => !left.includes(letter) || !right.includes(letter));
  if (lone) throw new AxesError(`dot would sum over ${lone}, which only one operand has`);
  const shared = axes.filter((letter) => left.includes(letter) && right.includes(letter));
  const rows = axes.filter((letter) => left.includes(letter) && !right.includes(letter));
  const columns = axes.filter((letter) => right.includes(letter) && !left.includes(letter));
  const at = (group, of) => places(group, of, sizes);
  const [ls, lr, lk] = [at(shared, left), at(rows, left), at(summed, left)];
  const [rs, rc, rk] = [at(shared, right), at(columns, right), at(summed, right)];
  const [os, or, oc] = [at(shared, axes), at(rows, axes), at(columns, axes)];
  const n = rc.length, m = lk.length;
  const neighbours = (list) => list.every((place, i) => place === i);
  const along = n > 1 && neighbours(rc) && neighbours(oc);
  return (a, b, out) => {
    for (let s = 0; s < ls.length; s++) {
      for (let r = 0; r < lr.length; r++) {
        const from = ls[s] + lr[r], to = os[s] + or[r];
        if (along) {
          for (let c = 0; c < n; c++) out[to + c] = 0;
          for (let k = 0; k < m; k++) {
            const x = a[from + lk[k]], row = rs[s] + rk[k];
            for (let c = 0; c < n; c++) out[to + c] += x * b[row + c];
          }
        } else {
          for (let c = 0; c < n; c++) {
            const column = rs[s] + rc[c];
            let total = 0;
            for (let k = 0; k < m; k++) total += a[from + lk[k]] * b[column + rk[k]];
            out[to + oc[c]] = total;
          }
        }
      }
    }
  };
}

const reduction = (first, join, last = (total) => total) => ({ read: [from], axes, sizes }) => {
  const over = from.filter((letter) => !axes.includes(letter));
  const starts = places(axes, from, sizes), steps = places(over, from, sizes), n = steps.length;
  return (a, out) => {
    for (let i = 0; i < starts.length; i++) {
      let total = first;
      for (let k = 0; k < n; k++) total = join(total, a[starts[i] + steps[k]]);
      out[i] = last(total, n);
    }
  };
};

// ----------------------------------------------------------------------------------- by number: rows, cells, masks

function gather({ operands: [table] }) {
  const width = product(table.shape.slice(1));
  return (rows, numbers, out) => {
    for (let i = 0; i < numbers.length; i++)
      for (let k = 0; k < width; k++) out[i * width + k] = rows[numbers[i] * width + k];
  };
}

// Rows in front of those that the numbers speak of, such as a batch's texts, are numbered alike.
function scatterAdd({ shape }) {
  const width = product(shape.slice(1));
  return (values, numbers, out) => {
    out.fill(0);
    for (let i = 0; i * width < values.length; i++)
      for (let k = 0; k < width; k++) out[numbers[i % numbers.length] * width + k] += values[i * width + k];
  };
}

function pick({ operands: [x] }) {
  const width = x.shape[x.shape.length - 1];
  return (a, numbers, out) => {
    for (let i = 0; i < out.length; i++) out[i] = a[i * width + numbers[i]];
  };
}

function oneHot({ shape }) {
  const width = shape[shape.length - 1];
  return (numbers, out) => {
    out.fill(0);
    for (let i = 0; i < numbers.length; i++) out[i * width + numbers[i]] = 1;
  };
}

const square = (holds) => ({ shape: [, width] }) => (out) => {
  for (let i = 0; i < out.length; i++) out[i] = holds(Math.floor(i / width), i % width) ? 1 : 0;
};

const atPlaces = (tableOf) => (entry) => {
  const table = tableOf(entry);
  return (a, out) => {
    for (let i = 0; i < out.length; i++) out[i] = a[table[i]];
  };
};

// The operand's place of each cell, with some letters fixed: its part at attrs.at.
function selected({ read: [from], axes, sizes, attrs: { at } }) {
  const steps = strides(from.map((letter) => sizes[letter]));
  const start = from.reduce((place, letter, i) => place + (at[letter] ?? 0) * steps[i], 0);
  return places(axes, from, sizes).map((place) => place + start);
}

// [.. T C] -> [.. H T K]: column c = h * K + k becomes column k of head h.
function dealt({ shape }) {
  const [heads, rows, width] = shape.slice(-3);
  return Int32Array.from({ length: product(shape) }, (_, i) => {
    const k = i % width, t = Math.floor(i / width) % rows, h = Math.floor(i / (width * rows)) % heads;
    const front = Math.floor(i / (width * rows * heads));
    return ((front * rows + t) * heads + h) * width + k;
  });
}

// [.. H T K] -> [.. T C]: the way back.
function joined({ shape, operands: [{ shape: from }] }) {
  const [heads, rows, width] = from.slice(-3);
  return Int32Array.from({ length: product(shape) }, (_, i) => {
    const k = i % width, h = Math.floor(i / width) % heads, t = Math.floor(i / (width * heads)) % rows;
    const front = Math.floor(i / (width * heads * rows));
    return ((front * heads + h) * rows + t) * width + k;
  });
}

const total = ({ attrs: { parts } }) => Object.values(parts).reduce((sum, n) => sum + n, 0);

// name: entry -> (operands' cells ..., out) => undefined. An entry tells its axes, shape, attrs, the letters that its
// operands are `read` with, and the `sizes` of all letters.
export const OPERATIONS = {
  dot,
  add,
  sub,
  mul,
  div,
  add_constant: withConstant((x, constant) => x + constant),
  mul_constant: withConstant((x, constant) => x * constant),
  power: each((x, y) => x ** y),
  neg: unary((x) => -x),
  copy: unary((x) => x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  square: unary((x) => x * x),
  erfc: unary(erfc),
  sum: reduction(0, (sum, x) => sum + x),
  mean: reduction(0, (sum, x) => sum + x, (sum, n) => sum / n),
  max: reduction(-Infinity, Math.max),
  gather,
  scatter_add: scatterAdd,
  pick,
  one_hot: oneHot,
  causal_mask: square((query, key) => key <= query),
  mask: each((x, allowed) => (allowed !== 0 ? x : -Infinity)),
  identity: square((row, column) => row === column),
  select: atPlaces(selected),
  split: atPlaces(dealt),
  join: atPlaces(joined),
  repeat: atPlaces(({ read: [from], axes, sizes }) => places(axes, from, sizes)),
  size: ({ operands: [of] }) => (a, out) => out.fill(product(of.shape)),
  count: (entry) => (out) => out.fill(total(entry)),
};
