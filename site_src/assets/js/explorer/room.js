// The page makes room for the panel without losing its place: beside the drawer it moves to the left, as wide as it was
// where that fits; above the sheet it is scrolled until the number that was asked for is seen.

const WIDE = matchMedia("(min-width: 960px)");
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

const unseen = () => document.documentElement.classList.contains("arriving");  // arrive.js

export class Room {
  constructor(panel) {
    this.panel = panel;
    this.content = document.querySelector(".md-content");
    addEventListener("resize", () => panel.open && this.#make());
  }

  // `asked`, where it is an element, must stay in view.
  make(asked) {
    if (!document.documentElement.classList.contains("asking")) this.#make(asked);
    if (!asked) return;
    const box = asked.closest(".matrix-box, .worked"), right = (element) => element.getBoundingClientRect().right;
    if (box && right(asked) > right(box)) box.scrollLeft += right(asked) - right(box);
    if (!WIDE.matches) this.#uncover(asked);
  }

  #make(kept = null) {
    document.documentElement.classList.add("asking");
    if (!WIDE.matches) this.#place("", "");
    else this.#keeping(kept ?? this.#middle(), () => {
      const { left, width } = this.#own();
      const free = document.documentElement.clientWidth - this.panel.element.offsetWidth;
      const fits = Math.min(width, free);
      this.#place(`${Math.min(0, Math.floor(free - fits - left))}px`, `${fits}px`);
    });
  }

  end() {
    this.#keeping(this.#middle(), () => {
      document.documentElement.classList.remove("asking");
      this.#place("", "");
    });
  }

  // What is kept stays at its height in the window, whatever else moves.
  #keeping(kept, move) {
    const before = kept?.getBoundingClientRect().top;
    move();
    const moved = kept ? kept.getBoundingClientRect().top - before : 0;
    if (moved) scrollBy({ top: moved, behavior: "instant" });
  }

  // What stands in the middle of the window: a line or a cell, not a box around much else.
  #middle() {
    const { left, width } = this.content.getBoundingClientRect(), x = left + Math.min(width, innerWidth) / 4;
    const seen = [0.3, 0.4, 0.5, 0.6].map((y) => document.elementFromPoint(x, y * innerHeight)).filter(Boolean);
    return seen.sort((one, other) => one.offsetHeight - other.offsetHeight)[0];
  }

  // Where the page's content stands when nothing is moved.
  #own() {
    const { translate, maxWidth } = this.content.style;
    this.content.style.transition = "none";
    this.#place("0px", "");
    const own = this.content.getBoundingClientRect();
    this.#place(translate, maxWidth);
    this.content.getBoundingClientRect();  // where the movement begins
    this.content.style.transition = "";
    return own;
  }

  // Moved as a picture is: what stands in it is not laid out anew.
  #place(translate, maxWidth) {
    Object.assign(this.content.style, { translate, maxWidth });
  }

  #uncover(kept) {
    const { top, bottom } = kept.getBoundingClientRect(), gap = 16;
    const above = document.querySelector(".md-header").offsetHeight + gap;
    const below = this.panel.element.getBoundingClientRect().top - gap;
    const by = bottom > below ? Math.min(bottom - below, top - above) : Math.min(0, top - above);
    if (by) scrollBy({ top: by, behavior: STILL.matches || unseen() ? "instant" : "smooth" });
  }
}
