"""What the explorer says of each entry beside its numbers: data/labels.json, read by assets/js/explorer/labels.js.

It goes with data/program.json, whose entries it counts through in the same order. What is alike for many entries
stands once, under `all`; `of` has its number for each entry, -1 where there is nothing to say:

    {"digest": "...", "axes": {"T": {"word": "position", "beside": {"S": "query"}, "words": "inputs.tokens"}, ...},
     "operations": {"dot": "sum of products", ...},
     "symbols": {"all": ["<math>...</math>", ...], "of": [...]}, "rules": ..., "meanings": ..., "origins": ...,
     "kinds": {"all": [["forward value", "value"], ...], "of": [...]},
     "sources": {"all": [["calc/attention.py", 26, "scores = led.put(...)", "forward/attention/#line-..."], ...], ...},
     "pages": [["forward/attention/", "Attention"], ...], "printed": {"all": [[[9, 1], ...], ...], "of": [...]},
     "parts": {"all": ["layer-0-attention", ...], "of": [...]},
     "stages": {"adamw": "AdamW's update", ...}, "update": [["grad.*", "gradient"], ...]}

In a symbol, each § is the place of an index; a rule is what stands behind its symbol and =. `printed` lists pages by
their number, and whether the page has an anchor of the entry's name. `update` are the names of what the optimizer
computes for a parameter, which stands for the star.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from calc.ledger import Entry
from calc.operations import OPERATIONS
from render import latex
from render.mathml import mathml
from render.notation import table
from render.order import in_nav
from render.origins import origin
from render.places import FOLDER, part
from render.record import Record
from render.statement import statement
from render.tables import MEANING, role

if TYPE_CHECKING:
    from render.pages import Site

PLACE = r"\S"  # where an index is put, as TeX
WORDS = {"T": "inputs.tokens", "S": "inputs.tokens", "S'": "inputs.tokens", "V": "", "V'": ""}  # axes with a word a row
NAMES = {"S": "key", "S'": "key", "P": "row", "V": "word", "V'": "word"}  # shorter than a table's corner has them
BESIDE = {"T": {"S": "query", "S'": "query"}}  # what an axis is called where it meets another
UPDATE = (
    ("grad.*", "gradient"), ("adamw.*.m", "running mean of the gradients"),
    ("adamw.*.v", "running mean of their squares"), ("adamw.*.m_hat", "mean, corrected for its start at zero"),
    ("adamw.*.v_hat", "mean square, corrected likewise"),
    ("adamw.*.direction", "direction: mean over root mean square"),
    ("adamw.*.step", "step: learning rate times direction"), ("adamw.*.kept", "weight after decay"),
    ("adamw.*.new", "new weight: decayed, less the step"),
)  # fmt: skip
STAGES = {  # the first word of a stage; the forward pass has one for each layer's part
    "inputs": "the inputs", "backward": "the backward pass", "unfolded": "the backward pass, the long way",
    "adamw": "AdamW’s update", "after": "the forward pass after the step", "facts": "counts and other facts",
    "account": "the loss, accounted for", "blame": "blame by path", "primer": "examples before the walk",
    "writing": "what was written", "sampling": "choosing a word", "cache": "the KV cache",
    "beginnings": "beginnings of sentences", "limit": "two words side by side", "": "the forward pass",
}  # fmt: skip


def labels(site: Site) -> str:
    """The file's text, with a line's end: the same for equal ledgers and pages."""
    return json.dumps(Labels(site).file(), ensure_ascii=False, separators=(",", ":")) + "\n"


class Labels:
    """What is known of the entries of a site's ledger, once its pages are rendered."""

    def __init__(self, site: Site) -> None:
        self.site, self.ledger = site, site.ledger

    def file(self) -> dict[str, Any]:
        """What the file holds."""
        return {
            "digest": self.site.config.digest(),
            "axes": {axis: self._axis(axis) for axis in self.ledger.sizes},
            "operations": {name: operation.cell for name, operation in OPERATIONS.items()},
            "symbols": self._drawn(self._symbol),
            "rules": self._drawn(self._rule),
            "meanings": self._column(self._meaning),
            "origins": self._column(lambda entry: origin(entry, self.site.config)),
            "kinds": self._column(lambda entry: (Record(self.site.reference, entry).kind, role(entry))),
            "sources": self._column(self._source),
            "pages": [(_built(path), self.site.walk[path].title) for path in self._walk],
            "printed": self._column(self._printed),
            "parts": self._column(part),
            "folder": f"{FOLDER}/",
            "stages": STAGES,
            "update": UPDATE,
        }

    def _column(self, said: Callable[[Entry], Any]) -> dict[str, list[Any]]:
        """What is said of each entry, each thing once."""
        values = [said(entry) for entry in self.ledger]
        numbers = {value: number for number, value in enumerate(dict.fromkeys(filter(None, values)))}
        return {"all": list(numbers), "of": [numbers.get(value, -1) for value in values]}

    def _drawn(self, tex: Callable[[Entry], str]) -> dict[str, list[Any]]:
        """The same of formulas, as MathML."""
        column = self._column(tex)
        return column | {"all": mathml(column["all"])}

    def _axis(self, axis: str) -> dict[str, Any]:
        """What an axis is called; `words` names the ids whose words its indices stand for, or none for the ids
        themselves."""
        plain = axis.rstrip("'")
        said: dict[str, Any] = {"word": NAMES.get(axis, MEANING.get(axis, MEANING[plain]))}
        if axis in BESIDE:
            said["beside"] = BESIDE[axis]
        if axis in WORDS:
            said["words"] = WORDS[axis]
        return said

    def _symbol(self, entry: Entry) -> str:
        return latex.indexed(self.ledger, entry, fixed=dict.fromkeys(entry.axes, PLACE))

    def _rule(self, entry: Entry) -> str:
        """The right side of the formula for every cell; empty where there is no more to say than the symbol."""
        right = "" if entry.op in ("given", "count") else latex.right_side(self.ledger, entry)
        return "" if right == latex.indexed(self.ledger, entry) else right

    @cached_property
    def _meanings(self) -> dict[str, str]:
        """The words of the notation's table, by entry. A row that speaks of several things at once is left out, and of
        gradients, which all are read alike."""
        names = [entry.name for entry in self.ledger]
        found: dict[str, str] = {}
        for row in (row for rows in table().values() for row in rows):
            if len({pattern.rpartition(".")[2] for pattern in row.names}) == 1 and not row.names[0].startswith("grad."):
                for pattern in row.names:
                    for name in fnmatch.filter(names, pattern):
                        found.setdefault(name, row.meaning.replace("$", "").replace("`", ""))
        return found

    def _meaning(self, entry: Entry) -> str:
        return self._meanings.get(entry.name.removeprefix("after."), "")

    def _source(self, entry: Entry) -> tuple[str, int, str, str]:
        path, line = entry.source
        return path, line, statement(path, line).text, self._listed(path, line)

    def _listed(self, path: str, line: int) -> str:
        """The address of a line of code on the first page that lists it; empty where none does."""
        for page in self._walk:
            anchor = self.site.walk[page].line(path, line)
            if anchor:
                return _built(page) + anchor
        return ""

    @cached_property
    def _walk(self) -> list[str]:
        return [path for path in in_nav() if path in self.site.walk]

    def _printed(self, entry: Entry) -> tuple[tuple[int, int], ...]:
        places = self.site.reference.on_walk.get(entry.name, [])
        return tuple((self._walk.index(path), int(anchored)) for path, anchored in places)


def _built(path: str) -> str:
    """A page's address from the site's root."""
    return path.removesuffix("index.md").removesuffix(".md") + ("" if path.endswith("index.md") else "/")
