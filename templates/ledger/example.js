const ledger = await (await fetch("../data/ledger.json")).json();
const entries = new Map(ledger.entries.map((entry) => [entry.name, entry]));

// grad.w_out is a sum of products: for each d and v, over all positions t.
const { op, operands, value } = entries.get("grad.w_out");
const [x, g] = operands.map((operand) => entries.get(operand.name).value);
const again = value.map((row, d) => row.map((_, v) => x.reduce((sum, xt, t) => sum + xt[d] * g[t][v], 0)));
console.log(op, again[0][0], value[0][0]);
