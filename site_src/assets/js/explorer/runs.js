// Other runs than the step: those with a planted error, and the one that goes on where the step ends. Each has a program
// of its own among the site's data, which is loaded when one of its numbers is first asked.

import { Step, StepError } from "./step.js";

export class Runs {
  // `step` is the step of the pages: a run whose inputs may be set follows what is done to it.
  constructor(root, step) {
    Object.assign(this, { root, step });
    this.loaded = new Map();
    step.addEventListener("change", () => {
      for (const run of this.loaded.values()) run.then((each) => this.#follow(each), () => {});
    });
  }

  // The run of that name, as a Step. Raises StepError where the site has none, or it cannot be loaded.
  get(name) {
    if (!this.loaded.has(name)) {
      const run = Step.load(this.root, `data/${name}.program.json`).then((each) => this.#follow(each));
      run.catch(() => this.loaded.delete(name)); // so that it can be tried again
      this.loaded.set(name, run);
    }
    return this.loaded.get(name);
  }

  #follow(run) {
    if (Object.keys(run.program.file.editable).length) {
      try {
        run.restore(this.step.actions);
      } catch (error) {
        if (!(error instanceof StepError)) throw error;
      }
    }
    return run;
  }
}
