// A small picture in SVG: numbers in, coordinates out.

import { make } from "./make.js";

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 78, RIGHT = 10, TOP = 12, BOTTOM = 24; // room for digits around the drawing

export class Pen {
  // The drawing shows these parts of the numbers' two axes; `words` say what is seen.
  constructor(width, height, [from, to], [low, high], words) {
    Object.assign(this, { width, height, from, to, low, high });
    this.svg = this.#element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words });
  }

  x(number) {
    return LEFT + ((this.width - LEFT - RIGHT) * (number - this.from)) / (this.to - this.from);
  }

  y(number) {
    return this.height - BOTTOM - ((this.height - TOP - BOTTOM) * (number - this.low)) / (this.high - this.low || 1);
  }

  line(points, kind) {
    const d = points.map(([x, y], i) => `${i ? "L" : "M"}${this.x(x).toPrecision(4)} ${this.y(y).toPrecision(4)}`).join("");
    this.svg.append(this.#element("path", { d, class: kind }));
  }

  dot(x, y) {
    this.svg.append(this.#element("circle", { cx: this.x(x), cy: this.y(y), r: 4.5 }));
  }

  // Digits below a place of the lower axis.
  below(x, text) {
    const at = Math.min(Math.max(this.x(x), LEFT + 16), this.width - RIGHT - 26);
    this.#text(at, this.height - 6, "middle", text);
  }

  // Digits beside a height.
  beside(y, text) {
    this.#text(LEFT - 6, this.y(y) + 4, "end", text);
  }

  done() {
    return make("div", { className: "sketch" }, this.svg);
  }

  #text(x, y, anchor, text) {
    const element = this.#element("text", { x, y, "text-anchor": anchor });
    element.textContent = text;
    this.svg.append(element);
  }

  #element(tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }
}
