// The bar above a page while anything is changed: what was changed, each with a way to undo it, and the loss then and
// now.

import { format } from "./address.js";
import { make } from "./make.js";
import { stepper } from "./stepper.js";
import { digits } from "./typed.js";

const ROOMY = matchMedia("(min-width: 960px)");

export function bar(explorer) {
  const page = document.querySelector(".md-content");
  if (page) new Bar(page, explorer);
}

class Bar {
  constructor(page, explorer) {
    Object.assign(this, { page, explorer, step: explorer.step });
    this.loss = make("span", { className: "loss" });
    this.chips = make("ul", { className: "chips" });
    this.steps = make("div", { id: "changes-steps", hidden: true });
    this.link = make("p", { className: "link", hidden: true });
    const buttons = make("div", { className: "buttons" },
      this.#toggle("Take steps", this.steps), this.#button("Share", () => this.#share()),
      this.#button("Undo all", () => this.#undo(() => this.step.undoAll())));
    // On a narrow screen the bar is one line until it is opened.
    this.all = make("div", { id: "changes-all", className: "all", hidden: true }, this.chips, buttons);
    this.count = this.#toggle("", this.all);
    this.count.className = "count";
    const open = () => {
      this.all.hidden = !ROOMY.matches;
      this.count.disabled = ROOMY.matches;
      this.count.ariaExpanded = String(ROOMY.matches);
    };
    ROOMY.addEventListener("change", open);
    open();
    this.element = make("section", { className: "changes", ariaLabel: "What you changed" },
      make("div", { className: "row" }, this.count, this.loss, this.all), this.link, this.steps);
    this.step.addEventListener("change", () => this.#show());
  }

  #show() {
    const { actions } = this.step;
    if (!actions.length) {
      const inside = this.element.contains(document.activeElement);
      this.element.remove();
      document.documentElement.classList.remove("changing");
      if (inside) this.#focusPage();
      return;
    }
    if (!this.element.isConnected) this.#place();
    const loss = this.step.get("loss"), built = this.step.builtText(loss, []), now = this.step.text(loss, []);
    this.count.textContent = actions.length === 1 ? "1 change" : `${actions.length} changes`;
    this.loss.replaceChildren("Loss ", make("s", { textContent: built }), " → ", make("b", { textContent: now }));
    this.chips.replaceChildren(...actions.map((action, i) => this.#chip(action, i)));
    this.link.hidden = true;
    const at = [...this.steps.querySelectorAll("button")].indexOf(document.activeElement);
    this.steps.replaceChildren(stepper(this.explorer));
    this.steps.querySelectorAll("button")[at]?.focus({ preventScroll: true });
  }

  // In front of the page's text, where it stays in view; what is read stays where it is.
  #place() {
    const before = this.page.firstElementChild.getBoundingClientRect().top;
    this.page.prepend(this.element);
    document.documentElement.classList.add("changing");
    const moved = this.page.lastElementChild.getBoundingClientRect().top - before;
    if (scrollY > 0 && moved) scrollBy({ top: moved, behavior: "instant" });
  }

  #chip(action, i) {
    const what = action.steps
      ? make("span", { textContent: action.steps === 1 ? "1 step taken" : `${action.steps} steps taken` })
      : this.#edited(action, i);
    const named = action.steps ? "the steps" : format(action.name, action.index);
    const undo = this.#button("×", () => this.#undo(() => this.step.undo(i), i));
    undo.ariaLabel = `Undo ${named}`;
    undo.title = "Undo";
    return make("li", {}, what, undo);
  }

  // A changed input: its name, which asks it, and its values.
  #edited({ name, index, to }, i) {
    const { step } = this, entry = step.get(name), address = format(name, index);
    const isWord = step.editable(entry).kind === "word";
    const shown = (number) => (isWord ? step.program.file.words[number] : digits(number, step.digits.significant));
    const after = step.actions.slice(0, i).some((action) => action.steps); // its value before is then not the built one
    const was = shown(step.built[entry.number][entry.flat(index)]);
    const ask = this.#button(address, () => this.explorer.ask(address, { byKeyboard: true }));
    ask.className = "ask";
    return make("span", {}, ask, " ", after ? "" : make("s", { textContent: was }), after ? "= " : " → ",
      make("b", { textContent: shown(to) }));
  }

  // The link of the address bar holds all that was changed.
  async #share() {
    const address = make("input", { value: location.href, readOnly: true, ariaLabel: "A link to these changes" });
    try {
      await navigator.clipboard.writeText(location.href);
      this.link.replaceChildren("The link is copied: it holds these changes.");
    } catch {
      this.link.replaceChildren("Copy this link: ", address);
      address.select();
    }
    this.link.hidden = false;
    this.explorer.announce(this.link.textContent);
  }

  // Undone, the focus goes to the next change, if there is one.
  #undo(undo, at = 0) {
    undo();
    const left = this.step.actions.length;
    this.explorer.announce(left ? "Undone." : "Everything is as it was built.");
    if (left) this.chips.children[Math.min(at, left - 1)].querySelector("button:last-child").focus();
  }

  #focusPage() {
    if (this.explorer.panel.open) this.explorer.panel.focus();
    else {
      this.page.tabIndex = -1;
      this.page.focus({ preventScroll: true });
    }
  }

  // A button that shows and hides something.
  #toggle(text, what) {
    const button = this.#button(text, () => {
      what.hidden = !what.hidden;
      button.ariaExpanded = String(!what.hidden);
    });
    button.ariaExpanded = String(!what.hidden);
    button.setAttribute("aria-controls", what.id);
    return button;
  }

  #button(text, does) {
    const button = make("button", { type: "button", textContent: text });
    button.addEventListener("click", does);
    return button;
  }
}
