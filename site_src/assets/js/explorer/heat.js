// The tints of a table, as render/fences.py gives them: a cell's by its share of the largest magnitude that is printed
// in the table.

const HEAT = [[0.75, "5"], [0.5, "4"], [0.28, "3"], [0.12, "2"], [0.03, "1"]];
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻";

// The value of a printed number.
export function number(text) {
  if (text === "−∞") return -Infinity;
  const [mantissa, power] = text.replace("−", "-").replaceAll(",", "").split("×10");
  if (power === undefined) return Number(mantissa);
  return Number(`${mantissa}e${[...power].map((sign) => "0123456789-"[RAISED.indexOf(sign)]).join("")}`);
}

// The class of a printed value: p1 to p5 above zero, n1 to n5 below; empty near zero.
export function heat(value, largest) {
  if (value === -Infinity) return "masked";
  if (!(largest > 0)) return "";
  const step = HEAT.find(([bound]) => Math.abs(value) > bound * largest);
  return step ? (value > 0 ? "p" : "n") + step[1] : "";
}
