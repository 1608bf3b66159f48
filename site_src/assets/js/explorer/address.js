// A number's address: NAME[i,j], NAME alone for a single number, and RUN:NAME[i,j] for a number of another run.

const WRITTEN = /^(?:([\w-]+):)?([^\s[\]:=;]+)(?:\[(\d+(?:,\d+)*)\])?$/;

export function parse(text) {
  const found = WRITTEN.exec(text);
  if (!found) return null;
  const [, run = "", name, index] = found;
  return { run, name, index: index ? index.split(",").map(Number) : [] };
}

export const format = (name, index, run = "") =>
  `${run ? `${run}:` : ""}${name}${index.length ? `[${index.join(",")}]` : ""}`;

// What was done to a step, as the address bar holds it: `NAME[i,j]=0.5;step=10`.
export const written = (actions) =>
  actions.map((a) => (a.steps ? `step=${a.steps}` : `${format(a.name, a.index)}=${a.to}`)).join(";");

// The actions of such a text; parts that are none are left out.
export function read(text) {
  return text.split(";").flatMap((part) => {
    const [address, value] = part.split("=");
    const number = value?.trim() ? Number(value) : NaN;
    if (address === "step") return Number.isInteger(number) && number > 0 ? [{ steps: number }] : [];
    const found = parse(address);
    return found && Number.isFinite(number) ? [{ name: found.name, index: found.index, to: number }] : [];
  });
}
