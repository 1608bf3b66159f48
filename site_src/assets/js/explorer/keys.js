// The numbers of a page by keyboard. A page has thousands: each table, line, paragraph and picture is one stop of the
// Tab key, and the arrow keys go from number to number inside of it.

const GROUP = "table, svg, .line, p, li, dd, dt, figcaption, summary";
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// `number` selects what can be asked, `otherwise` what does something else.
export function reachNumbers(number, otherwise) {
  const page = document.querySelector(".md-content"), stops = new Map();
  for (const element of page.querySelectorAll(number)) {
    const group = element.closest("table") ?? element.closest(GROUP) ?? element.parentElement;
    if (!stops.has(group) && !element.closest(otherwise)) stops.set(group, new Stop(group, number, otherwise));
  }
  new MutationObserver((changes) => {
    for (const { target } of changes) stops.get(target.closest(GROUP))?.renew();
  }).observe(page, { childList: true, subtree: true });
}

class Stop {
  constructor(group, number, otherwise) {
    Object.assign(this, { group, number, otherwise, isTable: group.localName === "table" });
    if (group.matches("table.matrix")) {
      group.role = "grid";
      group.parentElement.removeAttribute("tabindex");  // its first cell is the stop now, and scrolls it
    } else if (group.localName === "svg") group.setAttribute("role", "group");  // an image has nothing inside
    this.renew();
    group.addEventListener("focusin", ({ target }) => this.numbers.includes(target) && this.#stopAt(target));
    group.addEventListener("keydown", (event) => this.#press(event));
  }

  get numbers() {
    return [...this.group.querySelectorAll(this.number)].filter((element) => !element.closest(this.otherwise));
  }

  // The group has a number to come to, also where the one before is gone.
  renew() {
    if (!this.group.contains(this.at)) this.#stopAt(this.numbers[0]);
  }

  #stopAt(element) {
    if (this.at !== element) this.at?.setAttribute("tabindex", "-1");
    this.at = element;
    element?.setAttribute("tabindex", "0");
    if (element && element.localName !== "td") element.setAttribute("role", "button");
  }

  #press(event) {
    const { key, target } = event, asks = key === "Enter" || key === " ";
    const next = asks ? target : this.#next(event);
    if (!next || event.altKey || event.metaKey || event.shiftKey || target !== this.at) return;
    event.preventDefault();
    if (asks) target.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    else {
      next.setAttribute("tabindex", "0");
      next.focus();
    }
  }

  // Where a key leads from here, undefined if it is none of these.
  #next({ key, target, ctrlKey }) {
    const { numbers } = this, row = this.isTable ? numbers.filter((each) => sameRow(each, target)) : numbers;
    if (key === "Home") return ctrlKey ? numbers[0] : row[0];
    if (key === "End") return (ctrlKey ? numbers : row).at(-1);
    if (!ARROWS[key] || ctrlKey) return undefined;
    const [down, right] = ARROWS[key];
    if (!this.isTable || right) return numbers[numbers.indexOf(target) + down + right] ?? target;
    const column = numbers.filter((each) => cell(each).cellIndex === cell(target).cellIndex);
    const rows = column.filter((each) => each === target || !sameRow(each, target));
    return rows[rows.indexOf(target) + down] ?? target;
  }
}

const cell = (element) => element.closest("td, th");
const sameRow = (one, other) => one.closest("tr") === other.closest("tr");
