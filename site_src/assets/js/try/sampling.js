// From the logits of one position to the next word, as calc/sampling.py has it: temperature, top-k, and the draw.

const TIE = 1e-12; // logits as near as this, of the largest, tie: the word with the lowest number comes first
const DEEPEST = 700; // so far below the largest logit, e to that power is still a number that float64 holds
const COLDEST = 1e-300; // below it a quotient could overflow, and a draw would be greedy anyway

// {word, chances}: the id of the word, and of every word the probability that it had. Temperature 0 is greedy, and takes
// no number from `random`.
export function choose(logits, { temperature, topK }, random) {
  const order = ranks(logits), greedy = temperature < COLDEST;
  const chances = softmax(greedy ? logits : logits.map((logit) => logit / temperature));
  if (greedy) return { word: order[0], chances };
  const ranked = order.map((id) => chances[id]);
  const held = ranked.filter((chance) => chance > 0).length, count = Math.min(topK || held, held);
  const mass = ranked.slice(0, count).reduce((sum, chance) => sum + chance, 0);
  order.forEach((id, rank) => (chances[id] = rank < count ? chances[id] / mass : 0));
  const u = random();
  let rank = 0, sum = chances[order[0]];
  while (sum <= u && rank < count - 1) sum += chances[order[++rank]];
  return { word: order[rank], chances };
}

// The ids from the largest logit to the smallest.
export function ranks(logits) {
  const unit = TIE * (Math.max(...logits.map(Math.abs)) || 1), steps = logits.map((logit) => Math.round(logit / unit));
  return Array.from(logits.keys()).sort((a, b) => steps[b] - steps[a] || a - b);
}

// What is too small for a number is 0.
function softmax(logits) {
  const top = Math.max(...logits), exp = logits.map((logit) => (top - logit < DEEPEST ? Math.exp(logit - top) : 0));
  const total = exp.reduce((sum, x) => sum + x, 0);
  return exp.map((x) => x / total);
}
