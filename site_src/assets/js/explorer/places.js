// Where a number is printed, and the line of code that made it.

import { make } from "./make.js";
import { named, said, section } from "./pieces.js";

export function printed({ labels, root }, { entry, address }) {
  const ask = `?ask=${address}`;
  const pages = labels.printed(entry).map((page) => link(root, `${page.address}${ask}${page.anchor}`, page.title));
  const ledger = link(root, `${labels.reference(entry)}${ask}#${entry.name}`, "The ledger: all that is known of it");
  return section("Printed on", make("ul", {}, ...[...pages, ledger].map((each) => make("li", {}, each))));
}

export function source({ labels, root }, { entry }) {
  const { path, line, statement, address } = labels.source(entry), place = `${path}:${line}`;
  return section(entry.op === "given" ? "Given by" : "Made by",
    said(named(entry), ", ", address ? link(root, address, place) : make("code", { textContent: place })),
    make("pre", { tabIndex: 0, ariaLabel: "The statement" }, make("code", { textContent: statement })));
}

const link = (root, address, text) => make("a", { href: new URL(address, root).href, textContent: text });
