// A worked line as the page draws it: the same text as render/worked.py writes and the same elements as
// render/fences.py makes of it, with the numbers of now.

import { whole } from "./digits.js";
import { make } from "./make.js";
import { Call, Cell } from "./terms.js";

const FUNCTIONS = new Set(["exp", "ln", "sqrt", "erfc"]);

// The children of the line that works out a cell.
export function drawn(step, entry, index) {
  const { expression, more, equal } = step.worker.line(entry, index);
  const longest = step.program.file.configuration.display.longest_sum;
  const left = new Writer(step.worker, more, longest).text(expression);
  return elements([...left, equal ? " = " : " ≈ ", bound(new Cell(entry, index), step.text(entry, index))]);
}

// A text is a list of pieces: strings, numbers, and the parts of what is drawn in two dimensions.
const bound = (cell, text) => ({ cell, text });
const starts = ([first]) => (typeof first === "string" ? first : first?.text ?? "");
const isNegative = (pieces) => starts(pieces).startsWith("−");
const bracketed = (pieces) => ["(", ...pieces, ")"];
const joined = (texts, sign) => texts.flatMap((text, i) => (i ? [sign, ...text] : text));

class Writer {
  constructor(worker, more, longest) {
    Object.assign(this, { worker, more, longest });
  }

  text(part) {
    if (part instanceof Cell) return [bound(part, this.worker.text(part, this.more))];
    if (!(part instanceof Call)) return [plain(part.value)];
    const texts = part.parts.map((inner, place) => this.#inside(part.name, place, inner));
    switch (part.name) {
      case "sum":
        return joined(this.#shortened(texts), " + ");
      case "product":
        return joined(texts, " · ");
      case "difference":
        return joined(texts, " − ");
      case "neg":
        return ["−", ...bracketed(unbracketed(texts[0]))]; // apart, or the sign would be the number's own
      case "square":
        return [...texts[0], "²"];
      case "quotient":
      case "power":
      case "sqrt":
        return [{ call: part.name, texts }];
      default:
        return [`${part.name}(`, ...joined(texts, "; "), ")"];
    }
  }

  // The part, in parentheses where a sign or a sum beside it would be misread.
  #inside(name, place, part) {
    const text = this.text(part);
    if (["quotient", "max", "power"].includes(name) || FUNCTIONS.has(name)) return text;
    if (part instanceof Call) {
      const led = part.name === "product" && place && isNegative(text); // its sign would stand behind another
      if (led) return [...bracketed(text.slice(0, 1)), ...text.slice(1)];
      const isSum = ["sum", "difference", "neg"].includes(part.name);
      return isSum && (["product", "neg", "square"].includes(name) || place) ? bracketed(text) : text;
    }
    return isNegative(text) && (place || ["neg", "square"].includes(name)) ? bracketed(text) : text;
  }

  #shortened(texts) {
    if (!texts.length) return [["0"]];
    if (texts.length <= this.longest) return texts;
    const half = Math.floor(this.longest / 2);
    return [...texts.slice(0, half), [`… (${texts.length - 2 * half} more) …`], ...texts.slice(-half)];
  }
}

function unbracketed(pieces) {
  const bare = [...pieces], last = bare.length - 1;
  if (bare[0] === "(") bare[0] = "";
  if (bare[last] === ")") bare[last] = "";
  return bare;
}

// A number that belongs to the formula itself.
function plain(value) {
  if (value === -Infinity) return "−∞";
  if (Number.isInteger(value)) return value < 0 ? `(${whole(value)})` : whole(value);
  const text = String(Number(value.toPrecision(6)));
  return value < 0 ? `(${text.replace("-", "−")})` : text;
}

// The pieces as nodes, with no-break spaces wherever a line must not be broken.
function elements(pieces) {
  const nodes = [];
  let text = "";
  const close = () => {
    if (text) nodes.push(document.createTextNode(unbroken(text)));
    text = "";
  };
  for (const piece of pieces) {
    if (typeof piece === "string") text += piece;
    else {
      close();
      nodes.push(piece.cell ? number(piece) : flat(piece));
    }
  }
  close();
  return nodes;
}

const unbroken = (text) => text.replace(/ ([·×÷/]) /g, "\u00a0$1\u00a0").replace(/([+−=≈]) /g, "$1\u00a0");

function number({ cell, text }) {
  const element = make("span", { className: "n", textContent: text });
  element.dataset.ref = cell.entry.name;
  if (cell.index.length) element.dataset.index = cell.index.join(",");
  return element;
}

function flat({ call, texts }) {
  const parts = texts.map(elements);
  if (call === "power") {
    const both = document.createDocumentFragment();
    both.append(...parts[0], make("sup", {}, ...parts[1]));
    return both;
  }
  if (call === "sqrt") return make("span", { className: "radical" }, "√", make("span", {}, ...parts[0]));
  return make("span", { className: "frac" }, make("span", {}, ...parts[0]), make("i", { textContent: "/" }),
    make("span", {}, ...parts[1]));
}
