"""A page's blocks between two headings, in parts that a browser need not draw before they come near the screen.

A page of the walk holds up to thirty thousand elements, and every script that asks for a position makes the
browser style and lay out all of them. So each part carries `content-visibility: auto` (performance.css), and the
room that it will take is said in advance, that scroll bars and anchors are right before it is drawn: what has a
height of its own in lines and rem, running text in characters, since its lines depend on the width.

Headings stay outside: the theme's table of contents asks for their positions. What a reader operates (fields, tabs,
what unfolds) is drawn at once: a part that is larger than its room is cut off until it is drawn, a field never.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

FULL = 34.0  # rem, about one screen: a part that has reached it takes no further block
PHONE_LINE, SCREEN_LINE = 46, 120  # characters of running text in a line of a phone and of a wide screen
SEEN = 60.0  # rem that are seen at first even on a high screen: parts that begin there are drawn at once

_TAG = re.compile(r"""<(/?)([a-zA-Z][\w:-]*)((?:[^<>"']|"[^"]*"|'[^']*')*?)(/?)>""")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_HEADING = re.compile(r"<h[1-6]\b")
_LATER = re.compile(r'<(span|div) class="later" data-later="(\w+)" data-source="([^"]*)">[^<]*</\1>')
_FOLDED = re.compile(r"<details(?![^>]*\bopen\b)[^>]*>(?:(?!<details)(?!</details>).)*</details>", re.S)
_HIDDEN_TAB = re.compile(r'(?<=</div>)\s*<div class="tabbed-block">.*?(?=<div class="tabbed-block">|\Z)', re.S)
_PICTURE = re.compile(r"<svg\b[^>]*>.*?</svg>", re.S)
_VIEW = re.compile(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"')
_LIVE = re.compile(r'<(?:details|form|fieldset)\b|class="tabbed-set')
_BLOCK = re.compile(r"<(p|li|tr|dt|dd|figcaption|summary)\b")
_MARKUP = re.compile(r"<[^>]*>")
_BINDING = re.compile(r"\{\w+(?: [\d,]+)?\}")


def parted(html: str) -> str:
    """The page's HTML, its formulas and tables still placeholders, with its parts in boxes of their own.

    HTML whose elements are not closed in order is left as it is.
    """
    out: list[str] = []
    part: list[str] = []
    rem = chars = above = 0.0
    live = False  # whether the part holds what a reader operates

    def close() -> None:
        nonlocal rem, chars, above
        if part:
            kind = "part" if above > SEEN and not live else "part seen"
            out.append(f'<div class="{kind}" style="--h:{rem:.0f};--c:{chars:.0f}">\n{"".join(part)}</div>\n')
        part.clear()
        above += rem + chars / SCREEN_LINE
        rem = chars = 0.0

    try:
        for block in blocks(html):
            if _HEADING.match(block):
                close()
                out.append(block)
                continue
            height, text = room(block)
            # A line that names what follows it stays with that.
            if part and rem + chars / PHONE_LINE > FULL and not part[-1].startswith('<p class="entry"'):
                close()
            if live != bool(_LIVE.search(block)):
                close()
                live = not live
            part.append(block)
            rem += height
            chars += text
    except ValueError:
        return html
    close()
    return "".join(out)


def blocks(html: str) -> Iterator[str]:
    """The outermost elements, each with the white space behind it. Raises ValueError where they do not nest."""
    start, open_ = 0, list[str]()
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        if tag[1]:
            if not open_ or open_.pop() != name:
                raise ValueError(f"</{name}> closes what is not open")
        elif name not in _VOID and not tag[4]:
            open_.append(name)
        if not open_:
            end = tag.end()
            while end < len(html) and html[end].isspace():
                end += 1
            yield html[start:end]
            start = end
    if open_ or html[start:].strip():
        raise ValueError("an element is not closed, or text stands outside all of them")


def room(block: str) -> tuple[float, float]:
    """What a block will take: rem that it has at every width, and characters of running text."""
    rem, chars = 0.0, 0.0
    while _FOLDED.search(block):
        block, folded = _FOLDED.subn("", block)
        rem += 3 * folded
    rem += 3.5 * block.count("<form")
    block = _HIDDEN_TAB.sub("", block)
    rem += sum(_height(picture[0]) for picture in _PICTURE.finditer(block))
    block = _PICTURE.sub("", block)
    for later in _LATER.finditer(block):
        height, text = _drawn(later[2], unescape(later[3]))
        rem += height
        chars += text
    block = _LATER.sub("", block)
    rem += 1.2 * len(_BLOCK.findall(block))
    return rem, chars + len(unescape(" ".join(_MARKUP.sub("", block).split())))


def _height(picture: str) -> float:
    """rem of a picture that is shown at its own size."""
    view = _VIEW.search(picture)
    return float(view[2]) / 20 if view else 1.0


def _drawn(kind: str, source: str) -> tuple[float, float]:
    """The room of what a placeholder stands for."""
    lines = [line for line in source.splitlines() if line.strip()]
    if kind == "matrix":
        return 1.3 + min(40, 1.16 * (len(lines) - 1)), 0
    if kind == "worked":
        words = [line for line in lines if "{" in line or line.lstrip().startswith(":")]
        return 1.2 + 0.9 * len(words), 1.05 * sum(len(_BINDING.sub("", line)) for line in words)
    if kind == "display":
        return 1.2 + 2.2 * (1 + source.count(r"\\")), 0
    if kind == "picture":
        return 3 + _height(source), 0
    if kind == "facts":
        return 1.6 * len(lines), 0
    if kind == "drawn":  # code, or a number in a sentence
        code = source.startswith("<div")
        return (1 + 0.95 * source.count("\n"), 0) if code else (0, len(_MARKUP.sub("", source)))
    return 0, min(len(source), 4 + len(source) / 3)  # a formula in a line: commands are longer than their signs
