// One line in, one line out: a JSON array of [TeX, display] pairs gives a JSON array of {html} or {error}.
// Run as: node katex.mjs KATEX_MODULE OPTIONS_JSON
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { default: katex } = await import(pathToFileURL(process.argv[2]).href);
const options = JSON.parse(process.argv[3]);

// The TeX beside the MathML, and the elements that hold the two together, are for programs that no page needs:
// a tenth of a page's markup.
function lighter(html) {
  return html
    .replace(/<annotation encoding="application\/x-tex">[^<]*<\/annotation>/, "")
    .replace("<semantics>", "")
    .replace("</semantics>", "")
    .replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "");
}

function draw([tex, displayMode]) {
  try {
    return { html: lighter(katex.renderToString(tex, { ...options, displayMode })) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(JSON.stringify(JSON.parse(line).map(draw)) + "\n");
}
