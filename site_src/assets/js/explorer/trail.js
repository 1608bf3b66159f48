// The trail of the numbers that were asked for, and the address bar, which holds the one that is shown now.
//
// Each number asked for is a step of the browser's history, so that its back and forward buttons go along the trail.
// The panel's own buttons use the browser's steps where these lead to the same number, and make a new one where not.

import { written } from "./address.js";

const LONGEST = 30;

export class Trail {
  // `keep` names the place in sessionStorage where the trail goes along to other pages; `show` is called with the
  // address that the browser went to, or with "" where nothing is asked.
  constructor(keep, step, show) {
    Object.assign(this, { keep, step, show });
    this.stops = [];  // addresses
    this.at = -1;  // where on the trail the reader is
    this.open = false;  // whether the address bar holds it
    this.#remember();
    // What the entries of the browser's history in this page show, as far as known: a place on the trail, or -1.
    this.entry = history.state?.entry ?? 0;
    this.entries = [];
    this.entries[this.entry] = -1;
    history.replaceState({ entry: this.entry, at: -1 }, "");
    addEventListener("popstate", ({ state }) => this.#gone(state));
    addEventListener("pagehide", () => (history.scrollRestoration = "auto"));
  }

  get address() {
    return this.open ? this.stops[this.at] : "";
  }

  // What the address bar asks for when the page opens.
  static asked() {
    return new URLSearchParams(location.search).get("ask") ?? "";
  }

  // The page was opened at this number: the entry of the history is there already.
  begin(address) {
    if (this.stops[this.at] !== address) this.#append(address);
    this.open = true;
    this.entries[this.entry] = this.at;
    this.#write("replaceState");
  }

  // Go on to a number.
  visit(address) {
    if (this.address === address) return;
    if (this.stops[this.at] !== address) this.#append(address);
    this.#push();
  }

  canMove(by) {
    return this.at + by >= 0 && this.at + by < this.stops.length;
  }

  // The panel's back (-1) and forward (1), or further.
  move(by) {
    if (!this.canMove(by)) return;
    if (this.entries[this.entry + by] === this.at + by) {
      history.go(by);
      return;
    }
    this.at += by;
    this.#push();
    this.show(this.address);
  }

  // Nothing is asked any more: back to where the history was before something was.
  leave() {
    if (!this.open) return;
    this.open = false;
    const before = this.entries.lastIndexOf(-1, this.entry);
    if (before >= 0) history.go(before - this.entry);
    else {
      this.entries[this.entry] = -1;
      this.#write("replaceState");
    }
  }

  // The address bar follows what was done to the step.
  rewrite() {
    this.#write("replaceState");
  }

  #append(address) {
    this.stops = [...this.stops.slice(0, this.at + 1), address].slice(-LONGEST);
    this.at = this.stops.length - 1;
  }

  #push() {
    history.scrollRestoration = "manual";  // the page stays where it is, however the reader goes along the trail
    this.open = true;
    this.entries = [...this.entries.slice(0, ++this.entry), this.at];
    this.#write("pushState");
  }

  // The browser went to another entry of its history. One without a state is new: a link within the page.
  #gone(state) {
    if (state?.entry === undefined) {
      this.entries = [...this.entries.slice(0, ++this.entry), this.open ? this.at : -1];
      this.#write("replaceState");
      return;
    }
    this.entry = state.entry;
    const asked = Trail.asked();
    this.open = asked !== "";
    if (asked) {
      this.at = this.stops[state.at] === asked ? state.at : this.stops.lastIndexOf(asked);
      if (this.at < 0) this.#append(asked);
    }
    this.entries[this.entry] = asked ? this.at : -1;
    this.#write("replaceState");
    this.show(this.address);
    if (!asked) history.scrollRestoration = "auto";
  }

  #write(how) {
    const { address, at, entry } = this;
    const parts = [...new URLSearchParams(location.search)].filter(([key]) => key !== "ask" && key !== "do");
    if (address) parts.push(["ask", address]);
    if (this.step.actions.length) parts.push(["do", written(this.step.actions)]);
    const query = parts.map((part) => part.map(readable).join("=")).join("&");
    history[how]({ entry, at }, "", `${location.pathname}${query && `?${query}`}${location.hash}`);
    sessionStorage.setItem(this.keep, JSON.stringify([this.stops, at]));
  }

  #remember() {
    const kept = JSON.parse(sessionStorage.getItem(this.keep) ?? "null");
    if (kept) [this.stops, this.at] = kept;
  }
}

// Escaped only where an address would be read otherwise.
const readable = (text) => encodeURIComponent(text).replace(/%(5B|5D|2C|3A|3B|3D|2F)/g, decodeURIComponent);
