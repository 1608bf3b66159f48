// The number of this configuration that is nearest to an address which it lacks.

import { format, parse } from "./address.js";

// {entry, index, missing}: `missing` is the address that was asked for, or empty where it is there.
export function nearest(program, text) {
  const asked = parse(text) ?? { name: text.replace(/\[.*/s, ""), index: [] };
  const entry = program.get(asked.name) ?? nearestEntry(program, asked.name);
  const index = entry.shape.map((size, axis) => Math.min(asked.index[axis] ?? 0, size - 1));
  const found = format(entry.name, index);
  return { entry, index, missing: found === text ? "" : text };
}

// The same name in the layer that is nearest, or else the name with the fewest letters changed.
function nearestEntry(program, name) {
  const same = program.entries.filter((entry) => anyLayer(entry.name) === anyLayer(name));
  const among = same.length ? same : program.entries;
  const far = same.length ? (entry) => Math.abs(layer(entry.name) - layer(name)) : (entry) => changes(entry.name, name);
  return among.reduce((best, entry) => {
    const here = far(entry);
    return best && best.far <= here ? best : { entry, far: here };
  }, null).entry;
}

const LAYER = /(?<=\blayers\.)\d+/;
const anyLayer = (name) => name.replace(LAYER, "");
const layer = (name) => Number(LAYER.exec(name)?.[0] ?? 0);

// How many letters must be changed, put in or left out to make one text of the other (Levenshtein's distance).
export function changes(one, other) {
  let above = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++)
      row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (one[i - 1] !== other[j - 1]));
    above = row;
  }
  return above[other.length];
}
