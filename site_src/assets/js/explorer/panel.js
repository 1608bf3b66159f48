// The panel's frame: a drawer at the right of a wide screen, a sheet at the foot of a narrow one. It lies beside the
// page, not over it: the page goes on being read and used.

import { make } from "./make.js";

const READ = 8000; // ms that a message is seen

export class Panel {
  // `on` says what the frame's buttons do: ask(address, byKeyboard), move(by), close().
  constructor(on) {
    this.on = on;
    this.back = button("←", "Back to the number before");
    this.forward = button("→", "Forward to the next number");
    this.closer = button("×", "Close");
    this.closer.className = "close";
    this.stops = make("ol");
    const trail = make("nav", { ariaLabel: "Where you have been" }, this.stops);
    this.title = make("h2", { id: "explorer-title", tabIndex: -1 });
    this.note = make("p", { className: "note", hidden: true });
    this.body = make("div", { className: "body" });
    this.page = make("div", { className: "page md-typeset", tabIndex: 0, role: "group", ariaLabel: "About it" });
    this.page.append(this.title, this.note, this.body);
    this.handle = make("button", { type: "button", className: "handle" });
    const head = make("div", { className: "head" }, this.back, this.forward, trail, this.closer);
    this.element = make("aside", { className: "explorer", hidden: true }, this.handle, head, this.page);
    this.element.setAttribute("aria-labelledby", this.title.id);
    this.said = make("p", { className: "explorer-said", role: "status" });
    document.body.append(this.element, this.said);
    this.#listen();
  }

  get open() {
    return !this.element.hidden;
  }

  // Show what there is to say of a number: `content` is an element, `note` a sentence to say first.
  show(address, content, note = "") {
    this.title.replaceChildren(...broken(address));
    this.note.textContent = note;
    this.note.hidden = !note;
    this.body.replaceChildren(content);
    this.page.scrollTop = 0;
    this.element.hidden = false;
  }

  // The same number's content anew: what the reader had open, scrolled to or focused stays so.
  refresh(content) {
    const kept = (query) => [...this.body.querySelectorAll(query)];
    const open = kept("details").map((details) => details.open);
    const focusable = "a[href], button, input, select, summary, [tabindex]";
    const focused = kept(focusable).indexOf(document.activeElement), { scrollTop } = this.page;
    this.body.replaceChildren(content);
    kept("details").forEach((details, i) => (details.open = open[i] ?? details.open));
    kept(focusable)[focused]?.focus({ preventScroll: true });
    this.page.scrollTop = scrollTop;
  }

  // The trail: all stops by their short names, and which one is shown.
  showTrail({ stops, at }) {
    this.back.disabled = at <= 0;
    this.forward.disabled = at >= stops.length - 1;
    this.stops.replaceChildren(...stops.map((address, i) => {
      const stop = make("button", { type: "button", title: address, textContent: short(address) });
      stop.dataset.by = i - at;
      if (i === at) stop.ariaCurrent = "true";
      return make("li", {}, stop);
    }));
    this.stops.parentElement.hidden = stops.length < 2;
    const here = this.stops.children[at];
    if (here) this.stops.scrollLeft = here.offsetLeft - this.stops.clientWidth / 2;
  }

  close() {
    this.element.hidden = true;
  }

  focus() {
    this.title.focus({ preventScroll: true });
  }

  // Tell those who listen; `seen`, those who look too, for a while.
  announce(text, seen = false) {
    this.said.textContent = "";
    this.said.classList.toggle("seen", seen);
    setTimeout(() => (this.said.textContent = text), 50);  // a text that was there before is told again
    clearTimeout(this.unseen);
    if (seen) this.unseen = setTimeout(() => this.said.classList.remove("seen"), READ);
  }

  #listen() {
    const { on, element } = this;
    this.back.addEventListener("click", () => on.move(-1));
    this.forward.addEventListener("click", () => on.move(1));
    this.closer.addEventListener("click", () => on.close());
    element.addEventListener("click", (event) => {
      const [stop, term, link] = ["[data-by]", "[data-ask]", "a[href]"].map((what) => event.target.closest(what));
      if (link?.host === location.host && link.pathname.endsWith("/"))
        link.search = location.search;  // another page opens with the same number
      else if (stop) on.move(Number(stop.dataset.by));
      else if (term) on.ask(term.dataset.ask);
    });
    addEventListener("keydown", (event) => {
      const other = event.defaultPrevented || event.target.closest?.(".md-search");
      if (event.key === "Escape" && this.open && !other) on.close();
    });
  }
}

const button = (sign, words) => make("button", { type: "button", ariaLabel: words, title: words, textContent: sign });

// An address that may be broken after each of its dots.
const broken = (address) => address.split(/(?<=\.)/).flatMap((part, i) => (i ? [make("wbr"), part] : [part]));

// An address without the layer and the part of it, which most on a trail share.
const short = (address) => address.replace(/layers\.\d+\.(\w+\.(?=\w))?/, "");
