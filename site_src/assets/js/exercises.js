// Under an exercise: what a reader types, held against the answer that stands folded below.

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

// Every number that a text may mean: a comma is a decimal point, or parts thousands.
function read(text) {
  const plain = text
    .replace(/\s|^\+/g, "")
    .replace(/[−–⁻]/g, "-")
    .replace(/[⁰-⁹¹²³]/g, (digit) => RAISED.indexOf(digit))
    .replace(/[×*x·]10\^?(?=-?\d)/i, "e");
  const ways = [plain.replace(/,/g, "")];
  if (!plain.includes(".")) ways.push(plain.replace(",", "."));
  return ways.filter((way) => /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(way)).map(Number);
}

// What to say of it where the answer is `right`, and whether it is.
function judge(text, right) {
  const meant = read(text);
  if (!text.trim()) return ["Type a number first."];
  if (!meant.length) return ["That is not a number that this page can read."];
  const unit = right ? 10 ** (Math.floor(Math.log10(Math.abs(right))) - 2) : 1e-12;
  const off = (x) => Math.abs(x - right);
  const near = (x) => off(x) <= unit * (1 + 1e-9);
  const x = meant.reduce((a, b) => (off(b) < off(a) ? b : a));
  if (near(x)) return ["Right, to three digits.", "right"];
  if (near(-x)) return ["The size is right, the sign is not."];
  const far = `${Number(off(x).toPrecision(2))}`.replace("e-", " · 10^−");
  return [`Not yet: too ${x > right ? "large" : "small"}, off by ${far}.`];
}

for (const form of document.querySelectorAll("form.try")) {
  let below = form;
  while (below.localName !== "details") below = below.nextElementSibling;
  const { entry, index } = form.dataset;
  const place = `[data-ref="${entry}"]` + (index ? `[data-index="${index}"]` : "");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const right = [...below.querySelectorAll(place)].pop();
    const output = form.querySelector("output");
    [output.textContent, output.className = ""] = judge(form.querySelector("input").value, read(right.textContent)[0]);
  });
}
