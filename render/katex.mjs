// One line in, one line out: a JSON array of [TeX, display] pairs gives a JSON array of {html} or {error}.
// Run as: node katex.mjs KATEX_MODULE OPTIONS_JSON
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { default: katex } = await import(pathToFileURL(process.argv[2]).href);
const options = JSON.parse(process.argv[3]);

function draw([tex, displayMode]) {
  try {
    return { html: katex.renderToString(tex, { ...options, displayMode }) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(JSON.stringify(JSON.parse(line).map(draw)) + "\n");
}
