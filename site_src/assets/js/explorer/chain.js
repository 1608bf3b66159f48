// The chain of largest contributions through a number: back to what it began with, and on to where it ends.

import { erfc } from "./erfc.js";
import { Call, Cell, cells as cellsOf, made } from "./terms.js";
import { flats, uses } from "./uses.js";

const NUDGE = 1e-3; // of a number: so little that what follows changes in proportion

// Its links, in order, and the number's own place among them: {links: [{entry, index, note}], at}. A note says how a link
// follows from the one before it.
export function chain(step, entry, index) {
  const before = back(step, entry, index);
  return { links: [...before, ...on(step, entry, index)], at: before.length - 1 };
}

// ------------------------------------------------------------------------------------------------------- back

function back(step, entry, index) {
  const links = [];
  for (;;) {
    const parts = contributions(made(entry, index, step.now), step.now);
    links.unshift({ entry, index, note: partsNote(parts.length) });
    if (!parts.length) return links;
    const largest = parts.reduce((best, part) => (part.size > best.size ? part : best));
    ({ entry, index } = largest.cell);
  }
}

const partsNote = (n) => (n > 1 ? `the largest of its ${n} parts is the one before` : "");

// The parts that a cell is the sum of, and how large each is: [{cell, size}]. Of a product's factors, the one that was
// made last: a weight is given, what it weighs has a past. A single number for all cells is passed over.
function contributions(part, values) {
  const value = (p) => valueOf(p, (cell) => values[cell.entry.number][cell.flat]), size = (p) => Math.abs(value(p));
  if (part instanceof Cell) return [{ cell: part, size: size(part) }];
  if (!(part instanceof Call)) return [];
  if (part.name === "sum" || part.name === "difference") return part.parts.flatMap((p) => scaled(contributions(p, values), size(p)));
  if (part.name === "max") {
    const top = part.parts.reduce((best, p) => (value(p) > value(best) ? p : best));
    return contributions(top, values);
  }
  if (part.name === "quotient") return contributions(part.parts[0], values);
  const cells = part.parts.filter((p) => p instanceof Cell);
  if (!cells.length) return [];
  const arrays = cells.filter(({ entry }) => entry.axes.length);
  const last = (all) => all.reduce((top, cell) => (cell.entry.number > top.entry.number ? cell : top));
  return [{ cell: last(arrays.length ? arrays : cells), size: 1 }];
}

const scaled = (parts, size) => (parts.length === 1 ? [{ ...parts[0], size }] : parts);

// The value of an expression; `of` tells that of a cell.
function valueOf(part, of) {
  if (part instanceof Cell) return of(part);
  return part instanceof Call ? CALLS[part.name](...part.parts.map((p) => valueOf(p, of))) : part.value;
}

const CALLS = {
  sum: (...parts) => parts.reduce((total, x) => total + x, 0),
  product: (...parts) => parts.reduce((total, x) => total * x, 1),
  difference: (a, b) => a - b,
  quotient: (a, b) => a / b,
  max: Math.max,
  neg: (x) => -x,
  square: (x) => x * x,
  power: (x, y) => x ** y,
  exp: Math.exp,
  ln: Math.log,
  sqrt: Math.sqrt,
  erfc,
};

// --------------------------------------------------------------------------------------------------------- on

// The way by which a number acts most on the end: it is moved a little, all that follows is computed again, and the
// change is followed from the end back, each time to the part that brings most of it.
function on(step, entry, index) {
  if (step.editable(entry)?.kind === "word") return ofWord(step, entry, index);
  const target = endOf(step, entry);
  if (!target || target.entry === entry) return [];
  const cells = step.now[entry.number].slice(), flat = entry.flat(index);
  cells[flat] += NUDGE * Math.max(Math.abs(cells[flat]), NUDGE);
  const moved = step.replay.moved(step.now, new Map([[entry, cells]]), target.names);
  const links = [];
  for (let cell = target.most(moved); cell && cell.entry !== entry; ) {
    const changes = cellsOf(made(cell.entry, cell.index, step.now))
      .map((one) => ({ cell: one, size: Math.abs(effect(cell, one, step.now, moved)) }))
      .filter(({ size }) => size > 0);
    links.unshift({ entry: cell.entry, index: cell.index, note: changesNote(changes.length) });
    if (!changes.length) return [];
    cell = changes.reduce((best, one) => (one.size > best.size ? one : best)).cell;
  }
  return links;
}

// A word's number is no quantity: what it decides goes on, by the cell with the largest gradient.
function ofWord(step, entry, index) {
  const loss = step.get("loss");
  for (const { user, boxes } of uses(entry, index, step.now)) {
    const slopes = step.gradient(user);
    if (!slopes || !step.program.reaches(user, loss)) continue;
    const sizes = boxes.flatMap((box) => flats(user, box)).map((flat) => [flat, Math.abs(step.now[slopes.number][flat])]);
    const [flat] = sizes.reduce((best, one) => (one[1] > best[1] ? one : best));
    const first = { entry: user, index: user.index(flat), note: "of the numbers that the word decides, the one with the largest gradient" };
    return [first, ...on(step, first.entry, first.index)];
  }
  return [];
}

const changesNote = (n) => (n > 1 ? `${n} of its parts move with it; the one before moves it most` : "");

// What a cell would change by if one of its operands' cells alone were as it is in `moved`.
function effect(cell, operand, values, moved) {
  const expression = made(cell.entry, cell.index, values);
  const one = (c) => (c.entry === operand.entry && c.flat === operand.flat ? moved : values)[c.entry.number][c.flat];
  return valueOf(expression, one) - valueOf(expression, (c) => values[c.entry.number][c.flat]);
}

// Where the way on leads: to the loss; what does not act on it, to the parameters' new values; all else to the loss
// after the step. `most` is the cell there that has moved most.
function endOf(step, entry) {
  const { program, now } = step, { next, parameters } = program.file;
  const ways = [["loss"], parameters.map((name) => next[name]), ["after.loss"]];
  const names = ways.map((all) => all.filter((name) => program.get(name) && program.reaches(entry, program.get(name))))
    .find((all) => all.length);
  if (!names) return null;
  const most = (moved) => {
    let best = null, largest = 0;
    for (const end of names.map((name) => program.get(name))) {
      moved[end.number].forEach((value, flat) => {
        const change = Math.abs(value - now[end.number][flat]);
        if (change > largest) [best, largest] = [new Cell(end, end.index(flat)), change];
      });
    }
    return best;
  };
  return { names, entry: program.get(names[0]), most };
}
