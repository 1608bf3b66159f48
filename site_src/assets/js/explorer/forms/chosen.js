// What is taken by its number: the number, and the row or the column that it names.

import { make } from "../make.js";
import { asked, named, operand, said, span } from "../pieces.js";

const MOST = 64; // squares that have room beside each other

// A row of a table, or a cell of a row.
export function taken({ step, labels }, { entry, index }, { expression: cell }) {
  const [of, ids] = entry.operands, place = index.slice(0, ids.axes.length), id = step.value(ids, place);
  const [axis, which] = entry.op === "gather" ? [0, "row"] : [of.axes.length - 1, "column"];
  const holds = [" holds ", numbered(step, labels, ids, place), ` for ${labels.where(ids, place)}`];
  return [
    said(named(ids), ...holds, `, so ${which} ${labels.at(of.axes[axis], id)} is taken.`),
    strip(of.shape[axis], id),
    said(named(of), ` at ${labels.where(cell.entry, cell.index)}: `, operand(step, cell)),
  ];
}

// A row of zeros with a 1 where the number says.
export function oneHot({ step, labels }, { entry, index }) {
  const [ids] = entry.operands, place = index.slice(0, -1), axis = entry.axes.length - 1;
  const id = step.value(ids, place), here = index[axis], column = (i) => labels.at(entry.axes[axis], i);
  const holds = [" holds ", numbered(step, labels, ids, place), `, so the 1 stands in column ${column(id)}.`];
  const words = id === here ? "This is that column." : `This is column ${column(here)}, so it is 0.`;
  return [said(named(ids), ...holds, ` ${words}`), strip(entry.shape[axis], id, here)];
}

// The matrix that changes nothing.
export function diagonal(_, { index: [row, column] }) {
  const words = row === column ? "on the diagonal, so it is 1" : "beside the diagonal, so it is 0";
  return [said(`Row ${row}, column ${column}: ${words}.`)];
}

const numbered = (step, labels, ids, place) =>
  asked(ids, place, labels.ofWords(ids) ? labels.word(step.value(ids, place)) : step.text(ids, place));

// As many squares as there are rows or columns, the chosen one filled, and a ring around another.
function strip(length, chosen, ring = chosen) {
  if (length > MOST) return "";
  const kind = (i) => `${i === chosen ? "chosen" : ""} ${i === ring ? "ring" : ""}`;
  const element = span("strip", ...Array.from({ length }, (_, i) => make("i", { className: kind(i) })));
  element.ariaHidden = "true"; // the sentences beside it say the same
  return element;
}
