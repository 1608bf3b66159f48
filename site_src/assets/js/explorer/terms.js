// What one cell is made of: the operation that made it, on the cells that it was made of. Written without regard to
// operations.js, so that each can be held against the other.

export class Cell {
  constructor(entry, index) {
    this.entry = entry;
    this.index = index;
  }

  get flat() {
    return this.entry.flat(this.index);
  }
}

// A number that belongs to the formula itself.
export class Plain {
  constructor(value) {
    this.value = value;
  }
}

// An operation on parts: sum, product, difference, quotient, neg, max, power, square, or a function.
export class Call {
  constructor(name, parts) {
    this.name = name;
    this.parts = parts;
  }
}

const BY_CELL = {
  add: "sum", sub: "difference", mul: "product", div: "quotient", neg: "neg", square: "square", power: "power",
  exp: "exp", log: "ln", sqrt: "sqrt", erfc: "erfc",
};

const where = (entry, index) => Object.fromEntries(entry.axes.map((letter, i) => [letter, index[i]]));

const reader = (entry) => (place, at) => new Cell(entry.operands[place], entry.read[place].map((letter) => at[letter]));

// Every way in which the letters that the result lacks can go.
function* runs(entry, at) {
  const free = [...new Set(entry.read.flat())].filter((letter) => !(letter in at));
  const count = free.reduce((n, letter) => n * entry.sizes[letter], 1);
  for (let i = 0; i < count; i++) {
    const full = { ...at };
    let rest = i;
    for (let k = free.length - 1; k >= 0; k--) {
      full[free[k]] = rest % entry.sizes[free[k]];
      rest = Math.floor(rest / entry.sizes[free[k]]);
    }
    yield full;
  }
}

// The operation that made one cell. `values` are the cells of all entries: ids decide which row is taken.
export function made(entry, index, values) {
  const at = where(entry, index), cell = reader(entry), of = entry.operands;
  const all = () => [...runs(entry, at)];
  const id = (place, flat) => values[of[place].number][flat];
  switch (entry.op) {
    case "dot":
      return new Call("sum", all().map((letters) => new Call("product", [cell(0, letters), cell(1, letters)])));
    case "sum":
      return new Call("sum", all().map((letters) => cell(0, letters)));
    case "max":
      return new Call("max", all().map((letters) => cell(0, letters)));
    case "mean": {
      const parts = all().map((letters) => cell(0, letters));
      return new Call("quotient", [new Call("sum", parts), new Plain(parts.length)]);
    }
    case "add_constant":
      return new Call("sum", [cell(0, at), new Plain(entry.attrs.constant)]);
    case "mul_constant":
      return new Call("product", [new Plain(entry.attrs.constant), cell(0, at)]);
    case "copy":
    case "repeat":
      return cell(0, at);
    case "mask": {
      const allowed = cell(1, at);
      return values[allowed.entry.number][allowed.flat] ? cell(0, at) : new Plain(-Infinity);
    }
    case "gather": {
      const ids = of[1].axes.length;
      return new Cell(of[0], [id(1, of[1].flat(index.slice(0, ids))), ...index.slice(ids)]);
    }
    case "pick":
      return new Cell(of[0], [...index, id(1, of[1].flat(index))]);
    case "scatter_add": {
      const rows = [];
      for (let flat = 0; flat < of[1].size; flat++) if (id(1, flat) === index[0]) rows.push(of[1].index(flat));
      return new Call("sum", rows.map((row) => new Cell(of[0], [...row, ...index.slice(1)])));
    }
    case "select":
      return cell(0, { ...at, ...entry.attrs.at });
    case "split": {
      const [head, position, channel] = index.slice(-3), width = entry.shape[entry.shape.length - 1];
      return new Cell(of[0], [...index.slice(0, -3), position, head * width + channel]);
    }
    case "join": {
      const [position, column] = index.slice(-2), width = of[0].shape[of[0].shape.length - 1];
      return new Cell(of[0], [...index.slice(0, -2), Math.floor(column / width), position, column % width]);
    }
    case "size":
      return new Plain(of[0].size);
    case "one_hot":
    case "causal_mask":
    case "identity":
      return new Plain(values[entry.number][entry.flat(index)]);
    case "count":
      return new Call("sum", Object.values(entry.attrs.parts).map((n) => new Plain(n)));
    case "given":
      return null;
    default:
      return new Call(BY_CELL[entry.op], of.map((_, place) => cell(place, at)));
  }
}

// The cells that an expression reads, each once, in order.
export function cells(part) {
  const found = new Map();
  const look = (p) => {
    if (p instanceof Cell) found.set(`${p.entry.number}:${p.flat}`, p);
    else if (p instanceof Call) p.parts.forEach(look);
  };
  if (part) look(part);
  return [...found.values()];
}
