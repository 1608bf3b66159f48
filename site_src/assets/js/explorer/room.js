// The page makes room for the panel without losing its place: beside the drawer it moves to the left, as wide as it was
// where that fits; above the sheet it is scrolled until the number that was asked for is seen.

const WIDE = matchMedia("(min-width: 960px)");
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Room {
  constructor(panel) {
    this.panel = panel;
    this.content = document.querySelector(".md-content");
    addEventListener("resize", () => panel.open && this.#make());
  }

  // `asked` is what must stay in view above the sheet.
  make(asked) {
    if (!document.documentElement.classList.contains("asking")) this.#make();
    if (!WIDE.matches && asked) this.#uncover(asked);
  }

  #make() {
    document.documentElement.classList.add("asking");
    if (!WIDE.matches) this.#place("", "");
    else this.#keeping(() => {
      const { left, width } = this.#own();
      const free = document.documentElement.clientWidth - this.panel.element.offsetWidth;
      const fits = Math.min(width, free);
      this.#place(`${Math.min(0, free - fits - left)}px`, `${fits}px`);
    });
  }

  end() {
    this.#keeping(() => {
      document.documentElement.classList.remove("asking");
      this.#place("", "");
    });
  }

  // What stands in the middle of the window stays at its height, whatever else moves.
  #keeping(move) {
    const { left, width } = this.content.getBoundingClientRect(), x = left + Math.min(width, innerWidth) / 4;
    const seen = [0.3, 0.4, 0.5, 0.6].map((y) => document.elementFromPoint(x, y * innerHeight)).filter(Boolean);
    const kept = seen.sort((one, other) => one.offsetHeight - other.offsetHeight)[0];  // not a box around much else
    const before = kept?.getBoundingClientRect().top;
    move();
    const moved = kept ? kept.getBoundingClientRect().top - before : 0;
    if (moved) scrollBy({ top: moved, behavior: "instant" });
  }

  // Where the page's content stands when nothing is moved.
  #own() {
    const { left, maxWidth } = this.content.style;
    this.content.style.transition = "none";
    this.#place("0px", "");
    const own = this.content.getBoundingClientRect();
    this.#place(left, maxWidth);
    this.content.getBoundingClientRect();  // where the movement begins
    this.content.style.transition = "";
    return own;
  }

  #place(left, maxWidth) {
    Object.assign(this.content.style, { left, maxWidth });
  }

  #uncover(kept) {
    const { top, bottom } = kept.getBoundingClientRect(), gap = 16;
    const above = document.querySelector(".md-header").offsetHeight + gap;
    const below = this.panel.element.getBoundingClientRect().top - gap;
    const by = bottom > below ? Math.min(bottom - below, top - above) : Math.min(0, top - above);
    if (by) scrollBy({ top: by, behavior: STILL.matches ? "instant" : "smooth" });
  }
}
