// Lights in the page: the number that is asked for, the numbers it was made of, and the one that is pointed at, there
// or in the panel. What belongs together has one address on both sides: data-ask in the panel.

import { format, parse } from "./address.js";
import { addressAt, elementsOf, ownersOf } from "./place.js";
import { cells, made } from "./terms.js";

export class Lights {
  constructor(panel) {
    this.panel = panel;
    this.lit = [];
    this.operands = new Set();  // the addresses of the numbers that are lit as operands
    this.pointed = [];
    for (const event of ["pointerover", "focusin"]) addEventListener(event, ({ target }) => this.#point(target));
  }

  // Light a number, and what made it with these values.
  show(number, values) {
    this.clear();
    this.#light(elementsOf(number), "asked");
    if (number.run) return;
    const owners = new Map(number.entry.operands.map((operand) => [operand, ownersOf(operand.name)]));
    const [first] = owners.keys();
    for (const { entry, index } of cells(made(number.entry, number.index, values))) {
      this.operands.add(format(entry.name, index));
      this.#light(elementsOf({ index }, owners.get(entry)), entry === first ? "operand" : "other-operand");
    }
  }

  clear() {
    this.#unpoint();
    for (const [element, name] of this.lit) element.classList.remove(name);
    this.lit = [];
    this.operands.clear();
  }

  #light(elements, name) {
    for (const element of elements) {
      element.classList.add(name);
      this.lit.push([element, name]);
    }
  }

  // A term of the panel points at its cells in the page; a lit cell of the page points at its terms in the panel.
  #point(target) {
    const term = target.closest?.(".explorer [data-ask]");
    const address = term ? term.dataset.ask : this.#operandAt(target);
    if (address === this.address) return;
    this.#unpoint();
    const number = this.panel.open && address && parse(address);
    if (!number) return;
    this.address = address;
    const terms = this.panel.body.querySelectorAll(`[data-ask="${CSS.escape(address)}"]`);
    this.pointed = [...terms, ...elementsOf(number)];
    for (const element of this.pointed) element.classList.add("pointed");
  }

  #operandAt(target) {
    if (!this.operands.size || !target.closest || target.closest(".explorer")) return "";
    const address = addressAt(target);
    return this.operands.has(address) ? address : "";
  }

  #unpoint() {
    for (const element of this.pointed) element.classList.remove("pointed");
    this.pointed = [];
    this.address = "";
  }
}
