// Words of the text that stand in a page by their position: in sentences (data-at), and as labels of a table's rows and
// columns. Which axes have such words is told by labels.json.

import { mark, unmark } from "./marks.js";

export class Word {
  // `ids` is the entry whose cell at `position` is the word's number.
  constructor(element, ids, position) {
    Object.assign(this, { element, ids, position });
    this.text = element.lastChild;
    this.built = this.text.data;
    this.lead = this.built.match(/^\s*/)[0];
  }

  show(step) {
    const text = this.lead + step.program.file.words[step.value(this.ids, [this.position])];
    if (text === this.text.data) return;
    this.text.data = text;
    if (text === this.built) unmark(this.element);
    else mark(this.element, this.built.trim());
  }
}

// The words of a page.
export function wordsOf(page, step, labels) {
  const found = [];
  for (const element of page.querySelectorAll("[data-at]"))
    found.push(new Word(element, step.get(element.dataset.of ?? "inputs.tokens"), Number(element.dataset.at)));
  for (const table of page.querySelectorAll("table.matrix:not([data-ledger])")) {
    const [rows, columns] = lettersOf(table).map((letter) => step.get(labels.axes[letter]?.words ?? ""));
    if (rows) found.push(...headed([...table.tBodies[0].rows].map((row) => row.cells[0]), rows));
    if (columns) found.push(...headed([...table.tHead.rows[0].cells].slice(1), columns));
  }
  return found;
}

// The letters of a table's axes, rows first, as its corner has them: "T ↓ D →".
function lettersOf(table) {
  const letters = [...table.querySelector(".corner").textContent.matchAll(/(\S+)\s[↓→]/g)].map((found) => found[1]);
  return letters.length > 1 ? letters : [undefined, letters[0]];
}

const headed = (headers, ids) =>
  headers.filter((header) => header.querySelector("small")).map((header) =>
    new Word(header, ids, Number(header.firstChild.textContent)));
