// KaTeX's markup with fewer elements, and the same picture: about half of its elements carry no style, and a page of
// the walk has thousands of them. Each rule below rewrites one pattern; what it does not know it leaves as it is.

// Font sizes of KaTeX's classes size1 to size11, as shares of size6.
const SIZES = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.44, 1.728, 2.074, 2.488];
// Elements that hold a row of MathML without an <mrow> around it.
const ROWS = new Set(["math", "mrow", "msqrt", "mtd"]);
// Classes of elements whose children may come and go: no rule of the style sheet speaks of their children.
const FLOWS = /^(katex-base|katex-sizing|(reset-)?size\d+|mathnormal|mtight)$/;
// What is inside of a script that can be moved as a piece of its line: letters and spaces, nothing with a height.
const LETTERS = /^(mathnormal|mathcal|mathbf|mathrm|mathit|mspace|mtight|text)$/;

const em = (size, places = 3) => `${String(Number(size.toFixed(places))).replace(/^(-?)0\./, "$1.")}em`;

/** A style in fewer characters: a thousandth of a letter's size is seen by nobody, and of a line's height a hundredth. */
function short(style, places) {
  const parts = style.split(";").filter(part => part && !/^margin-(left|right):0em$/.test(part));
  return parts.map(part => part.replace(/-?[\d.]+em/g, size => em(parseFloat(size), places))).join(";");
}

/** The markup as a tree: text as strings, elements as {tag, classes, style, rest, children}. */
function parse(html) {
  const root = { tag: "", classes: [], style: "", rest: "", children: [] };
  const open = [root];
  for (const [text, close, tag, attributes, empty] of html.matchAll(/<(\/?)([\w-]+)([^>]*?)(\/?)>|[^<]+/g)) {
    if (!tag) open.at(-1).children.push(text);
    else if (close) open.pop();
    else {
      const element = { tag, classes: [], style: "", rest: attributes, children: [], empty };
      element.rest = element.rest.replace(/ class="([^"]*)"/, (_, names) => {
        element.classes = names.split(/\s+/).filter(Boolean);
        return "";
      });
      element.rest = element.rest.replace(/ style="([^"]*)"/, (_, style) => {
        element.style = style;
        return "";
      });
      open.at(-1).children.push(element);
      if (!empty) open.push(element);
    }
  }
  return root;
}

function print(node) {
  if (typeof node === "string") return node;
  const inner = node.children.map(print).join("");
  if (!node.tag) return inner;
  const names = node.classes.length ? ` class="${node.classes.join(" ")}"` : "";
  const style = node.style ? ` style="${short(node.style, has(node, "katex-strut") ? 2 : 3)}"` : "";
  return `<${node.tag}${names}${style}${node.rest}` + (node.empty ? "/>" : `>${inner}</${node.tag}>`);
}

const has = (node, name) => node?.classes?.includes(name);
const styles = node => Object.fromEntries(
  node.style.split(";").filter(Boolean).map(one => one.split(":").map(part => part.trim())));

/** A lone subscript or superscript, which KaTeX sets in a table of one cell, as letters moved up or down. */
function script(node) {
  if (!has(node, "msupsub") || node.children.length !== 1) return node;
  const [table] = node.children;
  const rows = has(table, "vlist-t") ? table.children : [];
  const cell = rows.length === 1 ? rows[0].children[0] : undefined;
  if (!has(cell, "vlist") || cell.children.length !== 1) return node;
  const [box] = cell.children;
  const [strut, letters, ...more] = box.children;
  if (!has(strut, "pstrut") || !has(letters, "katex-sizing") || letters.style || more.length) return node;
  const { top, "margin-left": left = "0em", "margin-right": right = "0em", ...other } = styles(box);
  const { height } = styles(strut);
  const plain = child =>
    typeof child === "string" || (child.tag === "span" && child.classes.every(c => LETTERS.test(c)) && child.children.every(plain));
  const sizes = /reset-size(\d+) size(\d+)/.exec(letters.classes.join(" "));
  if (Object.keys(other).length || ![top, left, right, height].every(s => /em$/.test(s)) || !sizes || !letters.children.every(plain)) return node;
  const own = size => em(parseFloat(size) / (SIZES[sizes[2] - 1] / SIZES[sizes[1] - 1]));
  const shift = own(`${parseFloat(top) + parseFloat(height)}em`);
  const margin = parseFloat(left) || parseFloat(right) ? `;margin:0 ${own(right)} 0 ${own(left)}` : "";
  return { ...letters, style: `position:relative;top:${shift}${margin}` };
}

/** The room of a row's neighbours as their margins: of a relation or an operator, and of a fraction. */
function spaced(children) {
  const out = [];
  for (let at = 0; at < children.length; at++) {
    const [before, middle, after] = children.slice(at, at + 3);
    const space = node => has(node, "mspace") && node.classes.length === 1 && !node.children.length
      && /^margin-right:([\d.]+)em;?$/.exec(node.style)?.[1];
    if (space(before) && space(before) === space(after) && typeof middle === "string") {
      const style = `margin:0 ${em(Number(space(before)))}`;
      out.push({ tag: "span", classes: [], style, rest: "", children: [middle] });
      at += 2;
    } else if (has(before, "nulldelimiter") && has(middle, "mfrac") && has(after, "nulldelimiter") && !middle.style) {
      out.push({ ...middle, style: "margin:0 .12em" });
      at += 2;
    } else out.push(before);
  }
  return out;
}

/** Spans without style fall away, and so do the names that no rule of the style sheet holds (`styled` has those). */
function lean(node, styled, parents = []) {
  if (typeof node === "string" || node.tag === "svg") return [node];
  const [parent, grandparent] = parents;
  if (has(node, "vlist-t2") && node.children.length === 2) {
    // The second row only has a height, which the struts say; it comes with a cell against a fault of old browsers.
    const [row, depth] = node.children;
    if (has(row.children.at(-1), "vlist-s") && has(depth.children[0], "vlist")) {
      node.classes = node.classes.filter(name => name !== "vlist-t2");
      node.children = [{ ...row, children: row.children.slice(0, -1) }];
    }
  }
  // What a cell holds has no height of its own, and the strut of the line says how high that is.
  if (has(node, "vlist") && /^height:[\d.]+em;?$/.test(node.style)) node.style = "";
  node.children = node.children.flatMap(child => lean(child, styled, [node, ...parents]));
  if (node.tag !== "span") return [node];
  node.classes = node.classes.filter(name => styled.has(name));
  const flows = !has(node, "vlist") && !has(parent, "vlist") && node.classes.every(name => FLOWS.test(name));
  if (flows) node.children = joined(spaced(joined(node.children)));
  const bare = !node.classes.length && !node.style && !node.rest;
  const stays = !parent || has(parent, "vlist") || has(grandparent, "vlist")
    || !parent.classes.every(name => FLOWS.test(name) || !styled.has(name));
  return bare && !stays ? node.children : [script(node)];
}

function joined(children) {
  const out = [];
  for (const child of children) {
    if (typeof child === "string" && typeof out.at(-1) === "string") out.push(out.pop() + child);
    else out.push(child);
  }
  return out;
}

const letters = node => typeof node === "string" ? node : node.children.map(letters).join("");

/** The bases of a formula, between which a line may break: those that a parenthesis reaches over are put together. */
function held(bases) {
  const out = [];
  let group = [], depth = 0;
  for (const base of bases) {
    if (!has(base, "katex-base")) return bases;
    for (const sign of letters(base)) depth += "([".includes(sign) ? 1 : ")]".includes(sign) ? -1 : 0;
    group.push(base);
    if (depth) continue;
    out.push(group.length > 1 ? { tag: "span", classes: ["held"], style: "", rest: "", children: group } : base);
    group = [];
  }
  return [...out, ...group];  // a parenthesis that nothing closes, as of an interval, holds nothing
}

/** MathML, which is read aloud and not seen, without what only its look needs. */
function spoken(node) {
  if (typeof node === "string") return [node];
  node.children = node.children.flatMap(spoken);
  if (ROWS.has(node.tag)) {
    node.children = node.children.filter(child => !(child.tag === "mspace" || (child.tag === "mtext" && !print(child.children[0] ?? "").trim())));
    if (node.children.length === 1 && node.children[0].tag === "mrow") node.children = node.children[0].children;
  }
  if (node.tag === "semantics") return node.children.filter(child => child.tag !== "annotation");
  if (node.tag === "mrow" && node.children.length === 1) return node.children;
  if (node.tag === "mstyle") return [{ ...node, tag: "mrow", rest: "" }].flatMap(spoken);
  node.rest = node.rest.replace(/ (?:(?!mathvariant|display)[\w:]+="[^"]*"|mathvariant="normal")/g, "");
  return [node];
}

/** What KaTeX gave, lighter. `styled` holds the names of the classes of its style sheet. */
export function lighter(html, styled) {
  const root = parse(html);
  const walk = node => {
    if (typeof node === "string") return;
    if (node.tag === "math") [node.children] = [spoken(node)[0].children];
    else if (has(node, "katex-html")) node.children = held(node.children.flatMap(child => lean(child, styled, [node])));
    else node.children.forEach(walk);
  };
  walk(root);
  return print(root);
}

/** The names of the classes that a style sheet speaks of. */
export function classes(css) {
  return new Set(Array.from(css.replace(/\{[^}]*\}/g, " ").matchAll(/\.([a-zA-Z][\w-]*)/g), found => found[1]));
}
