// Words that the built numbers decided: marked where those numbers are no longer the present ones. `data-says` of a block
// names the numbers, as `loss` or `layers.0.attention.weights[0,2,:]`.

import { make } from "./make.js";

export class Prose {
  constructor(element, step) {
    this.element = element;
    this.parts = element.dataset.says.split(" ").map((name) => part(name, step)).filter(Boolean);
  }

  show(step) {
    const old = step.now !== step.built && this.parts.some(([entry, cells]) => differs(step, entry, cells));
    if (old === Boolean(this.note)) return;
    if (old) this.element.append((this.note = make("small", { className: "of-built", textContent: this.#words })));
    else {
      this.note.remove();
      this.note = null;
    }
  }

  get #words() {
    return this.element.localName === "td" ? "words as built" : "Written for the built numbers.";
  }
}

// An entry and the places of the cells that its text names.
function part(text, step) {
  const [, name, index = ""] = /^([^[]+)(?:\[(.*)\])?$/.exec(text), entry = step.get(name);
  if (!entry) return null;
  const at = index ? index.split(",") : entry.shape.map(() => ":");
  let flats = [0];
  at.forEach((i, axis) => {
    const along = i === ":" ? [...Array(entry.shape[axis]).keys()] : [Number(i)];
    flats = flats.flatMap((flat) => along.map((place) => flat + place * entry.strides[axis]));
  });
  return [entry, flats];
}

function differs(step, entry, flats) {
  const now = step.now[entry.number], built = step.built[entry.number];
  return flats.some((flat) => now[flat] !== built[flat] && step.changed(entry, entry.index(flat)));
}
