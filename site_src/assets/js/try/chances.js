// The probabilities of the next word, as bars with their digits.

import { rounded } from "../explorer/digits.js";

const NONE = "–";

// Fills the table with what one word was chosen from. Its rows are those that the page came with; where the vocabulary
// has more words they hold the likeliest ones. Words keep their order.
export function show(table, { read, word, chances }, { words, digits }) {
  const rows = [...table.tBodies[0].rows];
  const likeliest = Array.from(chances.keys()).sort((a, b) => chances[b] - chances[a] || a - b).slice(0, rows.length);
  if (!likeliest.includes(word)) likeliest[rows.length - 1] = word;
  table.caption.textContent = `After “${read.map((id) => words[id]).join(" ")}”, the probability of the next word`;
  likeliest.sort((a, b) => a - b).forEach((id, i) => {
    const [name, bar, number, chosen] = rows[i].cells;
    name.firstElementChild.textContent = words[id];
    bar.firstElementChild.style.width = `${100 * chances[id]}%`;
    number.textContent = rounded(chances[id], digits).text;
    chosen.textContent = id === word ? "chosen" : "";
    rows[i].classList.toggle("chosen", id === word);
  });
}

// The table without numbers.
export function blank(table) {
  table.caption.textContent = table.dataset.caption;
  for (const row of table.tBodies[0].rows) {
    const [, bar, number, chosen] = row.cells;
    bar.firstElementChild.style.width = 0;
    number.textContent = NONE;
    chosen.textContent = "";
    row.classList.remove("chosen");
  }
}
