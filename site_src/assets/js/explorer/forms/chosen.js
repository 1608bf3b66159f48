// What is taken by its number: the number, and the row or the column that it names.

import { make } from "../make.js";
import { asked, named, said } from "../pieces.js";

// A row of a table, or a cell of a row.
export function taken({ step, labels }, { entry, index }, line) {
  const [of, ids] = entry.operands, place = index.slice(0, ids.axes.length);
  const id = step.value(ids, place), axis = entry.op === "gather" ? 0 : of.axes.length - 1;
  const cell = line.expression;
  return [
    said(named(ids), " holds ", numbered(step, labels, ids, place), ` for ${labels.where(ids, place)}, so the `,
      `${entry.op === "gather" ? "row" : "column"} ${labels.at(of.axes[axis], id)} is taken.`),
    strip(of.shape[axis], id),
    said(named(of), ` at ${labels.where(cell.entry, cell.index)}: `, asked(cell.entry, cell.index, step.text(cell.entry, cell.index))),
  ];
}

// A row of zeros with a 1 where the number says.
export function oneHot({ step, labels }, { entry, index }) {
  const [ids] = entry.operands, place = index.slice(0, -1), letter = entry.axes[entry.axes.length - 1];
  const id = step.value(ids, place), here = index[index.length - 1];
  const words = id === here ? "This is that column." : `This is column ${labels.at(letter, here)}, so it is 0.`;
  return [
    said(named(ids), " holds ", numbered(step, labels, ids, place), `, so the 1 stands in column ${labels.at(letter, id)}. ${words}`),
    strip(entry.shape[entry.axes.length - 1], id, here),
  ];
}

// The 1 of a matrix that changes nothing.
export const diagonal = (_, { index: [row, column] }) =>
  [said(`Row ${row}, column ${column}: ${row === column ? "on the diagonal, so it is 1" : "beside the diagonal, so it is 0"}.`)];

function numbered(step, labels, ids, place) {
  const id = step.value(ids, place);
  return asked(ids, place, labels.ofWords(ids) ? labels.word(id) : step.text(ids, place));
}

// As many squares as there are rows or columns, the chosen one filled, and a ring around another.
function strip(length, chosen, ring = chosen) {
  const squares = Array.from({ length }, (_, i) =>
    make("i", { className: [i === chosen && "chosen", i === ring && "ring"].filter(Boolean).join(" ") }));
  const element = make("span", { className: "strip" }, ...squares);
  element.ariaHidden = "true";
  return element;
}
