// Where a cell goes: which cells of the entries that use it were made of it. It is the operations' letters read
// backwards, so that nothing needs to be searched.

import { product } from "./operations.js";

// [{user, boxes, decides}]: a box has for each axis of the user an index, or null for all of them. `decides` tells ids
// and masks, which are no part of a number and say which numbers it is made of.
export function uses(entry, index, values) {
  return entry.users.flatMap((user) => {
    const found = user.operands.map((operand, place) => (operand === entry ? boxes(user, place, index, values) : []));
    const deciding = found.filter((_, place) => decides(user, place)).flat();
    const reading = found.filter((_, place) => !decides(user, place)).flat();
    return [[reading, false], [deciding, true]].filter(([all]) => all.length)
      .map(([all, isDeciding]) => ({ user, boxes: distinct(all), decides: isDeciding }));
  });
}

// How many cells some boxes hold.
export function count(user, all) {
  if (all.length === 1) return product(user.shape.filter((_, i) => all[0][i] === null));
  return new Set(all.flatMap((box) => flats(user, box))).size;
}

// The places of a box's cells.
export function flats(user, box) {
  let found = [0];
  box.forEach((at, axis) => {
    const all = at === null ? Array.from({ length: user.shape[axis] }, (_, i) => i) : [at];
    found = found.flatMap((flat) => all.map((i) => flat + i * user.strides[axis]));
  });
  return found;
}

// The first cell of a box.
export const first = (box) => box.map((at) => at ?? 0);

const distinct = (all) => [...new Map(all.map((box) => [String(box), box])).values()];

const BY_NUMBER = new Set(["gather", "scatter_add", "pick", "one_hot", "mask"]);
const decides = (user, place) => BY_NUMBER.has(user.op) && place === user.operands.length - 1;

function boxes(user, place, index, values) {
  const ids = user.operands[user.operands.length - 1], cells = values[ids.number];
  const rest = (lead) => user.axes.map((_, axis) => lead[axis] ?? null);
  const id = (at) => cells[ids.flat(at)];
  switch (user.op) {
    case "size":
      return []; // which counts cells, whatever they hold
    case "gather":
      if (place === 1) return [rest(index)];
      return numbered(ids, cells, index[0]).map((at) => [...at, ...index.slice(1)]);
    case "pick":
      if (place === 1) return [index];
      return id(index.slice(0, -1)) === index[index.length - 1] ? [index.slice(0, -1)] : [];
    case "one_hot":
      return [rest(index)];
    case "scatter_add": {
      const row = index.slice(0, ids.axes.length);
      return [rest([id(row), ...index.slice(ids.axes.length)])];
    }
    case "mask": {
      const all = byLetters(user, place, index);
      const [letters, at] = [user.read[1], lettered(user.read[0], index)];
      return place === 1 || id(letters.map((letter) => at[letter])) ? all : [];
    }
    case "select": {
      const { at } = user.attrs;
      const holds = user.read[0].every((letter, i) => !(letter in at) || at[letter] === index[i]);
      return holds ? byLetters(user, 0, index) : [];
    }
    case "split": {
      const [row, column] = index.slice(-2), width = user.shape[user.shape.length - 1];
      return [[...index.slice(0, -2), Math.floor(column / width), row, column % width]];
    }
    case "join": {
      const [head, row, column] = index.slice(-3), width = user.operands[0].shape[index.length - 1];
      return [[...index.slice(0, -3), row, head * width + column]];
    }
    default:
      return byLetters(user, place, index);
  }
}

const lettered = (letters, index) => Object.fromEntries(letters.map((letter, i) => [letter, index[i]]));

// A letter that the result has stands still; one that it lacks was summed over; one that the operand lacks is free.
function byLetters(user, place, index) {
  const at = lettered(user.read[place], index);
  return [user.axes.map((letter) => at[letter] ?? null)];
}

// The places of the ids that are this number.
function numbered(ids, cells, number) {
  const found = Array.from({ length: ids.size }, (_, flat) => flat).filter((flat) => cells[flat] === number);
  return found.map((flat) => ids.index(flat));
}
