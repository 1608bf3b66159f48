// The tour through a number: the chain of largest contributions that leads to it and on from it, one number at a time.

import { format } from "./address.js";
import { chain } from "./chain.js";
import { make } from "./make.js";

// What stands over a number's answer: where it is on the tour, or the offer of one.
export function tour(explorer, number) {
  const { links = [] } = explorer.tour ?? {};
  const at = links.findIndex((link) => link.address === number.address);
  return at < 0 ? offer(explorer, number) : way(explorer, links, at);
}

function offer(explorer, number) {
  const button = make("button", { type: "button", className: "follow", textContent: "Follow it" });
  button.title = "The numbers that this one mostly comes from, and those that it mostly acts on, one by one";
  button.addEventListener("click", () => {
    const { links } = chain(explorer.step, number.entry, number.index);
    explorer.tour = { links: links.map((link) => ({ ...link, address: format(link.entry.name, link.index) })) };
    explorer.ask(number.address, { byKeyboard: true });
    const [first] = explorer.tour.links, last = explorer.tour.links.at(-1);
    explorer.announce(`A tour of ${links.length} numbers, from ${first.address} to ${last.address}.`);
  });
  return make("p", { className: "tour" }, button);
}

function way(explorer, links, at) {
  const { step, labels } = explorer;
  const go = (to) => explorer.ask(links[to].address, { byKeyboard: true });
  const button = (text, label, to) => {
    const made = make("button", { type: "button", textContent: text, ariaLabel: label, title: label, disabled: !links[to] });
    made.addEventListener("click", () => go(to));
    return made;
  };
  const leave = make("button", { type: "button", textContent: "Leave the tour" });
  leave.addEventListener("click", () => {
    explorer.tour = null;
    explorer.ask(links[at].address, { byKeyboard: true });
  });
  const stops = links.map(({ entry, index, address, note }, i) => {
    const value = make("button", { type: "button", className: "n-link", textContent: step.text(entry, index) });
    value.dataset.ask = address;
    const item = make("li", {}, value, " ", make("code", { textContent: address }));
    if (entry.axes.length) item.append(make("small", { textContent: ` ${labels.where(entry, index)}` }));
    if (note) item.append(make("small", { className: "why", textContent: ` ${note}` }));
    if (i === at) item.setAttribute("aria-current", "step");
    return item;
  });
  const list = make("details", {}, make("summary", { textContent: "All numbers of the tour" }), make("ol", {}, ...stops));
  list.open = Boolean(explorer.tour.open);
  list.addEventListener("toggle", () => { if (explorer.tour) explorer.tour.open = list.open; });
  const { note } = links[at];
  return make("section", { className: "tour", ariaLabel: "Tour" },
    make("p", {}, button("‹", "The number before on the tour", at - 1),
      button("›", "The next number of the tour", at + 1), leave),
    make("p", { className: "at" }, `${at + 1} of ${links.length}, from `,
      make("code", { textContent: links[0].address }), " to ", make("code", { textContent: links.at(-1).address })),
    ...(note && at ? [make("p", { className: "why", textContent: `${note[0].toUpperCase()}${note.slice(1)}.` })] : []), list);
}
