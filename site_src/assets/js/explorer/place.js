// Where numbers stand in a page: which number an element shows, and which elements show a number.

import { format } from "./address.js";

const PAGE = ".md-content";

// The number that an element shows: {run, name, index}, or null. A table's cells say their index, or follow from the
// part of the array that the table shows: "2,:,:" is rows and columns of the third matrix.
export function numberAt(element) {
  const owner = element.closest("[data-ref]");
  if (!owner) return null;
  const { ref: name, ledger: run = "" } = owner.dataset;
  if (owner.localName !== "table") return { run, name, index: numbers(owner.dataset.index) };
  const cell = element.closest("td");
  if (!cell) return null;
  if (cell.dataset.index) return { run, name, index: numbers(cell.dataset.index) };
  const parts = owner.dataset.slice.split(",");
  const free = [cell.parentElement.sectionRowIndex, cell.cellIndex - 1];
  if (parts.filter((part) => part === ":").length === 1) free.shift();  // a vector has one row
  return { run, name, index: parts.map((part) => (part === ":" ? free.shift() : Number(part))) };
}

export function addressAt(element) {
  const number = numberAt(element);
  return number && format(number.name, number.index, number.run);
}

// The elements of the page that show numbers of an entry: tables, and numbers that stand alone.
export function ownersOf(name, run = "") {
  const owners = document.querySelectorAll(`${PAGE} [data-ref="${CSS.escape(name)}"]`);
  return [...owners].filter((owner) => (owner.dataset.ledger ?? "") === run);
}

// Every element of the page that shows this number. `owners` may be told where many cells of an entry are looked for.
export function elementsOf({ run, name, index }, owners = ownersOf(name, run)) {
  return owners.flatMap((owner) => {
    if (owner.localName === "table") return cellOf(owner, index) ?? [];
    return String(numbers(owner.dataset.index)) === String(index) ? owner : [];
  });
}

function cellOf(table, index) {
  if (!table.dataset.slice) return table.querySelector(`td[data-index="${index}"]`);
  const parts = table.dataset.slice.split(",");
  if (parts.length !== index.length || parts.some((part, i) => part !== ":" && Number(part) !== index[i])) return null;
  const free = index.filter((_, i) => parts[i] === ":");
  const column = free.pop(), row = free.pop() ?? 0;
  return table.tBodies[0].rows[row]?.cells[column + 1];
}

const numbers = (text) => (text ? text.split(",").map(Number) : []);
