// The explorer: loads the step, opens the panel at a number, and joins its parts.

import { format, parse, read, written } from "./address.js";
import { answer } from "./answer.js";
import { arrive } from "./arrive.js";
import { bar } from "./bar.js";
import { follow } from "./follow.js";
import { Labels } from "./labels.js";
import { Lights } from "./light.js";
import { make } from "./make.js";
import { nearest } from "./nearest.js";
import { Panel } from "./panel.js";
import { pictures } from "./pictures.js";
import { addressAt, elementsOf } from "./place.js";
import { Room } from "./room.js";
import { answerOf, missing, opening } from "./run.js";
import { Runs } from "./runs.js";
import { Sheet } from "./sheet.js";
import { Step, StepError } from "./step.js";
import { tour } from "./tour.js";
import { Trail } from "./trail.js";

const ROOT = new URL("../../../", import.meta.url);
const KEPT = `every-number ${ROOT.pathname}`;  // where the changes go along from page to page
const kept = () => JSON.parse(sessionStorage.getItem(KEPT));
const SHEETS = ["explorer", "explorer-answer", "explorer-change"];

let started;
export const start = () => (started ??= begin());

async function begin() {
  const [step, labels] = await Promise.all([
    Step.load(ROOT), json("data/labels.json"), ...SHEETS.map(sheet),
  ]);
  const explorer = new Explorer(step, new Labels(labels, step));
  explorer.resume();
  return explorer;
}

async function json(path) {
  const answered = await fetch(new URL(path, ROOT));
  if (!answered.ok) throw new Error(`${path}: ${answered.status}`);
  return answered.json();
}

const sheet = (name) => new Promise((done, failed) => {
  const link = make("link", { rel: "stylesheet", href: new URL(`assets/${name}.css`, ROOT) });
  link.addEventListener("load", done);
  link.addEventListener("error", () => failed(new Error(link.href)));
  document.head.append(link);
});

class Explorer {
  constructor(step, labels) {
    Object.assign(this, { step, labels, root: ROOT, runs: new Runs(ROOT, step), number: null, from: null });
    this.panel = new Panel({
      ask: (address) => this.ask(address, { byKeyboard: true }),
      move: (by) => this.trail.move(by),
      close: () => this.close(),
    });
    this.sheet = new Sheet(this.panel, () => this.close());
    this.room = new Room(this.panel);
    this.lights = new Lights(this.panel);
    this.trail = new Trail(`${KEPT} trail`, step, (address) => (address ? this.#show(address) : this.#hide()));
    bar(this);
    follow(this);
    pictures(this);
    step.addEventListener("change", () => this.#changed());
  }

  // Tell those who listen; `seen`, those who look too.
  announce(text, seen = false) {
    this.panel.announce(text, seen);
  }

  // Open the panel at the number that an element of the page shows.
  askOf(element, byKeyboard) {
    this.ask(addressAt(element), { from: element, byKeyboard });
  }

  // Open the panel at a number, or go on to it there. `from` is the element of the page that was pressed.
  ask(address, { from = null, byKeyboard = false } = {}) {
    if (from) this.from = from;
    this.trail.visit(this.#find(address).address);
    this.#show(address, from);
    if (byKeyboard) this.panel.focus();
    else if (this.panel.note.hidden) this.announce(`${this.number.address} is explained in the panel.`);
  }

  close() {
    this.#hide();
    this.trail.leave();
  }

  // What the address bar asks for, and what was changed: as the address says, or, where the reader comes back, as it
  // was left.
  resume() {
    const asked = Trail.asked(), query = new URLSearchParams(location.search);
    if (asked) this.trail.begin(this.#find(asked).address);
    addEventListener("pageshow", ({ persisted }) => persisted && this.#restore(kept() ?? []));
    const [{ type }] = performance.getEntriesByType("navigation");
    const told = query.has("do") ? read(query.get("do")) : null;
    const actions = (type === "navigate" ? told ?? kept() : kept() ?? told) ?? [];
    if (!asked && !actions.length) return void this.trail.rewrite();
    arrive(() => {
      this.#restore(actions);
      if (!asked) return null;
      this.#show(asked);
      const places = elementsOf(this.number).filter((element) => element.checkVisibility());
      return location.hash ? null : places.find((element) => element.localName === "td") ?? places[0];
    }, (place) => this.room.make(place));
  }

  #restore(actions) {
    try {
      if (written(actions) !== written(this.step.actions)) this.step.restore(actions);
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      this.announce(error.message, true);
    }
    this.trail.rewrite();
  }

  // The number's address in this configuration, and what to say where it is another than the one asked for.
  #find(text) {
    if (parse(text)?.run) return { address: text, note: "" };
    const { entry, index, missing } = nearest(this.step.program, text);
    const address = format(entry.name, index);
    return { address, note: missing && `This configuration has no ${missing}. Opened the nearest: ${address}.` };
  }

  #show(text, pressed = null) {
    const { address, note } = this.#find(text);
    const { run, name, index } = parse(address);
    this.number = { run, name, index, address, entry: run ? null : this.step.get(name) };
    if (run || !this.step.live) this.#load(this.number);
    this.panel.show(address, this.#content(), note);
    this.panel.showTrail(this.trail);
    this.#light();
    this.room.make(pressed);
    if (note) this.announce(note);
  }

  #hide() {
    if (!this.panel.open) return;
    const inside = this.panel.element.contains(document.activeElement);
    this.panel.close();
    this.lights.clear();
    this.room.end();
    this.number = null;
    if (inside) this.#focusBack();
  }

  // To the number that was pressed, which by mouse needs no stop of its own.
  #focusBack() {
    if (!this.from?.isConnected) return;
    if (!this.from.hasAttribute("tabindex")) this.from.setAttribute("tabindex", "-1");
    this.from.focus({ preventScroll: true });
  }

  #changed() {
    sessionStorage.setItem(KEPT, JSON.stringify(this.step.actions));
    this.trail.rewrite();
    if (!this.number) return;
    if (this.number.run) return void this.#load(this.number); // once that run has followed
    this.panel.refresh(this.#content());
    this.#light();
  }

  // In the page; of a step that is read from files, what a number was made of is not known before it has come.
  #light() {
    const { number, step } = this;
    if (number.run || number.content || step.live) this.lights.show(number, step.now);
    else this.lights.clear();
  }

  #content() {
    const { number } = this;
    if (number.content) return number.content();
    if (number.run || !this.step.live) return opening({ ...number, element: elementsOf(number)[0] });
    return make("div", {}, tour(this, number), answer(this, number));
  }

  // What has to come from a file first: another run, or the values of a step that is too large to be computed here.
  async #load(number) {
    try {
      if (number.run) {
        const run = await this.runs.get(number.run);
        number.entry = run.get(number.name);
        number.content = () => (number.entry?.holds(number.index) ? answerOf(this, number, run) : missing(number));
      } else {
        await this.step.ready(number.entry);
        number.content = () => answer(this, number);
      }
    } catch (error) {
      this.announce(error instanceof StepError ? error.message : "Its values could not be loaded.", true);
      return;
    }
    if (this.number !== number) return;
    this.panel.refresh(this.#content());
    this.#light();
  }
}
