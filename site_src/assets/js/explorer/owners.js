// What in a page shows numbers of the step: tables, numbers that stand alone, worked lines. Each can show the numbers
// of now; of built numbers it is again what it was, to the byte.

import { heat, number } from "./heat.js";
import { drawn } from "./line.js";
import { mark, unmark, without } from "./marks.js";
import { numberAt } from "./place.js";

// A table: its cells, and their tints, which depend on all of them.
export class Table {
  constructor(element, step) {
    this.element = element;
    this.entry = step.get(element.dataset.ref);
    this.values = step.built[this.entry.number];
  }

  show(step) {
    const { entry } = this, before = this.values, now = step.now[entry.number];
    if (same(before, now)) return;
    this.cells ??= [...this.element.querySelectorAll("td")].map((cell) => new TableCell(cell, entry));
    const moved = step.digits.exact.rational(entry) ? () => true : ({ flat }) => now[flat] !== before[flat];
    for (const cell of this.cells) if (moved(cell)) cell.show(step.digits.printed(entry, cell.index).text);
    const largest = this.cells.reduce((most, { size }) => (size > most && size < Infinity ? size : most), 0);
    for (const cell of this.cells) cell.tint(largest);
    this.values = now;
  }
}

class TableCell {
  constructor(element, entry) {
    this.element = element;
    this.index = numberAt(element).index;
    this.flat = entry.flat(this.index);
    this.text = this.built = element.textContent;
    this.heat = element.className.split(" ").find((name) => /^([np]\d|masked)$/.test(name)) ?? "";
    this.value = number(this.text);
  }

  get size() {
    return Math.abs(this.value);
  }

  show(text) {
    if (text === this.text) return;
    this.element.firstChild.data = text;
    if (text === this.built) unmark(this.element);
    else mark(this.element, this.built);
    this.text = text;
    this.value = number(text);
  }

  tint(largest) {
    const name = heat(this.value, largest);
    if (name === this.heat) return;
    if (name) this.element.classList.add(name);
    if (this.heat) without(this.element, this.heat);
    this.heat = name;
  }
}

// A number in a sentence or in a picture.
export class Alone {
  constructor(element, step) {
    this.element = element;
    this.entry = step.get(element.dataset.ref);
    this.index = numberAt(element).index;
    this.text = this.built = element.textContent;
  }

  show(step) {
    const text = step.text(this.entry, this.index);
    if (text === this.text) return;
    this.element.firstChild.data = this.text = text;
    if (text === this.built) unmark(this.element);
    else mark(this.element, this.built);
  }
}

// A worked line: other numbers may want other guard digits, parentheses and sign, and other words other operands.
export class Line {
  constructor(element, step) {
    this.element = element;
    const result = [...element.querySelectorAll(".n")].pop();
    this.entry = step.get(result.dataset.ref);
    this.index = numberAt(result).index;
    this.values = step.built;
  }

  show(step) {
    const { operands } = this.entry;
    const still = [this.entry, ...operands].every(({ number: n }) => same(this.values[n], step.now[n]));
    this.values = step.now;
    if (still) return;
    this.built ??= this.element.cloneNode(true);
    if (step.now === step.built) return become(this.element, [...this.built.cloneNode(true).childNodes], () => {});
    become(this.element, drawn(step, this.entry, this.index), (span) => {
      const { name, index } = numberAt(span), entry = step.get(name);
      return step.changed(entry, index) ? step.builtText(entry, index) : null;
    });
  }
}

const same = (one, other) => one === other || one.every((cell, i) => cell === other[i]);

// Gives an element these children, and keeps the elements that it has where they only get other text: they may be
// focused, lit or stops of the keyboard. `was` tells the built digits of a changed number.
function become(element, nodes, was) {
  const old = [...element.childNodes];
  if (nodes.length !== old.length || !nodes.every((node, i) => alike(node, old[i]))) element.replaceChildren(...nodes);
  else nodes.forEach((node, i) => {
    if (node.nodeType !== Node.TEXT_NODE) become(old[i], [...node.childNodes], was);
    else if (old[i].data !== node.data) old[i].data = node.data;
  });
  for (const child of element.children)
    if (child.dataset.ref) {
      const built = was(child);
      if (built) mark(child, built);
      else if (child.classList.contains("changed")) unmark(child);
    }
}

const alike = (one, other) => one.nodeName === other.nodeName &&
  one.dataset?.ref === other.dataset?.ref && one.dataset?.index === other.dataset?.index;
