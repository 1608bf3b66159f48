"""The fences that pages are written with, drawn as HTML: `matrix`, a table, `worked`, an equation, and `picture`.

They are formatters of pymdownx.superfences and know nothing of MkDocs or of the engine: all they have is
the fence's text, so a page's Markdown holds the very digits that a reader sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from pymdownx.superfences import SuperFencesException

from render.fact_list import draw_facts

MINUS_INFINITY = "−∞"
GAP = "…"
ROLES = ("value", "gradient", "update", "mask")
# A cell is tinted by its share of the table's largest magnitude: the first bound exceeded names the tint.
PHONE, SCREEN = 16, 20  # rem and lines that are sure to fit without scrolling
WIDE = 48.2  # rem of a page's column on a wide screen
HEAT = ((0.75, "5"), (0.5, "4"), (0.28, "3"), (0.12, "2"), (0.03, "1"))

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:×10⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
NUMBER = re.compile(f"−?{_DIGITS}")


class FenceError(SuperFencesException):
    """A fence is not written as its format says. (superfences swallows any other exception.)"""


def number(text: str) -> float:
    """The value of a printed number: a true minus sign, perhaps ×10 to a superscript power."""
    if text == MINUS_INFINITY:
        return float("-inf")
    if not NUMBER.fullmatch(text):
        raise FenceError(f"{text!r} is not a number")
    mantissa, _, power = text.replace("−", "-").replace(",", "").partition("×10")
    return float(f"{mantissa}e{power.translate(_SUPERSCRIPTS) or 0}")


# ---------------------------------------------------------------------------------------------------- matrix


@dataclass(frozen=True)
class Matrix:
    """A matrix fence's text, taken apart."""

    name: str
    slice: str
    role: str
    ledger: str
    shortened: bool
    row_axis: str
    column_axis: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]

    @classmethod
    def parse(cls, source: str) -> Matrix:
        """Raises FenceError, naming the matrix, where the text is no matrix."""
        lines = [line.split() for line in source.splitlines() if line.strip()]
        if len(lines) < 3 or len(lines[0]) < 2:
            raise FenceError("matrix: needs a line `NAME SLICE`, a line of column labels and at least one row")
        name, cut, *words = lines[0]
        options = {"role": "value", "ledger": "", "shortened": ""}
        for word in words:
            key, _, value = word.partition("=")
            if key not in options or (key == "role" and value not in ROLES):
                allowed = f"role={'|'.join(ROLES)}, ledger=NAME, shortened"
                raise FenceError(f"matrix {name}: {word!r} is none of {allowed}")
            options[key] = value or key
        corner, *columns = lines[1]
        row_axis, backslash, column_axis = corner.partition("\\")
        if not backslash or not column_axis:
            raise FenceError(f"matrix {name}: the corner is {corner!r}, not ROW_AXIS\\COLUMN_AXIS")
        rows = [(label, cells) for label, *cells in lines[2:]]
        for label, cells in rows:
            if len(cells) != len(columns):
                raise FenceError(f"matrix {name}, row {label}: {len(cells)} cells for {len(columns)} columns")
        return cls(
            name,
            cut,
            options["role"],
            options["ledger"],
            bool(options["shortened"]),
            row_axis,
            column_axis,
            columns,
            rows,
        )

    def index(self, row: str, column: str) -> str:
        """The full index, over all the axes, of the cell where these labels cross."""
        at = [label.partition("·")[0] for label in (row, column) if label != "·"]
        free = iter(at)
        index = [next(free, "?") if part == ":" else part for part in self.slice.split(",")]
        if "?" in index or next(free, None) is not None:
            raise FenceError(f"matrix {self.name}: slice {self.slice} does not fit the labels {row}, {column}")
        return ",".join(index)


def _header(label: str, scope: str) -> str:
    if label == GAP:
        return f'<th class="gap">{GAP}</th>'
    index, dot, word = label.partition("·")
    if not dot:
        return f'<th scope="{scope}">{escape(index)}</th>'
    if not word:  # the lone row of a vector: nothing to say, so no header to those who listen
        return f'<th scope="{scope}" role="none"></th>'
    return f'<th scope="{scope}"><small>{escape(index)}</small> {escape(word)}</th>'


def heat(value: float, largest: float) -> str:
    """The tint of a printed value: p1 to p5 above zero, n1 to n5 below, none near it."""
    if value == float("-inf"):
        return "masked"
    if largest > 0:
        for bound, step in HEAT:
            if abs(value) > bound * largest:
                return ("p" if value > 0 else "n") + step
    return ""


def _scrolls(m: Matrix) -> bool:
    """Whether a phone may have to scroll the table's box: then a keyboard must be able to come there."""
    widths = [max(map(len, column)) for column in zip(m.columns, *(cells for _, cells in m.rows), strict=True)]
    room = 0.36 * (max(len(label) for label, _ in m.rows) + sum(widths)) + 0.75 * (1 + len(widths))
    return room > PHONE or len(m.rows) > SCREEN


def _close(m: Matrix) -> bool:
    """Whether a table is a column or two wider than the text of a wide screen, so that closer columns let it fit."""
    places = {".": 0.16} | dict.fromkeys("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", 0.23)
    columns = zip(m.columns, *(cells for _, cells in m.rows), strict=True)
    widths = [max(sum(places.get(sign, 0.32) for sign in cell) for cell in column) for column in columns]
    room = max(0.36 * len(label) for label, _ in m.rows) + sum(widths) + 0.57 * (1 + len(widths))
    return 0.98 * WIDE < room < 1.16 * WIDE


FITS_ON_PAPER, COLUMNS_ON_PAPER = 11, 16  # characters in a cell and cells in a line, in print.css


def draw_matrix(source: str) -> str:
    """The text of a matrix fence as a heat-coloured, labelled table in a box of its own."""
    m = Matrix.parse(source)
    try:
        values = {cell: number(cell) for _, cells in m.rows for cell in cells if cell != GAP}
    except FenceError as error:
        raise FenceError(f"matrix {m.name}: {error}") from None
    largest = max((abs(v) for v in values.values() if v != float("-inf")), default=0.0)
    heats = {cell: heat(value, largest) for cell, value in values.items()}
    long = {cell: "long" if len(cell) > FITS_ON_PAPER and "×" not in cell else "" for cell in heats}
    classes = {cell: " ".join(filter(None, (tint, long[cell]))) for cell, tint in heats.items()}
    tints = {cell: f' class="{names}"' if names else "" for cell, names in classes.items()}

    ledger = f' data-ledger="{escape(m.ledger)}"' if m.ledger else ""
    where = "" if m.shortened else f' data-slice="{escape(m.slice)}"'
    name = escape(m.name)
    focus = f' tabindex="0" role="group" aria-label="{name}, scrolls"' if _scrolls(m) else ""
    axes = (f"{escape(m.row_axis)}&nbsp;↓ " if m.row_axis else "") + f"{escape(m.column_axis)}&nbsp;→"
    # The number of lines lets the browser keep the box's place before it has drawn it.
    html = [
        f'<div class="matrix-box {m.role}{" close" if _close(m) else ""}"{focus} style="--lines:{len(m.rows) + 1}">'
        f'<table class="matrix" aria-label="{name}" data-ref="{name}"{ledger}{where}>'
        f'<thead><tr><th class="corner">{axes}</th>'
    ]
    html += [_header(label, "col") for label in m.columns]
    html.append("</tr></thead><tbody>")
    for label, cells in m.rows:
        html.append(f"<tr>{_header(label, 'row')}")
        if m.shortened:
            for column, cell in zip(m.columns, cells, strict=True):
                if cell == GAP:  # a header, so that data cells hold numbers and nothing else
                    html.append(f'<th class="gap">{GAP}</th>')
                else:
                    html.append(f'<td{tints[cell]} data-index="{m.index(label, column)}">{cell}</td>')
        elif GAP in cells:
            raise FenceError(f"matrix {m.name}: a gap in a matrix that is not marked as shortened")
        elif len(m.rows) == 1 and len(cells) > COLUMNS_ON_PAPER:  # on paper each number says its column
            columns = zip(m.columns, cells, strict=True)
            html += [f'<td{tints[cell]} data-column="{escape(column)}">{cell}</td>' for column, cell in columns]
        else:
            html += [f"<td{tints[cell]}>{cell}</td>" for cell in cells]
        html.append("</tr>")
    html.append("</tbody></table></div>")
    return "".join(html)


# ---------------------------------------------------------------------------------------------------- worked

_ALIAS = re.compile(r"([A-Za-z]\w*) = ([A-Za-z_][^\s@]*)(?: @([\w-]+))?")
_BINDING = r"\{(?P<alias>[A-Za-z]\w*)(?: (?P<index>\d+(?:,\d+)*))?\}"
_TOKEN = re.compile(
    rf"(?<![\w.\-])(?P<number>−?(?:{_DIGITS}|∞)){_BINDING}|(?P<call>\b(?:frac|sqrt|power))\(|(?P<mark>[();])"
)


@dataclass
class Line:
    """One line of a worked equation, read from left to right."""

    text: str
    names: dict[str, tuple[str, str]]
    tokens: Iterator[re.Match[str]] = field(init=False)
    at: int = 0

    def __post_init__(self) -> None:
        self.tokens = _TOKEN.finditer(self.text)

    def draw(self) -> str:
        html, end = self._parts("")
        assert not end
        return html[0]

    def _parts(self, opened: str) -> tuple[list[str], bool]:
        """HTML up to the parenthesis that closes `opened`, cut at its semicolons; whether it was met."""
        parts, depth = [""], 0
        for token in self.tokens:
            parts[-1] += _words(self.text[self.at : token.start()], self.names)
            self.at = token.end()
            mark = token["mark"]
            if token["number"]:
                parts[-1] += self._number(token)
            elif token["call"]:
                parts[-1] += self._call(token["call"])
            elif mark == ";" and opened and not depth:
                parts.append("")
            elif mark == ")" and opened and not depth:
                return parts, True
            else:
                depth += {"(": 1, ")": -1}.get(mark, 0)
                parts[-1] += mark
        parts[-1] += _words(self.text[self.at :], self.names)
        self.at = len(self.text)
        return parts, False

    def _number(self, token: re.Match[str]) -> str:
        if token["alias"] not in self.names:
            raise FenceError(f"worked: {token[0]!r} names no line `{token['alias']} = NAME` of the fence")
        name, ledger = self.names[token["alias"]]
        index = f' data-index="{token["index"]}"' if token["index"] else ""
        ledger = f' data-ledger="{escape(ledger)}"' if ledger else ""
        return f'<span class="n" data-ref="{escape(name)}"{index}{ledger}>{token["number"]}</span>'

    def _call(self, call: str) -> str:
        parts, closed = self._parts(call)
        wanted = {"frac": 2, "power": 2, "sqrt": 1}[call]
        if not closed or len(parts) != wanted:
            raise FenceError(f"worked: {call}( is not closed, or its parts are not {wanted}: {self.text!r}")
        parts = [part.strip() for part in parts]
        if call == "sqrt":
            return f'<span class="radical">√<span>{parts[0]}</span></span>'
        if call == "power":
            return f"{parts[0]}<sup>{parts[1]}</sup>"
        # The slash is not seen; it keeps the two apart where the text is copied or read aloud.
        return f'<span class="frac"><span>{parts[0]}</span><i>/</i><span>{parts[1]}</span></span>'


def _words(text: str, names: dict[str, tuple[str, str]]) -> str:
    """Text between the numbers, with no-break spaces wherever a line must not be broken."""
    for unbound in re.finditer(_BINDING, text):
        if unbound["alias"] in names:
            raise FenceError(f"worked: no number stands before {unbound[0]!r}")
    text = re.sub(r" ([·×÷/]) ", "\u00a0\\1\u00a0", text)
    return escape(re.sub(r"([+−=≈]) ", "\\1\u00a0", text))


def _caption(text: str) -> str:
    """Words, with `code` in backticks."""
    parts = text.split("`")
    return "".join(f"<code>{escape(part)}</code>" if i % 2 else escape(part) for i, part in enumerate(parts))


def draw_worked(source: str) -> str:
    """The text of a worked fence as lines of plain HTML, each bound number tagged with its place."""
    lines = source.strip("\n").splitlines()
    names: dict[str, tuple[str, str]] = {}
    while lines and (alias := _ALIAS.fullmatch(lines[0].strip())):
        names[alias[1]] = (alias[2], alias[3] or "")
        del lines[0]
    if names and lines and lines[0].strip():
        raise FenceError(f"worked: a blank line is missing after the names, before {lines[0]!r}")
    html = []
    for text in filter(None, (line.strip() for line in lines)):
        if text.startswith(": "):
            html.append(f'<p class="caption">{_caption(text[2:])}</p>')
        else:
            html.append(f'<p class="line">{Line(text, names).draw()}</p>')
    if not html:
        raise FenceError("worked: no lines")
    return f'<div class="worked">{"".join(html)}</div>'


# ---------------------------------------------------------------------------------------------- placeholders


def draw_picture(source: str) -> str:
    """A picture is written as the HTML that it is."""
    return source


DRAW = {"matrix": draw_matrix, "worked": draw_worked, "picture": draw_picture, "facts": draw_facts}


def placeholder(kind: str, source: str, tag: str = "div", shown: str = "") -> str:
    """An element that holds its source in an attribute, where no search index looks."""
    attribute = escape(source).replace("\n", "&#10;")
    return f'<{tag} class="later" data-later="{kind}" data-source="{attribute}">{shown}</{tag}>'


def _formatter(kind: str, source: str, md: Any) -> str:
    return placeholder(kind, source) if getattr(md, "draws_later", False) else DRAW[kind](source)


def matrix(source: str, language: str, css_class: str, options: dict[str, str], md: Any, **_: Any) -> str:
    """pymdownx.superfences formatter of ~~~matrix."""
    return _formatter("matrix", source, md)


def worked(source: str, language: str, css_class: str, options: dict[str, str], md: Any, **_: Any) -> str:
    """pymdownx.superfences formatter of ~~~worked."""
    return _formatter("worked", source, md)


def picture(source: str, language: str, css_class: str, options: dict[str, str], md: Any, **_: Any) -> str:
    """pymdownx.superfences formatter of ~~~picture."""
    return _formatter("picture", source, md)


def facts(source: str, language: str, css_class: str, options: dict[str, str], md: Any, **_: Any) -> str:
    """pymdownx.superfences formatter of ~~~facts."""
    return _formatter("facts", source, md)
