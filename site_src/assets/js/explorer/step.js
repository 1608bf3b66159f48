// The step as the reader has it now: what was built, what the reader did to it, and every value that comes of that.

import { format } from "./address.js";
import { Digits } from "./digits.js";
import { Files } from "./files.js";
import { Program } from "./program.js";
import { NotFinite, Replay } from "./replay.js";
import { limits } from "./typed.js";
import { Worker } from "./worked.js";

// What a reader asked for and cannot have; the message is for the reader.
export class StepError extends Error {}

export class Step extends EventTarget {
  // `root` is the address of the site's first page, `file` that of a program from there.
  static async load(root, file = "data/program.json") {
    const answer = await fetch(new URL(file, root));
    if (!answer.ok) throw new StepError("The numbers behind this page could not be loaded.");
    return new Step(await answer.json(), root);
  }

  constructor(file, root = null) {
    super();
    this.program = new Program(file);
    this.live = file.given !== null; // too large a step is not computed here; its values come from the built files
    this.actions = [];
    if (this.live) {
      this.replay = new Replay(this.program);
      this.given = this.builtGiven = this.program.given();
      this.now = this.built = this.replay.run(this.given);
      this.losses = [this.#loss(this.built)];
    } else {
      this.files = new Files(this.program, root, (entry) => this.digits.exact.rational(entry));
      this.now = this.built = this.files.values;
    }
    this.digits = this.builtDigits = this.#digits(this.built);
    this.worker = this.builtWorker = new Worker(this.digits);
  }

  // Resolves when the values are there that the answer for an entry reads.
  async ready(entry) {
    if (!this.live) await this.files.need(entry);
  }

  get(name) {
    return this.program.get(name);
  }

  value(entry, index) {
    return this.now[entry.number][entry.flat(index)];
  }

  text(entry, index) {
    return this.digits.text(entry, index);
  }

  builtText(entry, index) {
    return this.builtDigits.text(entry, index);
  }

  // Whether a number prints otherwise than it was built.
  changed(entry, index) {
    return this.now !== this.built && this.text(entry, index) !== this.builtText(entry, index);
  }

  // The gradient of the loss with respect to an entry, or null.
  gradient(entry) {
    return this.get(`grad.${entry.name}`) ?? null;
  }

  // What a parameter becomes by this step, or null.
  nextOf(entry) {
    const next = this.program.file.next[entry.name];
    return typeof next === "string" ? this.get(next) : null;
  }

  // How an input may be edited: {kind: "word"}, {kind: "number", least, most, below, above}, or null.
  editable(entry) {
    return (this.live && this.program.file.editable[entry.name]) || null;
  }

  // The loss if one cell grew by so much and everything after it were computed again; null where the loss does not
  // depend on it, or cannot be computed here.
  nudged(entry, index, by) {
    const loss = this.get("loss");
    if (!this.live || !this.program.reaches(entry, loss)) return null;
    const cells = this.now[entry.number].slice();
    cells[entry.flat(index)] += by;
    try {
      return this.#loss(this.replay.moved(this.now, new Map([[entry, cells]]), ["loss"]));
    } catch (error) {
      if (error instanceof NotFinite) return null;
      throw error;
    }
  }

  // Do something more: {name, index, to} sets a cell of an input, {steps} takes so many steps.
  act(...added) {
    const actions = [...this.actions];
    for (const action of added) {
      const last = actions[actions.length - 1], stepped = actions.findLastIndex((a) => a.steps);
      const replaced = actions.findLastIndex((a) => a.name === action.name && `${a.index}` === `${action.index}`);
      if (action.steps && last?.steps) actions[actions.length - 1] = { steps: last.steps + action.steps };
      else {
        if (action.name && replaced > stepped) actions.splice(replaced, 1);
        actions.push(action);
      }
    }
    this.restore(actions);
  }

  // The cell of another input that is to be the same: a token is the target of the position before it. Or null.
  linked(entry, index) {
    const link = this.program.file.linked[entry.name], to = link && index.map((i) => i + link.by);
    return link && this.get(link.name).holds(to) ? { name: link.name, index: to } : null;
  }

  undo(number) {
    this.restore(this.actions.filter((_, i) => i !== number));
  }

  undoAll() {
    this.restore([]);
  }

  // Do all of this from the start. Where it cannot be done nothing changes.
  restore(actions) {
    if (actions.length && !this.live) throw new StepError("This step is too large to be computed again in a page.");
    for (const action of actions) this.#hold(action);
    try {
      this.#compute(actions);
    } catch (error) {
      if (!(error instanceof NotFinite)) throw error;
      throw new StepError(`With this, ${error.entry.name} is too large for a number of 64 bits. Nothing was changed.`);
    }
    this.actions = actions;
    this.dispatchEvent(new Event("change"));
  }

  #compute(actions) {
    if (!this.live) return;
    if (!actions.length) {
      this.given = this.builtGiven;
      this.now = this.built;
      this.losses = [this.#loss(this.built)];
      this.digits = this.builtDigits;
      this.worker = this.builtWorker;
      return;
    }
    const rest = this.#rest(actions);
    let given = new Map(rest ? this.given : this.builtGiven), buffers;
    const losses = rest ? this.losses.slice(0, -1) : [];
    for (const action of rest ?? actions) {
      if (action.steps) {
        buffers ??= new Array(this.program.entries.length);
        for (let i = 0; i < action.steps; i++) given = this.#next(given, buffers, losses);
      } else {
        const entry = this.get(action.name), cells = given.get(entry.name).slice();
        cells[entry.flat(action.index)] = action.to;
        given.set(entry.name, cells);
      }
    }
    const now = this.replay.run(given);
    Object.assign(this, { given, now, losses: [...losses, this.#loss(now)] });
    this.digits = this.#digits(now);
    this.worker = new Worker(this.digits);
  }

  // What is left to do where these actions go on from those that are done; null where they do not.
  #rest(actions) {
    const rest = actions.slice(this.actions.length), last = this.actions.length - 1;
    for (const [i, done] of this.actions.entries()) {
      const more = i === last && done.steps && actions[i]?.steps - done.steps;
      if (more > 0) rest.unshift({ steps: more });
      else if (actions[i] !== done) return null;
    }
    return rest;
  }

  // The inputs of the step after this one.
  #next(given, buffers, losses) {
    const { next } = this.program.file;
    this.needed ??= this.program.needed(["loss", ...Object.values(next).filter((name) => typeof name === "string")]);
    const values = this.replay.run(given, this.needed, buffers);
    losses.push(this.#loss(values));
    const carried = new Map(given);
    for (const [name, from] of Object.entries(next)) {
      if (typeof from === "string") carried.set(name, values[this.get(from).number].slice());
      else carried.set(name, given.get(name).map((cell) => cell + from));
    }
    return carried;
  }

  // Whether an action can be done to this program. Raises StepError.
  #hold(action) {
    if ("steps" in action) {
      if (!Number.isInteger(action.steps) || action.steps < 1 || action.steps > MOST_STEPS)
        throw new StepError(`Take between 1 and ${MOST_STEPS} steps.`);
      return;
    }
    const entry = this.get(action.name), bounds = entry && this.editable(entry);
    const place = format(action.name, action.index);
    if (!entry?.holds(action.index)) throw new StepError(`This configuration has no number ${place}.`);
    if (!bounds) throw new StepError(`${place} is made from other numbers; only inputs can be set.`);
    const { to } = action;
    if (!Number.isFinite(to)) throw new StepError("That is not a number. Nothing was changed.");
    if (bounds.kind === "word") {
      if (!Number.isInteger(to) || to < 0 || to >= this.program.file.words.length)
        throw new StepError(`The vocabulary has ${this.program.file.words.length} words, numbered from 0.`);
      return;
    }
    const { least, most, above, below } = bounds;
    if (to < least || to > most || to <= above || to >= below)
      throw new StepError(`${place} is to be ${limits(bounds)}. Nothing was changed.`);
  }

  // Null where the run has none.
  #loss(values) {
    const loss = this.get("loss");
    return loss ? values[loss.number][0] : null;
  }

  #digits(values) {
    return new Digits(this.program, values, this.program.file.configuration.display.digits);
  }
}

export const MOST_STEPS = 1000;
