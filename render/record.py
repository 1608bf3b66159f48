"""What is known of one entry of the ledger, as its place in the reference says it."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from calc import witness
from calc.ledger import Entry
from calc.operations import OPERATIONS
from render import latex
from render.digits import written
from render.notation import composed
from render.page import TRUST
from render.places import part
from render.statement import statement
from render.tables import MEANING, Tables, role

if TYPE_CHECKING:
    from render.reference import Reference

MOST_CELLS = 160  # of one entry on its page; the walk and the files have the rest
KINDS = {
    "backward": "step of the backward pass", "unfolded": "step of the backward pass, the long way", "adamw": "update",
    "after": "forward value, after the step", "facts": "fact", "account": "fact", "blame": "fact", "primer": "fact",
}  # fmt: skip


@dataclass(frozen=True)
class Link:
    """An entry's place in the reference, as the built pages of the reference link to it."""

    entry: Entry

    def __str__(self) -> str:
        return f"[`{self.entry.name}`](../{part(self.entry)}/#{self.entry.name})"


class Record:
    """One entry's facts, as the lines of a `facts` fence say them, and its values."""

    def __init__(self, reference: Reference, entry: Entry) -> None:
        self.reference, self.entry, self.site = reference, entry, reference.site

    @cached_property
    def rule(self) -> str:
        """The formula for every cell, as a displayed equation, which begins with its symbol; empty where there is no
        more to say than the symbol."""
        if self.entry.op in ("given", "count"):
            return ""
        rule = latex.rule(self.reference.ledger, self.entry)
        return f"$$\n{rule}\n$$" if " = " in rule else ""

    @property
    def kind(self) -> str:
        """What kind of number it is."""
        entry = self.entry
        if entry.attrs.get("parameter"):
            return "parameter"
        if entry.op == "given":
            return "input"
        if role(entry) == "mask":
            return "mask of ones and zeros"
        if entry.name.startswith("grad."):
            return "part of a gradient" if ".via." in entry.name else "gradient"
        return KINDS.get(entry.stage.split(".")[0], "forward value")

    @property
    def axes(self) -> str:
        """Its axes in words: T position."""
        names = [f"{axis} {MEANING[axis]} ({n})" for axis, n in zip(self.entry.axes, self.entry.shape, strict=True)]
        return " × ".join(names)

    @property
    def made_by(self) -> str:
        """The operation in words, with its place in the list of operations."""
        return f"[`{self.entry.op}`](../#{self.entry.op}), {OPERATIONS[self.entry.op].cell}"

    @property
    def made_of(self) -> str:
        """Its operands in their order; those that are read with other letters say with which."""
        parts = []
        for operand, axes in zip(self.entry.operands, self.entry.operand_axes, strict=True):
            read = "" if axes == operand.axes else f" read as {' '.join(axes)}"
            parts.append(f"{Link(operand)}{read}")
        if self.entry.op == "count":
            known = self.reference.ledger
            parts = [str(Link(known[name])) for name in self.entry.attrs["parts"] if name in known]
        return ", ".join(parts)

    @property
    def used_by(self) -> str:
        """The entries that take it as an operand."""
        return ", ".join(str(Link(user)) for user in self.reference.users[self.entry.name])

    @property
    def counterparts(self) -> list[str]:
        """Its gradient, its AdamW result, itself after the step: a line each."""
        return [f"{label}: {Link(other)}" for label, other in self.reference.counterparts(self.entry)]

    @property
    def checked(self) -> str:
        """In which ways a gradient was found; empty for all that is no gradient, or only part of one."""
        if self.entry.name not in self.site.witnessed:
            return ""
        found = self.site.verified
        ways = ["by hand", "by the complex step"]
        if found and self.entry.name in found.errors:
            ways.append("by PyTorch")
        agree = f"{', '.join(ways[:-1])} and {ways[-1]}, which agree within {written(Decimal(repr(witness.BOUND)))}"
        return f"[{agree}](../../{TRUST.removesuffix('.md')}/#gradients)"

    @property
    def code(self) -> str:
        """Where the statement stands that made it, and that statement."""
        path, line = self.entry.source
        made = statement(path, line)
        return "\n".join([f"`{path}`, line {line}", *(f"    {text}" for text in made.text.splitlines())])

    @property
    def walk(self) -> str:
        """The pages of the walk that show it."""
        places = self.reference.on_walk.get(self.entry.name, [])
        return ", ".join(f"[{self._title(path)}]({self._built(path, anchored)})" for path, anchored in places)

    @property
    def csv(self) -> str:
        """Its values as a file."""
        return f"[`{self.entry.name}.csv`](../../data/csv/{self.entry.name}.csv)"

    @property
    def zeros(self) -> str:
        """How many of its cells are zero by mathematics; empty where none is declared so."""
        declared = self.entry.zeros
        if declared is None or not declared.any():
            return ""
        found = int(declared.sum())
        where = "in every cell" if found == declared.size else f"in {found} of its {declared.size} cells"
        return f"by mathematics, {where}"

    @cached_property
    def tables(self) -> list[tuple[str, str]]:
        """Its tables, as many as its page has room for: what each is of, where there are several, and the fence."""
        entry = self.entry
        if not entry.axes:
            return []
        most = None if self.whole else max(1, MOST_CELLS // self._cells)
        fences = self._drawn_by.fences(entry, most=most)
        places = itertools.product(*map(range, entry.shape[:-2]))
        words = [", ".join(f"{MEANING[axis]} {i}" for axis, i in zip(entry.axes, at, strict=False)) for at in places]
        return [(of.capitalize(), fence) for of, fence in zip(words, fences, strict=False)]

    @property
    def corner(self) -> bool:
        """Whether its tables show a corner only."""
        return bool(self.entry.axes) and self._drawn_by.shortened(self.entry)

    @property
    def several(self) -> int:
        """How many tables it has."""
        return self.site.tables.several(self.entry) if self.entry.axes else 0

    @property
    def whole(self) -> bool:
        """Whether all of it stands here: what the walk shows a corner of, and what has a letter of its own and is whole
        on no page of the walk."""
        entry = self.entry
        if entry.name in self.reference.cut:
            return True
        return bool(entry.axes) and bool(self.rule) and not composed(entry) and not self.in_full

    @property
    def _drawn_by(self) -> Tables:
        return self.site.tables if self.whole else self.reference.tables

    @property
    def _cells(self) -> int:
        return math.prod(self.entry.shape[-2:])

    @property
    def in_full(self) -> str:
        """The first page of the walk that shows all of it, as a link; empty where none does."""
        if self.site.tables.shortened(self.entry) or self.entry.name in self.reference.cut:
            return ""
        places = self.reference.on_walk.get(self.entry.name, [])
        if not places:
            return ""
        path, anchored = places[0]
        return f"[{self._title(path)}](../{path}{f'#{self.entry.name}' if anchored else ''})"

    def _title(self, path: str) -> str:
        return self.site.walk[path].title

    def _built(self, path: str, anchored: bool) -> str:
        """A page's address from a built page of the reference."""
        return f"../../{path.removesuffix('index.md').removesuffix('.md')}/".replace("//", "/") + (
            f"#{self.entry.name}" if anchored else ""
        )
