// What takes a number in: each entry made of it, and which of that entry's cells.

import { make } from "./make.js";
import { asked, named, row, said, section } from "./pieces.js";
import { count, first, uses } from "./uses.js";

const AT_ONCE = 6, SAID = 3;

export function users(explorer, { entry, index }) {
  const found = uses(entry, index, explorer.step.now).map((use) => item(explorer, use));
  if (!found.length) return section("What uses it", said("Nothing: no other number is made of it."));
  const parts = [list(found.slice(0, AT_ONCE))];
  const more = found.slice(AT_ONCE);
  if (more.length)
    parts.push(make("details", {}, make("summary", { textContent: `Show the other ${more.length}` }), list(more)));
  return section("What uses it", ...parts);
}

const list = (items) => make("ul", { className: "rows" }, ...items);

function item({ step, labels }, { user, boxes, decides }) {
  const at = first(boxes[0]), cells = count(user, boxes);
  const many = cells > 1 ? `${cells} cells` : "", where = placed(labels, user, boxes);
  const what = decides ? `decides what ${many ? `${many} take` : "one cell takes"} in` : many;
  const which = [what, where].filter(Boolean).join(": ");
  const digits = step.now[user.number] ? step.text(user, at) : "open"; // a large step has not loaded them
  return row([named(user), which && ` ${which}`], [cells > 1 ? "first " : "", asked(user, at, digits)]);
}

// Where the cells are, in words; of many boxes the first ones.
function placed(labels, user, boxes) {
  const places = boxes.slice(0, SAID).map((box) => labels.where(user, box)).filter(Boolean);
  return places.join("; ") + (boxes.length > SAID ? "; …" : "");
}
