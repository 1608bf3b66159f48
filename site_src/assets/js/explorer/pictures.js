// The pictures of the page follow the step: their bars, points, curves and tints, and what is said of them to those who
// do not see them. Those near the window are drawn at once, any other when it comes near.

import { drawn, Numbers } from "./figure.js";
import { make } from "./make.js";

const PICTURES = ".md-content figure.picture > svg";
// Of a picture of which nothing is known, and which cannot follow.
const UNKNOWN = { made: [], shapes: [0], words: [], label: [], set: [], tiles: [] };
const RUNS = ["along", "slope_along", "nudged"];
const KEPT = "Its shapes are those of the built numbers.";
const WORDED = "Its words are those of the built numbers.";
const UNTOLD = "This was written for the built numbers; the shapes follow the change.";

export function pictures(explorer) {
  const svgs = [...document.querySelectorAll(PICTURES)];
  if (svgs.length) new Pictures(svgs, explorer);
}

class Pictures {
  constructor(svgs, { step, root }) {
    Object.assign(this, { svgs, step, root });
    step.addEventListener("change", () => this.#changed());
    addEventListener("beforeprint", () => this.#print(true));
    addEventListener("afterprint", () => this.#print(false));
  }

  async #changed() {
    if (!this.all) {
      if (this.step.now === this.step.built) return;
      await (this.loading ??= this.#load());
    }
    this.numbers = new Numbers(this.step);
    this.#show();
  }

  // On paper they are as they were built, like all of the page.
  #print(begins) {
    this.printing = begins;
    this.#show();
  }

  async #load() {
    const page = location.pathname.slice(this.root.pathname.length).replace(/(\/|index\.html)+$/, "") || "index";
    const answer = await fetch(new URL(`data/pictures/${page}.json`, this.root)).catch(() => null);
    const records = answer?.ok ? await answer.json() : [];
    this.all = this.svgs.map((svg, i) => new Picture(svg, records[i] ?? UNKNOWN, this.step));
    const watch = new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen)
        this.all.find(({ svg }) => svg === target).near = isIntersecting;
      this.#show();
    }, { rootMargin: "100% 0%" });
    for (const svg of this.svgs) watch.observe(svg);
  }

  #show() {
    const built = this.printing || this.step.now === this.step.built;
    for (const picture of this.all ?? [])
      if (built) picture.restore();
      else if (picture.near) picture.show(this.numbers);
  }
}

class Picture {
  constructor(svg, record, step) {
    Object.assign(this, { svg, record, built: step.built, shown: step.built });
    this.elements = [svg, ...svg.querySelectorAll("*")];
    this.kept = record.set.map(([element, name]) => [element, name, this.#get(element, name)]);
    this.label = svg.getAttribute("aria-label");
    this.groups = record.tiles.map(({ paths }) => new Tiles(paths, this.elements));
    this.entries = [...record.made, ...record.tiles.map(({ of }) => of)].map((name) => step.get(name)).filter(Boolean);
    // Where the step is run again for it, it is made of all entries, as one that nothing is known of may be.
    this.runs = record === UNKNOWN || record.made.some((each) => RUNS.includes(each[0]));
  }

  // Draw it for the numbers of now, unless that is what it shows.
  show(numbers) {
    const { now } = numbers.step, before = this.shown;
    if (now === before) return;
    this.shown = now;
    if (!this.runs && this.entries.every(({ number }) => same(now[number], before[number]))) return;
    const { alike, worded, told, set, tiles } = drawn(this.record, numbers);
    if (!alike) return this.restore(now, KEPT);
    this.#tell(worded ? "" : WORDED, told && worded ? "" : UNTOLD);
    for (const [element, name, text] of set) if (element || (told && worded)) this.#set(element, name, text);
    this.groups.forEach((group, i) => group.show(tiles[i]));
  }

  // As it was built, perhaps with a note that it is.
  restore(shown = this.built, note = "") {
    this.shown = shown;
    for (const [element, name, text] of this.kept) this.#set(element, name, text);
    for (const group of this.groups) group.restore();
    this.#tell(note, note);
  }

  // A note below the picture, and one for those who do not see it.
  #tell(note, spoken) {
    this.svg.setAttribute("aria-label", spoken ? `${this.label} ${spoken}` : this.label);
    this.note?.remove();
    this.note = note ? make("small", { className: "of-built", textContent: note }) : null;
    if (note) this.svg.closest("figure").querySelector("figcaption").append(this.note);
  }

  #get(element, name) {
    return name ? this.elements[element].getAttribute(name) : this.elements[element].textContent;
  }

  #set(number, name, text) {
    const element = this.elements[number];
    if (this.#get(number, name) === text) return;
    if (!name) element.textContent = text;
    else if (text === null) element.removeAttribute(name);
    else element.setAttribute(name, text);
  }
}

// Boxes that are tinted as in a table, one path for each tint; a tint that was not there gets a path of its own.
class Tiles {
  constructor(paths, elements) {
    this.paths = new Map(Object.entries(paths).map(([tint, number]) => [tint, elements[number]]));
    this.built = [...this.paths.values()].map((path) => [path, path.getAttribute("d")]);
    this.more = new Map();
  }

  show(wanted) {
    for (const [tint, path] of [...this.paths, ...this.more]) if (!wanted.has(tint)) path.setAttribute("d", "");
    for (const [tint, d] of wanted) (this.paths.get(tint) ?? this.#more(tint)).setAttribute("d", d);
  }

  restore() {
    for (const [path, d] of this.built) path.setAttribute("d", d);
    for (const path of this.more.values()) path.remove();
    this.more.clear();
  }

  #more(tint) {
    if (!this.more.has(tint)) {
      const [like] = this.paths.values(), path = like.cloneNode();
      path.setAttribute("class", `marks ${tint}`);
      like.after(path);
      this.more.set(tint, path);
    }
    return this.more.get(tint);
  }
}

const same = (one, other) => one === other || one.every((cell, i) => cell === other[i]);
