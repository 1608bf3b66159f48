// The values of a step that is too large to be computed in a page: from the built files, an entry at a time, when they
// are first needed.

export class Files {
  // `root` is the address of the site's first page; `rational` tells whether an entry's digits are followed exactly,
  // back to the inputs.
  constructor(program, root, rational) {
    Object.assign(this, { program, root, rational });
    this.values = new Array(program.entries.length);
    this.asked = new Map();
  }

  // Loads what the answer for an entry reads. Raises an Error where a file is missing.
  async need(entry) {
    const { program } = this;
    const beside = [program.get(`grad.${entry.name}`), ...program.entries.filter((other) => other.name.startsWith(`adamw.${entry.name}.`))];
    const deciding = entry.users.flatMap((user) => user.operands.slice(1));
    const wanted = new Set([entry, ...entry.operands, ...beside.filter(Boolean), ...deciding]);
    for (const each of wanted) if (this.rational(each)) for (const operand of each.operands) wanted.add(operand);
    await Promise.all([...wanted].map((each) => this.#load(each)));
  }

  #load(entry) {
    if (!this.asked.has(entry)) this.asked.set(entry, this.#fetched(entry));
    return this.asked.get(entry);
  }

  async #fetched(entry) {
    const answer = await fetch(new URL(`data/csv/${entry.name}.csv`, this.root));
    if (!answer.ok) throw new Error(`data/csv/${entry.name}.csv: ${answer.status}`);
    this.values[entry.number] = cells(entry, await answer.text());
  }
}

// The cells of a file: the last axis runs along its columns, behind the labels.
function cells(entry, text) {
  const across = entry.axes.length > 1 ? entry.shape[entry.shape.length - 1] : 1;
  const rows = text.trimEnd().split("\n").slice(1);
  return Float64Array.from(rows.flatMap((row) => row.split(",").slice(-across)), (cell) =>
    cell === "-inf" ? -Infinity : Number(cell));
}
