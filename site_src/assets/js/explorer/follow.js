// The page follows the step: its numbers, tables, worked lines and words show what is now. What is near the window is
// brought up to date at once, the rest a little at a time.

import { Other } from "./marks.js";
import { Alone, Line, Table } from "./owners.js";
import { Prose } from "./prose.js";
import { wordsOf } from "./words.js";

const SLICE = 8; // ms
const PAGE = ".md-content";

export function follow(explorer) {
  const page = document.querySelector(PAGE);
  if (page) new Follower(page, explorer);
}

class Follower {
  constructor(page, { step, labels }) {
    Object.assign(this, { page, step, labels, waiting: [] });
    step.addEventListener("change", () => this.#begin());
    addEventListener("beforeprint", () => step.actions.length && this.#begin(asBuilt(step), true));
    addEventListener("afterprint", () => step.actions.length && this.#begin());
  }

  // `as` is the step that the page is to show, `whole` whether all of it at once.
  #begin(as = this.step, whole = false) {
    this.as = as;
    this.groups ??= grouped(this.page, this.step, this.labels);
    const near = [], far = [];
    for (const [part, owners] of this.groups) (isNear(part) ? near : far).push(...owners);
    this.waiting = [...near, ...far];
    this.page.ariaBusy = "true";
    this.#keeping(() => this.#go(Infinity, whole ? this.waiting.length : near.length));
  }

  // The number that was asked for stays where it is in the window, whatever grows above it.
  #keeping(show) {
    const top = (element) => element.getBoundingClientRect().top;
    const asked = [...this.page.querySelectorAll("td.asked")].find((cell) => top(cell) > 0 && top(cell) < innerHeight);
    const before = asked && top(asked);
    show();
    const moved = asked ? top(asked) - before : 0;
    if (moved) scrollBy({ top: moved, behavior: "instant" });
  }

  // Brings owners up to date, `most` of them or as many as the time allows; the rest when the browser has time.
  #go(time, most = this.waiting.length) {
    const end = performance.now() + time;
    for (let done = 0; this.waiting.length && done < most && performance.now() < end; done++)
      this.waiting.shift().show(this.as);
    clearTimeout(this.later);
    if (this.waiting.length) this.later = setTimeout(() => this.#go(SLICE), 0);
    else this.page.ariaBusy = null;
  }
}

// What is printed is the page as it was built: nothing on paper would tell that it is another.
const asBuilt = (step) => Object.assign(Object.create(step),
  { now: step.built, digits: step.builtDigits, worker: step.builtWorker });

// Everything in the page that shows numbers of the step, by the part of the page that it stands in.
function grouped(page, step, labels) {
  const groups = new Map();
  const put = (owner) => {
    const part = owner.element.closest(".part") ?? owner.element;
    if (!groups.has(part)) groups.set(part, []);
    groups.get(part).push(owner);
  };
  for (const line of page.querySelectorAll(".worked .line:has(.n):not(:has([data-ledger]))")) put(new Line(line, step));
  for (const element of page.querySelectorAll("[data-ref]:not([data-ledger])")) {
    if (!step.get(element.dataset.ref) || element.closest(".worked .line")) continue;
    put(element.localName === "table" ? new Table(element, step) : new Alone(element, step));
  }
  for (const element of page.querySelectorAll("[data-ledger]:not(text)")) put(new Other(element));
  for (const element of page.querySelectorAll("[data-says]")) put(new Prose(element, step));
  for (const word of wordsOf(page, step, labels)) put(word);
  return groups;
}

// Within a window's height of the window.
function isNear(part) {
  const { top, bottom } = part.getBoundingClientRect();
  return bottom > -innerHeight && top < 2 * innerHeight;
}
