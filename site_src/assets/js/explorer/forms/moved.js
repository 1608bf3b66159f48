// A number that is only put elsewhere: from where to where.

import { make } from "../make.js";
import { named, operand, said } from "../pieces.js";

export function moved({ step, labels }, { entry, index }, { expression: cell }) {
  const way = [["from", cell.entry, cell.index], ["to", entry, index]].flatMap(([word, of, at]) => {
    const where = of.axes.length ? `, ${labels.where(of, at)}` : "";
    return [make("dt", { textContent: word }), make("dd", {}, named(of), where)];
  });
  return [make("dl", { className: "way" }, ...way), said("The number stays what it is: ", operand(step, cell))];
}
