// One line in, one line out: a JSON array of [TeX, display] pairs gives a JSON array of {html} or {error}.
// Run as: node katex.mjs KATEX_MODULE OPTIONS_JSON
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { classes, lighter } from "./lighter.mjs";

const { default: katex } = await import(pathToFileURL(process.argv[2]).href);
const options = JSON.parse(process.argv[3]);
const styled = classes(readFileSync(process.argv[2].replace(/\.mjs$/, ".min.css"), "utf8"));

function draw([tex, displayMode]) {
  try {
    return { html: lighter(katex.renderToString(tex, { ...options, displayMode }), styled) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(JSON.stringify(JSON.parse(line).map(draw)) + "\n");
}
