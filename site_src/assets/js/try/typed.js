// What a reader types: a sentence of the vocabulary's words, or a number within bounds.

import { changes } from "../explorer/nearest.js";
import { counted } from "../explorer/pieces.js";
import { limits, read } from "../explorer/typed.js";

// What is wrong with it, for the reader.
export class Mistake extends Error {}

// The ids of the words. `named` has the vocabulary and the length of the longest sentence.
export function sentence(text, { words, special, longest }) {
  const typed = text.split(/\s+/).filter(Boolean);
  if (!typed.length) throw new Mistake("There is no word here yet. Type one, or press one of the words below.");
  const ids = typed.map((word) => {
    const id = words.indexOf(word, special);
    if (id >= 0) return id;
    if (words.includes(word)) throw new Mistake(`“${word}” is a special token, and no word of a sentence.`);
    throw new Mistake(`“${word}” is not in the vocabulary. The nearest word is “${near(word, words.slice(special))}”.`);
  });
  if (ids.length <= longest) return ids;
  const over = counted(ids.length - longest, "word");
  throw new Mistake(`The position table has ${counted(longest, "row")}, one for each word: ${over} too many.`);
}

function near(word, words) {
  const far = (other) => changes(other.toLowerCase(), word.toLowerCase());
  return words.reduce((best, other) => (far(other) < far(best) ? other : best));
}

// The number. `bounds` are {least, most, above, below}, `whole` holds it to whole numbers.
export function number(text, bounds, whole = false) {
  const found = read(text);
  if (Number.isNaN(found)) throw new Mistake(text.trim() ? `“${text.trim()}” is not a number.` : "Type a number here.");
  if (whole && !Number.isInteger(found)) throw new Mistake("This is to be a whole number.");
  const { least, most, above, below } = bounds;
  if (!(found < least || found > most || found <= above || found >= below)) return found;
  throw new Mistake(`This is to be ${limits(bounds)}.`);
}
