// A number that is only put elsewhere: from where to where.

import { make } from "../make.js";
import { asked, named, said } from "../pieces.js";

export function moved({ step, labels }, { entry, index }, line) {
  const { entry: of, index: from } = line.expression;
  const place = (which, at) => (which.axes.length ? `, ${labels.where(which, at)}` : "");
  return [
    make("dl", { className: "way" },
      make("dt", { textContent: "from" }), make("dd", {}, named(of), place(of, from)),
      make("dt", { textContent: "to" }), make("dd", {}, named(entry), place(entry, index))),
    said("The number stays what it is: ", asked(of, from, step.text(of, from))),
  ];
}
