"""Which of the ledger's values decided a page's words.

A number in a sentence is bound to its place. The words around it ("the largest", "two of them", one of two
paragraphs) are not, and yet some are true of this step's numbers alone. So while a template is filled, it is heard
which values it looks at to decide; what it decides there carries them, by way of variables and loops too, to where it
is written. There the page's Markdown holds a comment, `<!--says layers.0.attention.weights[0,2,:]-->`, which
`spoken` turns into an attribute of the block that it stands in.

What holds for all numbers, such as shares that sum to 1, is not listened to. render/listening.py has the templates'
side of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from calc.ledger import Entry, Ledger

# Claims that look at values which another step's numbers may decide otherwise.
LOOKS = (
    "largest", "smallest", "strongest", "peak", "peak_at", "weakest", "all_zero", "nearly_one", "negatives", "repeats",
    "unread", "hits", "moved_by_one",
)  # fmt: skip
Found = dict[str, None]  # in the order of their finding

_MARK = re.compile("\x02(\\d+)\x03")
_FENCE = re.compile(r"^ *(```|~~~|\$\$)")
_CLOSED = re.compile(r"^ *#|^ *\{ .*\}$|^ *$|^ *(?:<%|<div|</div)")
_COMMENT = re.compile(r" ?<!--says ([^<>]*)-->")
_BLOCK = re.compile(r" ?<!--says ([^<>]*)-->|<(/?)(p|li|td|th|dt|dd|summary|figcaption)\b([^<>]*)>")


class Says:
    """What one page's template looks at, while it is filled."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._heard: Found = {}  # looked at, and not yet written down
        self._carried: dict[str, Found] = {}  # by the variable that was decided so
        self._marks: list[Found] = []

    def listening(self, vocabulary: Mapping[str, Any]) -> dict[str, Any]:
        """A template's vocabulary, listened to."""
        heard = {name: self._looking(vocabulary[name]) for name in LOOKS}
        value = vocabulary["val"]

        def val(entry: Entry, **at: int) -> float:
            found: float = value(entry, **at)
            self._hear(entry, [str(at.get(axis, vocabulary["at"].get(axis))) for axis in entry.axes])
            return found

        own = {
            "_mark": self._mark, "_start": self._start, "_drop": self._drop, "_value": self._value,
            "_carry": self._carry, "_gather": self._gather, "_use": self._use,
        }  # fmt: skip
        return {**vocabulary, **heard, "val": val, **own}

    def written(self, text: str) -> str:
        """The filled template, its marks as comments at the end of their lines; none where a line can take none."""
        lines, fence = [], ""
        for line in text.split("\n"):
            found = dict.fromkeys(name for m in _MARK.finditer(line) for name in self._marks[int(m[1])])
            line = _MARK.sub("", line)
            opens = _FENCE.match(line)
            if opens and not fence:
                fence = opens[1]
            elif opens and line.strip() == fence:
                fence = ""
            elif found and not fence and not _CLOSED.match(line):
                line = _with(line, f" <!--says {' '.join(_fewest(found))}-->")
            lines.append(line)
        return "\n".join(lines)

    # --- what the templates call ---

    def _looking(self, claim: Callable[..., Any]) -> Callable[..., Any]:
        def look(*of: Any, **fixed: int) -> Any:
            for entry in of:
                if isinstance(entry, Entry):
                    self._hear(entry, [str(fixed.get(axis, ":")) for axis in entry.axes])
            return claim(*of, **fixed)

        return look

    def _value(self, of: Any) -> Any:
        if isinstance(of, Entry):
            self._hear(of, [":"] * len(of.axes))
        return of.value

    def _hear(self, entry: Entry, index: list[str]) -> None:
        if self._ledger.find(entry.name) is entry:  # not of another run
            whole = all(i == ":" for i in index)
            self._heard[entry.name if whole else f"{entry.name}[{','.join(index)}]"] = None

    def _start(self) -> int:
        return len(self._heard)

    def _drop(self, start: int, value: Any) -> Any:
        """A value for which nothing that was heard since matters."""
        for name in list(self._heard)[start:]:
            del self._heard[name]
        return value

    def _carry(self, name: str, value: Any) -> Any:
        """A value for a variable, which carries from now on what decided it."""
        self._carried[name] = {}
        return self._gather(name, value)

    def _gather(self, name: str, value: Any) -> Any:
        """A value that is put to others, in a list or a namespace."""
        self._carried.setdefault(name, {}).update(self._heard)
        self._heard.clear()
        return value

    def _use(self, name: str, value: Any) -> Any:
        """A variable's value, and what decided it."""
        self._heard.update(self._carried.get(name, {}))
        return value

    def _mark(self) -> str:
        """A mark for what was heard and is written here; nothing where that is nothing."""
        if not self._heard:
            return ""
        self._marks.append(self._heard)
        self._heard = {}
        return f"\x02{len(self._marks) - 1}\x03"


def _with(line: str, comment: str) -> str:
    """The line with a comment at its end, inside of the last cell of a table's row."""
    bare = line.rstrip()
    row = bare.lstrip().startswith("|") and bare.endswith("|")
    return f"{bare[:-1].rstrip()}{comment} |" if row else bare + comment


def _fewest(found: Iterable[str]) -> list[str]:
    """Each once, without cells of what is named whole."""
    names = dict.fromkeys(found)
    return [name for name in names if "[" not in name or name.partition("[")[0] not in names]


def spoken(html: str) -> str:
    """A page's HTML, its comments turned into an attribute of the innermost block that they stand in."""
    if "<!--says " not in html:
        return html
    opened: list[re.Match[str]] = []
    said: dict[int, list[str]] = {}
    for found in _BLOCK.finditer(html):
        if found[1] is not None:
            if opened:
                said.setdefault(opened[-1].end() - 1, []).extend(found[1].split())
        elif not found[2]:
            opened.append(found)
        else:
            while opened and opened.pop()[3] != found[3]:
                pass
    for at in sorted(said, reverse=True):
        html = f'{html[:at]} data-says="{" ".join(_fewest(said[at]))}"{html[at:]}'
    return _COMMENT.sub("", html)
