// On a narrow screen the panel is a sheet with two heights, which its handle sets: by a press, or drawn with a finger.

const LOW = 0.46, HIGH = 0.86;  // of the screen's height
const CLOSED = 0.2;  // drawn below this, it closes
const PRESS = 6;  // pixels: less is no drawing

export class Sheet {
  constructor(panel, close) {
    this.panel = panel;
    this.close = close;
    this.set(LOW);
    panel.handle.addEventListener("click", ({ detail }) => {
      if (!detail || !this.drawn) this.set(this.height === LOW ? HIGH : LOW);
    });
    panel.handle.addEventListener("pointerdown", (event) => this.#draw(event));
  }

  set(height) {
    this.height = height;
    document.documentElement.style.setProperty("--sheet", height);
    const high = height === HIGH;
    this.panel.handle.ariaExpanded = String(high);
    this.panel.handle.ariaLabel = high ? "Lower this panel" : "Raise this panel";
  }

  #draw({ pointerId, clientY }) {
    const { handle } = this.panel, from = this.height;
    let height = from;
    this.drawn = false;
    handle.setPointerCapture(pointerId);
    const moved = (event) => {
      this.drawn ||= Math.abs(event.clientY - clientY) > PRESS;
      height = Math.min(HIGH, from + (clientY - event.clientY) / innerHeight);
      if (this.drawn) document.documentElement.style.setProperty("--sheet", height);
    };
    const done = () => {
      handle.removeEventListener("pointermove", moved);
      if (!this.drawn) return;
      this.set(height < (LOW + HIGH) / 2 ? LOW : HIGH);
      if (height < CLOSED) this.close();
    };
    handle.addEventListener("pointermove", moved);
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, done, { once: true });
  }
}
