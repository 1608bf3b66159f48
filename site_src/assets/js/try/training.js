// The part of the page that trains: a few steps at a time, so that the page stays alive, and the loss drawn as it falls.

import { rounded } from "../explorer/digits.js";
import { falling } from "../explorer/falling.js";
import { counted } from "../explorer/pieces.js";
import { NotFinite } from "../explorer/replay.js";
import { all, numberField, wordField } from "./field.js";

const SLICE = 40, STILL_SLICE = 400; // ms of computing before the page is shown again
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Training {
  // `load` promises the Learner, and is called when it is needed; `changed` is told of new or forgotten weights.
  constructor(root, named, load, changed) {
    Object.assign(this, { root, named, load, changed, busy: false, left: 0, runs: [] });
    const find = (name) => root.querySelector(`[name="${name}"]`);
    this.sentence = wordField(find("sentence"), named);
    this.rate = numberField(find("rate"), named.bounds.rate);
    this.said = root.querySelector(".own-said");
    this.empty = root.querySelector("figure");
    this.figure = this.empty;
    this.buttons = [...root.querySelectorAll("[data-steps]")];
    this.stop = root.querySelector("[data-stop]");
    this.stop.addEventListener("click", () => (this.left = 0));
    root.querySelector("[data-restart]").addEventListener("click", () => this.restart());
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.take(Number(event.submitter.dataset.steps));
    });
    this.#show();
  }

  get steps() {
    return this.runs.reduce((sum, { losses }) => sum + losses.length - 1, 0);
  }

  async take(steps) {
    const asked = !this.busy && all(this.sentence, this.rate);
    if (!asked) return;
    this.busy = true;
    this.left = steps;
    this.#show();
    try {
      const learner = (this.learner = await this.load());
      await this.#train(learner, ...asked);
    } catch (error) {
      this.said.textContent = error.message;
    } finally {
      this.busy = false;
      this.#show();
    }
  }

  async #train(learner, ids, rate) {
    let overflow = null, slice = 1, taken = 0, run;
    try {
      learner.read(ids, [...ids.slice(1), this.named.end], rate);
      run = this.#run(ids, learner.loss);
      while (this.left > 0) {
        const began = performance.now(), some = Math.min(slice, this.left);
        for (let i = 0; i < some; i++, this.left--, taken++) {
          learner.step();
          run.losses.push(learner.loss);
        }
        slice = Math.max(1, Math.round((some * (STILL.matches ? STILL_SLICE : SLICE)) / (performance.now() - began)));
        this.#show();
        await new Promise((next) => setTimeout(next));
      }
    } catch (error) {
      if (!(error instanceof NotFinite)) throw error;
      overflow = error.entry.name;
    }
    if (run && !this.runs.includes(run)) return; // forgotten meanwhile
    if (taken) this.changed();
    this.#tell(run, taken, overflow);
  }

  // The losses that these steps go on with: those of the last sentence, where it is still the same and so are the
  // weights.
  #run(ids, loss) {
    const last = this.runs.at(-1), same = last && `${last.ids}` === `${ids}`;
    if (!same) this.runs.push({ ids, losses: [loss] });
    return this.runs.at(-1);
  }

  #tell(run, taken, overflow) {
    const text = (loss) => rounded(loss, this.named.digits).text;
    let said = "";
    if (overflow) {
      const step = run ? "With one more step at this rate" : "With these words and weights";
      said = `${step}, ${overflow} would be too large for a number of 64 bits. That step was not taken. `;
    }
    if (taken) {
      const { losses } = run, from = losses.at(-1 - taken), to = losses.at(-1);
      const way = to < from ? "falls" : to > from ? "rises" : "stays";
      said += `${counted(taken, "step")} taken: the loss ${way} from ${text(from)} to ${text(to)}.`;
    }
    this.said.textContent = said.trim();
  }

  restart() {
    this.left = 0;
    this.learner?.restart();
    this.runs = [];
    this.#show();
    this.said.textContent = "All that was learnt is forgotten: these are the first weights again.";
    this.changed();
  }

  // The curve so far, and which buttons do something.
  #show() {
    for (const button of this.buttons) button.ariaDisabled = String(this.busy);
    this.stop.ariaDisabled = String(!this.busy);
    const drawn = this.steps ? falling(this.runs.map(({ losses }) => losses), this.named.digits) : this.empty;
    this.figure.replaceWith(drawn);
    this.figure = drawn;
  }
}
