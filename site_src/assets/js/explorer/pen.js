// A small picture of a function: numbers in, coordinates out.

import { span } from "./pieces.js";
import { svg } from "./svg.js";

const LEFT = 78, RIGHT = 10, TOP = 12, BOTTOM = 24; // room for digits around the drawing

export class Pen {
  // The drawing shows these parts of the numbers' two axes; `words` say what is seen.
  constructor(width, height, [from, to], [low, high], words) {
    Object.assign(this, { width, height, from, to, low, high });
    this.picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words });
  }

  x(number) {
    return LEFT + ((this.width - LEFT - RIGHT) * (number - this.from)) / (this.to - this.from);
  }

  y(number) {
    const share = (number - this.low) / (this.high - this.low || 1);
    return this.height - BOTTOM - (this.height - TOP - BOTTOM) * share;
  }

  line(points, kind) {
    const d = points.map(([x, y], i) => `${i ? "L" : "M"}${this.x(x).toPrecision(4)} ${this.y(y).toPrecision(4)}`);
    this.picture.append(svg("path", { d: d.join(""), class: kind }));
  }

  dot(x, y) {
    this.picture.append(svg("circle", { cx: this.x(x), cy: this.y(y), r: 4.5 }));
  }

  // Digits below a place of the lower axis.
  below(x, text) {
    const at = Math.min(Math.max(this.x(x), LEFT + 16), this.width - RIGHT - 26);
    this.picture.append(svg("text", { x: at, y: this.height - 6, "text-anchor": "middle" }, text));
  }

  // Digits beside a height.
  beside(y, text) {
    this.picture.append(svg("text", { x: LEFT - 6, y: this.y(y) + 4, "text-anchor": "end" }, text));
  }

  done() {
    return span("sketch", this.picture);
  }
}
