// What shows that a number of the page is no longer the built one, with the built one told on demand. Taken off, the
// element is as it was.

export function mark(element, built) {
  element.classList.add("changed");
  if (element instanceof SVGElement) element.setAttribute("aria-description", `built: ${built}`);
  else element.title = `built: ${built}`;
}

export function unmark(element) {
  without(element, "changed");
  element.removeAttribute(element instanceof SVGElement ? "aria-description" : "title");
}

// Take a class off; an element that is left with none has no such attribute.
export function without(element, name) {
  element.classList.remove(name);
  if (!element.classList.length) element.removeAttribute("class");
}

// A number of another run, which does not follow.
export class Other {
  constructor(element) {
    this.element = element;
  }

  show(step) {
    const old = step.now !== step.built;
    if (old === Boolean(this.old)) return;
    this.old = old;
    if (old) {
      this.element.classList.add("other-run");
      this.element.title = "of another run, which stays as it was built";
    } else {
      without(this.element, "other-run");
      this.element.removeAttribute("title");
    }
  }
}
