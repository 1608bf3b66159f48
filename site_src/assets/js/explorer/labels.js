// What is said of each entry beside its numbers: data/labels.json, which render/explorer.py writes. It counts through
// the entries in the program's order.

// The letter that runs along an axis: t along T, s′ along S'.
function running(axis) {
  const letter = `<mi>${axis[0].toLowerCase()}</mi>`;
  return axis.length > 1 ? `<msup>${letter}<mo>${"′".repeat(axis.length - 1)}</mo></msup>` : letter;
}

export class Labels {
  // `step` knows the words of the sentence as the reader has them now; `own` is the step that the file speaks of.
  constructor(file, step, own = step) {
    Object.assign(this, { file, step, own });
  }

  // The same for the entries of another run; of those that the step itself does not have, there is less to say.
  of(run) {
    return new Labels(this.file, run, this.own);
  }

  #column({ all, of }, { name }) {
    const place = of[this.own.get(name)?.number] ?? -1;
    return place < 0 ? null : all[place];
  }

  get axes() {
    return this.file.axes;
  }

  // The symbol with its indices, as MathML.
  symbol(entry, index) {
    return this.#indexed(entry, index.map((i) => `<mn>${i}</mn>`));
  }

  // The formula for every cell, as MathML; empty where there is none.
  rule(entry) {
    const own = this.own.get(entry.name), names = ({ operands }) => operands.map(({ name }) => name).join();
    if (own?.op !== entry.op || names(own) !== names(entry)) return ""; // a line that was planted in another run
    const right = this.#column(this.file.rules, entry);
    if (!right) return "";
    return this.#indexed(entry, entry.axes.map(running)).replace("</math>", `<mo>=</mo>${right.replace("<math>", "")}`);
  }

  #indexed(entry, places) {
    let place = 0;
    return (this.#column(this.file.symbols, entry) ?? "").replace(/<mi>§<\/mi>/g, () => places[place++]);
  }

  // What the operation does, in a few words.
  operation(entry) {
    return this.file.operations[entry.op];
  }

  // What kind of number it is, and the word for its colour.
  kind(entry) {
    const [words, role] = this.#column(this.file.kinds, entry) ?? ["number of another run", "value"];
    return { words, role };
  }

  meaning(entry) {
    return this.#column(this.file.meanings, entry) ?? "";
  }

  // Where an input comes from.
  origin(entry) {
    return this.step.program.file.origins?.[entry.name] ?? this.#column(this.file.origins, entry) ?? "";
  }

  // The statement that made it: where it stands, its text, and the address of a page that lists it, if there is one.
  source(entry) {
    const [path, line, statement, address] = this.#column(this.file.sources, entry);
    return { path, line, statement, address };
  }

  // The pages that print it: {address, title, anchor}.
  printed(entry) {
    const { pages } = this.file;
    return (this.#column(this.file.printed, entry) ?? []).map(([number, anchored]) => {
      const [address, title] = pages[number];
      return { address, title, anchor: anchored ? `#${entry.name}` : "" };
    });
  }

  // Its place in the reference.
  reference(entry) {
    return `${this.file.folder}${this.#column(this.file.parts, entry)}/`;
  }

  // What a part of the step is called.
  stage(entry) {
    const [head] = entry.stage.split(".");
    return this.file.stages[head] ?? this.file.stages[""];
  }

  // ---------------------------------------------------------------------------------------------------- places

  // What is known of an axis; a run may have axes of its own.
  #along(letter) {
    return this.step.program.file.places?.[letter] ?? this.file.axes[letter];
  }

  // What an axis is called in an array that has these axes.
  axis(letter, axes) {
    const { word, beside = {} } = this.#along(letter);
    return axes.map((other) => beside[other]).find(Boolean) ?? word;
  }

  // One index: "2·sat" on axes of positions and words, "2" on others.
  at(letter, i) {
    const { words, labels } = this.#along(letter);
    if (labels) return `${i}·${labels[i]}`;
    if (words === undefined) return String(i);
    const { program, now } = this.step;
    const ids = words && now[program.get(words).number]; // which a large step may not have loaded
    return ids === undefined ? `${i}·${program.file.tokens[i]}` : this.word(ids ? ids[i] : i, i);
  }

  // A word of the vocabulary behind its number, or behind another.
  word(id, i = id) {
    return `${i}·${this.step.program.file.words[id]}`;
  }

  // Whether the entry's cells are numbers of words.
  ofWords(entry) {
    return this.step.editable(entry)?.kind === "word";
  }

  // A cell's place in words: "head 0, query 2·sat, key 1·cat". An index that is null stands for every one.
  where(entry, index) {
    return entry.axes.map((letter, i) => {
      return index[i] === null ? `every ${this.axis(letter, entry.axes)}` : this.one(letter, entry.axes, index[i]);
    }).join(", ");
  }

  // A place on one axis, in an array that has these axes: "query 2·sat".
  one(letter, axes, i) {
    return `${this.axis(letter, axes)} ${this.at(letter, i)}`;
  }
}
