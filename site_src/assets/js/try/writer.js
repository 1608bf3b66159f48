// Words one after another: the model reads all words so far, one is chosen, and it reads again with that one at the end.

import { generator } from "./random.js";
import { choose } from "./sampling.js";

// What is written after the ids of a prompt: {words, ends}. Each word is {read, word, chances}: the ids before it, its
// own, and the probability that every word had. `ends` says why no further one follows: "end", "most" or "room".
// `predict` gives the logits after some ids.
export function write(predict, prompt, settings, { end, most, longest }) {
  const random = generator(settings.seed), words = [];
  for (let read = prompt; ; read = [...read, words.at(-1).word]) {
    words.push({ read, ...choose(predict(read), settings, random) });
    if (words.at(-1).word === end) return { words, ends: "end" };
    if (words.length === most) return { words, ends: "most" };
    if (read.length === longest) return { words, ends: "room" };
  }
}
