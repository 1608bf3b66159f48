// Fields in which a mistake is answered with a line of its own, and fields of words.

import { limits } from "../explorer/typed.js";
import { Mistake, number, sentence } from "./typed.js";

// A field and what it means. `read` makes something of its text, or throws a Mistake.
export class Field {
  constructor(input, read) {
    Object.assign(this, { input, read });
    this.output = input.parentElement.querySelector("output");
    input.addEventListener("input", () => this.tell(""));
  }

  // What it means, or null where it holds a mistake, which is then said below it.
  get value() {
    try {
      const found = this.read(this.input.value);
      this.tell("");
      return found;
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.tell(error.message);
      return null;
    }
  }

  tell(text) {
    this.output.textContent = text;
    this.input.ariaInvalid = text ? "true" : null;
  }
}

export function numberField(input, bounds, whole = false) {
  input.title = `${limits(bounds)[0].toUpperCase()}${limits(bounds).slice(1)}`;
  return new Field(input, (text) => number(text, bounds, whole));
}

// Words can be typed, or put at the end by the buttons below the field; the last of the buttons takes one back.
export function wordField(input, named) {
  const field = new Field(input, (text) => sentence(text, named));
  const buttons = [...input.parentElement.querySelectorAll("button")], back = buttons.pop();
  const put = (words) => {
    input.value = words.join(" ");
    field.tell("");
  };
  const typed = () => input.value.split(/\s+/).filter(Boolean);
  buttons.forEach((button, i) => button.addEventListener("click", () => {
    put([...typed(), named.words[named.special + i]]);
    if (typed().length > named.longest) field.value; // says so at once
  }));
  back.addEventListener("click", () => put(typed().slice(0, -1)));
  return field;
}

// The values of the fields; null where one of them holds a mistake, and then the first such has the focus.
export function all(...fields) {
  const values = fields.map((field) => field.value), wrong = values.indexOf(null);
  if (wrong < 0) return values;
  fields[wrong].input.focus();
  return null;
}
