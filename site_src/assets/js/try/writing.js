// The part of the page that writes: word after word from a prompt, with the weights of now, and beside it what the same
// choices would have written before any training.

import { make } from "../explorer/make.js";
import { counted } from "../explorer/pieces.js";
import { NotFinite } from "../explorer/replay.js";
import { blank, show } from "./chances.js";
import { all, numberField, wordField } from "./field.js";
import { write } from "./writer.js";

const PAUSE = 350; // ms between two words
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Writing {
  constructor(root, named, load) {
    Object.assign(this, { root, named, load, turn: 0 });
    const find = (name) => root.querySelector(`[name="${name}"]`), { temperature, top_k, seed } = named.bounds;
    this.fields = [
      wordField(find("prompt"), named), numberField(find("temperature"), temperature),
      numberField(find("top_k"), top_k, true), numberField(find("seed"), seed, true),
    ];
    this.said = root.querySelector(".own-said");
    this.table = root.querySelector("table");
    [this.now, this.before] = root.querySelectorAll("dd");
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.begin();
    });
  }

  async begin() {
    const asked = all(...this.fields);
    if (!asked) return;
    const turn = ++this.turn; // what was being written gives way
    try {
      const learner = await this.load(), [prompt, temperature, topK, seed] = asked;
      const settings = { temperature, topK, seed };
      const written = (kept) => write((ids) => learner.predict(ids, kept), prompt, settings, this.named);
      const now = written(), first = written(learner.first);
      this.before.replaceChildren(...this.#words(prompt, "given"), ...this.#words(first.words.map(({ word }) => word)));
      await this.#reveal(turn, prompt, now);
    } catch (error) {
      const overflows = error instanceof NotFinite;
      this.said.textContent = overflows
        ? `With these weights ${error.entry.name} would be too large for a number of 64 bits, so no word can be chosen.`
        : error.message;
    }
  }

  // One word after another, each a button that shows what it was chosen from.
  async #reveal(turn, prompt, { words, ends }) {
    this.said.textContent = "";
    this.now.replaceChildren(...this.#words(prompt, "given"));
    for (const each of words) {
      const button = make("button", { type: "button", textContent: this.named.words[each.word] });
      const choose = () => {
        for (const other of this.now.querySelectorAll("button")) other.ariaPressed = String(other === button);
        show(this.table, each, this.named);
      };
      button.addEventListener("click", choose);
      this.now.append(button, " ");
      choose();
      if (!STILL.matches) await new Promise((next) => setTimeout(next, PAUSE));
      if (turn !== this.turn) return;
    }
    const said = words.map(({ word }) => this.named.words[word]).join(" ");
    this.said.textContent = `It writes “${said}”. ${this.#why(ends, words.length)}`;
  }

  #why(ends, count) {
    if (ends === "end") return `${this.named.words[this.named.end]} is the end of the sentence.`;
    if (ends === "most") return `It stops after ${counted(count, "word")}, as many as are asked for.`;
    return "It stops there: the position table has no row for another word.";
  }

  #words(ids, className = "") {
    return ids.flatMap((id) => [make("span", { className, textContent: this.named.words[id] }), " "]);
  }

  // Nothing is left of what older weights wrote.
  clear() {
    this.turn++;
    this.now.replaceChildren();
    this.said.textContent = "";
    blank(this.table);
  }
}
