"""Checks of the built HTML: nothing unrendered, no value that is no number, no dead link, no other host.

A page's bulk is KaTeX's markup and the matrices' cells. KaTeX fails on its own faults while it draws, so its
markup is cut out; cells that hold a number and nothing else are cut out too. What is left is parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from render.fences import MINUS_INFINITY, NUMBER
from render.markup import ENDS

_KATEX = re.compile(r'<span class="katex(?:-display)?">')
_SPAN = re.compile(r"<(/?)span\b")
_CELLS = re.compile(
    rf'<td(?: class="?[np][1-5]"?)?(?: data-index="[\d,]+")?>{NUMBER.pattern}(?=<)(?:</td>)?'
    rf'|<td class="?masked"?(?: data-index="[\d,]+")?>{MINUS_INFINITY}(?=<)(?:</td>)?'
    r'|<th scope="(?:col|row)">\d+(?=<)(?:</th>)?|<th class="gap">…(?=<)(?:</th>)?'
)
_UNSEEN = {"script", "style", "template"}
_VERBATIM = {"pre", "code", "kbd", "samp", "textarea", "tspan"}  # tspan: a word of the text, in a picture
_QUOTED = re.compile("“[^”]*”")  # such a word in a picture's text alternative, or among other words of it
_DRAWN = {"text", "figcaption"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# What must not be left in the text of a page, and how to call it.
_LEFT_OVER = (
    (re.compile(r"\b(?:nan|NaN|None(?! of\b)|undefined|inf|Infinity)\b"), "no number"),
    (re.compile(r"\$"), "unrendered formula"),
    (re.compile(r"\\[A-Za-z]+|\\[()\[\]]"), "unrendered TeX"),
    (re.compile(r"<<|>>|<%|%>|<#|#>"), "unrendered template"),
    (re.compile(r"~~~|```|\*\*|\]\("), "unrendered Markdown"),
    (re.compile(r"[−-]?∞"), "an infinity outside a mask"),
)
_CAPTION = re.compile(r'<p class="?entry\b[^>]*>\s*(?!<)(.{,60})')  # one begins with the entry's symbol
_SHOWN_ATTRIBUTES = ("title", "alt", "aria-label", "placeholder")
_LOADS = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "link": ("href",),
    "use": ("href", "xlink:href"),
    "track": ("src",),
    "form": ("action",),
    "input": ("src",),
}
_NO_LOAD = {"canonical", "alternate", "prev", "next"}
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.I)
_CSS_LOAD = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:[a-z]+:)?//[^"')\s]+)""", re.I)


def without_katex(html: str) -> str:
    """The HTML without what KaTeX drew."""
    parts, at = [], 0
    for start in _KATEX.finditer(html):
        if start.start() < at:
            continue
        parts.append(html[at : start.start()])
        depth = 0
        for span in _SPAN.finditer(html, start.start()):
            depth += -1 if span[1] else 1
            if not depth:
                at = html.index(">", span.end()) + 1
                break
        else:
            at = len(html)
    parts.append(html[at:])
    return "".join(parts)


@dataclass
class Page(HTMLParser):
    """One page, parsed: its faults of its own, its ids, and where it links to."""

    name: str
    html: str
    faults: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, bool]] = []  # tag, whether it shows what the ledger holds
        self._text: list[str] = []
        self.feed(_CELLS.sub("", without_katex(self.html)))
        self.close()
        self._end_of_text()
        for run_in in _CAPTION.findall(self.html):
            self.fault("a sentence run into an entry's caption", run_in)

    def fault(self, what: str, text: str) -> None:
        self.faults.append(f"{self.name}: {what}: {' '.join(text.split())}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self._open and self._open[-1][0] in ENDS.get(tag, ()):
            self.handle_endtag(self._open[-1][0])
        a = {key: value or "" for key, value in attrs}
        classes = a.get("class", "").split()
        if tag not in ("span", "a", "em", "strong", "b", "i", "small", "sub", "sup", "abbr", "br", "wbr"):
            self._end_of_text()
        if "id" in a:
            if a["id"] in self.ids:
                self.fault("id given twice", a["id"])
            self.ids.add(a["id"])
        if tag == "a" and "name" in a:
            self.ids.add(a["name"])
        if "later" in classes or "data-later" in a:
            self.fault("placeholder left undrawn", a.get("data-source", ""))
        for key in _SHOWN_ATTRIBUTES:
            if key in a:
                self._check(_QUOTED.sub("", a[key]))
        self._loads(tag, a)
        if tag not in _VOID:
            bound = (tag == "td" and "masked" in classes) or (tag in ("span", "table", "text") and "data-ref" in a)
            self._open.append((tag, bound))

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("span", "a", "em", "strong", "b", "i", "small", "sub", "sup", "abbr"):
            self._end_of_text()
        for at in range(len(self._open) - 1, -1, -1):
            if self._open[at][0] == tag:
                del self._open[at:]
                break

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self._open}
        if tags & _UNSEEN or tags & _VERBATIM or ("th" in tags and self._in_matrix):
            return
        if self._open and self._open[-1][1] and data.strip() == MINUS_INFINITY:
            return
        self._text.append(_QUOTED.sub("", data) if tags & _DRAWN else data)

    @property
    def _in_matrix(self) -> bool:
        return any(tag == "table" and bound for tag, bound in self._open)

    def _end_of_text(self) -> None:
        if self._text:
            self._check("".join(self._text))
            self._text = []

    def _check(self, text: str) -> None:
        for pattern, what in _LEFT_OVER:
            found = pattern.search(text)
            if found:
                around = text[max(0, found.start() - 30) : found.end() + 50]
                self.fault(what, f"“{found[0]}” in “{around.strip()}”")

    def _loads(self, tag: str, a: dict[str, str]) -> None:
        for key in _LOADS.get(tag, ()):
            if _NO_LOAD.intersection(a.get("rel", "").split()):
                break
            value = a.get(key, "")
            urls = [part.split()[0] for part in value.split(",") if part.strip()] if key == "srcset" else [value]
            for url in urls:
                if _ELSEWHERE.match(url):
                    self.fault("loads from another host", url)
                elif url:
                    self.links.append(url)
        for url in _CSS_LOAD.findall(a["style"]) if "style" in a else ():
            self.fault("loads from another host", url)
        if tag in ("a", "area") and a.get("href"):
            self.links.append(a["href"])


class Site:
    """The built pages, and which of their links lead somewhere."""

    def __init__(self, folder: Path, site_url: str) -> None:
        self.folder = folder
        # Where absolute links begin; 404.html has some.
        self.root = urlsplit(site_url).path.rstrip("/") + "/"
        self.pages = {
            name: Page(name, path.read_text(encoding="utf-8"))
            for path in sorted(folder.rglob("*.html"))
            if (name := path.relative_to(folder).as_posix())
        }

    @cached_property
    def files(self) -> set[str]:
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}

    def dead_links(self, page: Page) -> list[str]:
        dead = []
        for link in dict.fromkeys(page.links):
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            target = self._target(page.name, unquote(url.path))
            fragment = unquote(url.fragment)
            if target not in self.files:
                dead.append(f"{page.name}: link to nothing: {link}")
            elif fragment and target in self.pages and fragment not in self.pages[target].ids:
                dead.append(f"{page.name}: link to an anchor that is not there: {link}")
        return dead

    def _target(self, page: str, path: str) -> str:
        if not path:
            return page
        if path.startswith(self.root):
            parts: list[str] = []
            path = path[len(self.root) :]
        else:
            parts = page.split("/")[:-1]
        for step in path.split("/"):
            if step == "..":
                if not parts:
                    return ".."  # out of the site
                parts.pop()
            elif step not in ("", "."):
                parts.append(step)
        name = "/".join(parts)
        if name in self.files and not path.endswith("/"):
            return name
        return f"{name}/index.html".lstrip("/")


def audit(folder: Path, site_url: str = "") -> list[str]:
    """Every fault of a built site, a line each: the page, what is wrong, and the text."""
    site = Site(folder, site_url)
    faults = []
    for page in site.pages.values():
        faults += page.faults + site.dead_links(page)
    for sheet in sorted(folder.rglob("*.css")):
        name = sheet.relative_to(folder).as_posix()
        loads = _CSS_LOAD.findall(sheet.read_text(encoding="utf-8"))
        faults += [f"{name}: loads from another host: {url}" for url in loads]
    if not site.pages:
        faults.append(f"{folder.name}: no pages")
    return faults
