// A model that learns in the page. It is the program of one training step, run on sentences of any length; what each
// step leaves is what the next one begins with.

import { Program } from "../explorer/program.js";
import { Replay } from "../explorer/replay.js";

export class Learner {
  // `file` is the program of a step (calc/export_program.py), `named` says which of its names is what
  // (render/trainer.py).
  constructor(file, named) {
    Object.assign(this, { file, named });
    this.lengths = new Map();
    const given = this.#length(1).given;
    this.first = new Map(Object.keys(file.next).map((name) => [name, given.get(name)]));
    this.restart();
  }

  // Forgets all that was learnt.
  restart() {
    this.kept = this.first;
    this.reading = null;
  }

  // Makes ready for steps on a sentence: its ids, the ids that are to be predicted, and a learning rate. Raises
  // NotFinite; then nothing is changed.
  read(ids, targets, rate) {
    const { named } = this, inputs = new Map([[named.ids, ids], [named.targets, targets], [named.rate, [rate]]]);
    const length = this.#length(ids.length), values = this.#values(length, inputs, this.kept);
    this.reading = { length, inputs, values };
  }

  // The loss on that sentence now.
  get loss() {
    const { length, values } = this.reading;
    return values[length.program.get(this.named.loss).number][0];
  }

  // One step. Raises NotFinite where the new parameters have no loss that float64 can hold; then it was not taken.
  step() {
    const { length, inputs, values } = this.reading;
    const kept = new Map(Object.entries(this.file.next).map(([name, from]) => {
      if (typeof from === "string") return [name, values[length.program.get(from).number].slice()];
      return [name, this.kept.get(name).map((cell) => cell + from)];
    }));
    this.reading.values = this.#values(length, inputs, kept);
    this.kept = kept;
    length.spare = values;
  }

  // The logits of the word after these ids. Raises NotFinite.
  predict(ids, kept = this.kept) {
    const { program, replay, given, forward } = this.#length(ids.length);
    const values = replay.run(new Map([...given, ...kept, [this.named.ids, Float64Array.from(ids)]]), forward);
    const logits = program.get(this.named.logits);
    return values[logits.number].slice(-logits.size / ids.length);
  }

  #values({ replay, given, step, spare }, inputs, kept) {
    const cells = [...inputs].map(([name, some]) => [name, Float64Array.from(some)]);
    return replay.run(new Map([...given, ...kept, ...cells]), step, spare);
  }

  // The program for so many words. Nothing but the sizes of some axes and the inputs along them tell it from the one
  // that the site has for its own sentence.
  #length(words) {
    if (!this.lengths.has(words)) {
      const { file, named } = this, positions = Array.from({ length: words }, (_, i) => i);
      const axes = { ...file.axes, ...Object.fromEntries(named.axes.map((letter) => [letter, words])) };
      const given = { ...file.given, [named.ids]: 0, [named.targets]: 0, [named.positions]: positions };
      const program = new Program({ ...file, axes, given });
      const results = Object.values(file.next).filter((name) => typeof name === "string");
      this.lengths.set(words, {
        program, replay: new Replay(program), given: program.given(), spare: [],
        step: program.needed([named.loss, ...results]), forward: program.needed([named.logits]),
      });
    }
    return this.lengths.get(words);
  }
}
