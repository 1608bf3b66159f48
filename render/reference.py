"""The ledger as a reference: a page for each part of it, and on it everything that is known of each entry."""

from __future__ import annotations

import io
import itertools
import math
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from calc import export, export_csv, export_json, witness
from calc.ledger import Entry
from calc.operations import OPERATIONS
from render import latex
from render.digits import written
from render.order import in_nav
from render.page import TRUST
from render.places import FOLDER, part
from render.statement import statement
from render.tables import MEANING, Tables, role

if TYPE_CHECKING:
    from render.pages import Site

MOST_CELLS = 160  # of one entry on its page; the walk and the files have the rest
CORNER = 8  # rows and columns of a larger table's corner
FILES = 1_000_000  # values of a ledger that a site offers as JSON and as one CSV file for each entry
TEMPLATE = f"{FOLDER}/part.j2"
EXAMPLES = Path(__file__).resolve().parent.parent / "templates" / FOLDER
KINDS = {
    "backward": "step of the backward pass", "unfolded": "step of the backward pass, the long way", "adamw": "update",
    "after": "forward value, after the step", "facts": "fact", "account": "fact", "blame": "fact", "primer": "fact",
}  # fmt: skip


class Part(NamedTuple):
    """One page: its name in addresses, the words that head it, and its entries in the ledger's order."""

    name: str
    title: str
    entries: list[Entry]

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.name}.md"

    @property
    def short(self) -> str:
        """The title under the heading of its stretch, which need not be said again."""
        lead = STRETCHES.get(self.name.partition("-")[0], ("", ""))[0]
        rest = self.title.removeprefix(lead).lstrip(":, ")
        return rest[0].upper() + rest[1:] if "." not in rest and "_" not in rest else rest

    @property
    def label(self) -> str:
        """The title as a label of a `facts` fence, which ends at its first colon."""
        return self.short.replace(":", ",")


class Used(NamedTuple):
    """An operation, and what it made in this ledger."""

    name: str
    cell: str
    entries: int
    example: Entry | None


@dataclass(frozen=True)
class Link:
    """An entry's place in the reference, as the built pages of the reference link to it."""

    entry: Entry

    def __str__(self) -> str:
        return f"[`{self.entry.name}`](../{part(self.entry)}/#{self.entry.name})"


class Reference:
    """What the pages of the reference say of a ledger."""

    def __init__(self, site: Site) -> None:
        self.site, self.ledger = site, site.ledger
        self.users = self.ledger.users()
        self.tables = Tables(site.digits, site.config)
        self.tables.largest, self.tables.corner = min(MOST_CELLS, self.tables.largest), CORNER
        self.has_files = sum(entry.value.size for entry in self.ledger) <= FILES
        grouped: dict[str, list[Entry]] = {}
        for entry in self.ledger:
            grouped.setdefault(part(entry), []).append(entry)
        self.parts = [Part(name, title(name, entries[0]), entries) for name, entries in grouped.items()]

    def pages(self) -> dict[str, str]:
        """Every page of the reference but its index, by its path."""
        around = zip([None, *self.parts[:-1]], self.parts, [*self.parts[1:], None], strict=True)
        return {this.path: self.site.page(this.path, TEMPLATE, ref=self, part=this, before=before, after=after)
                for before, this, after in around}  # fmt: skip

    def record(self, entry: Entry) -> Record:
        """What is known of one entry."""
        return Record(self, entry)

    def files(self) -> dict[str, str | bytes]:
        """The ledger as files: an archive, and where it is not too large JSON, and CSV for each entry."""
        numbers, config = export.values(self.ledger), self.site.config
        archive, text = io.BytesIO(), io.BytesIO()
        export.write(self.ledger, config, archive, numbers)
        if not self.has_files:
            return {"data/ledger.npz": archive.getvalue()}
        export_json.write(self.ledger, config, text, numbers)
        words = export_csv.words(config)
        tables = {f"data/csv/{e.name}.csv": export_csv.table(e, numbers[e.name], words) for e in self.ledger}
        return {"data/ledger.npz": archive.getvalue(), "data/ledger.json": text.getvalue()} | tables

    # --- what the index says ---

    @cached_property
    def operations(self) -> list[Used]:
        """The closed set of operations, each with how many entries it made and the first of them."""
        made: dict[str, list[Entry]] = {name: [] for name in OPERATIONS}
        for entry in self.ledger:
            made[entry.op].append(entry)
        return [Used(name, OPERATIONS[name].cell, len(by), by[0] if by else None) for name, by in made.items()]

    @property
    def groups(self) -> list[tuple[str, list[Part]]]:
        """The parts under a heading for each stretch of the step."""
        grouped: dict[str, list[Part]] = {}
        for this in self.parts:
            grouped.setdefault(heading(this.name), []).append(this)
        return list(grouped.items())

    @cached_property
    def way_back(self) -> list[Entry]:
        """From the gradient of the worked layer's query weights to the words of the sentence, by operands alone: the
        shortest way."""
        start = self.ledger[f"grad.layers.{self.site.config.worked.layer}.attention.w_q"]
        ways, seen = deque([[start]]), {start.name}
        while ways:
            way = ways.popleft()
            if way[-1].name == "inputs.tokens":
                return way
            for operand in way[-1].operands:
                if operand.name not in seen:
                    seen.add(operand.name)
                    ways.append([*way, operand])
        raise ValueError(f"no operand leads from {start.name} to inputs.tokens")

    def link(self, entry: Entry) -> str:
        """An entry's place, as the index of the reference links to it in a `facts` fence."""
        return f"[{entry.name}]({part(entry)}/#{entry.name})"

    def links(self, part: Part) -> str:
        """The places of all entries of a part, for the index."""
        return ", ".join(map(self.link, part.entries))

    def rule(self, entry: Entry) -> str:
        """The entry's formula for a cell of a Markdown table, where a vertical bar would end the cell."""
        return latex.rule(self.ledger, entry).replace("|", r"\vert ").strip()

    def source(self, name: str) -> str:
        """One of the examples that read the files."""
        return (EXAMPLES / name).read_text(encoding="utf-8").strip()

    # --- one entry's neighbours ---

    def counterparts(self, entry: Entry) -> Iterator[tuple[str, Entry]]:
        """The same tensor elsewhere in the step: a label, and the entry there."""
        name = entry.name
        of = re.fullmatch(r"grad\.(.+?)(?:\.via\.\w+)?", name)
        wanted = [("Gradient", f"grad.{name}")]
        if entry.attrs.get("parameter"):
            wanted += [(label, f"adamw.{name}.{kind}") for label, kind in
                       (("Mean gradient", "m"), ("Mean square", "v"), ("After AdamW", "new"))]  # fmt: skip
        if of:
            wanted += [("Gradient of", of[1]), ("Part of", f"grad.{of[1]}" if ".via." in name else "")]
        if name.startswith("adamw.") and name.endswith(".new"):
            wanted.append(("Before the step", name.removeprefix("adamw.").removesuffix(".new")))
        wanted += [("After the step", f"after.{name}"), ("Before the step", name.removeprefix("after."))]
        for label, other in wanted:
            if other and other != name and other in self.ledger:
                yield label, self.ledger[other]

    @cached_property
    def on_walk(self) -> dict[str, list[tuple[str, bool]]]:
        """The pages that show an entry, in the order of the walk, and whether the page has an anchor for it."""
        found: dict[str, list[tuple[str, bool]]] = {}
        for path in in_nav():
            visit = self.site.walk.get(path)
            for name in visit.shown if visit else ():
                found.setdefault(name, []).append((path, name in visit.anchored if visit else False))
        return found


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
        fences = self.reference.tables.fences(entry, most=max(1, MOST_CELLS // self._cells))
        places = itertools.product(*map(range, entry.shape[:-2]))
        words = [", ".join(f"{MEANING[axis]} {i}" for axis, i in zip(entry.axes, at, strict=False)) for at in places]
        return [(of.capitalize(), fence) for of, fence in zip(words, fences, strict=False)]

    @property
    def corner(self) -> bool:
        """Whether its tables show a corner only."""
        return bool(self.entry.axes) and self.reference.tables.shortened(self.entry)

    @property
    def several(self) -> int:
        """How many tables it has."""
        return int(self.entry.value.size // self._cells) if self.entry.axes else 0

    @property
    def _cells(self) -> int:
        return math.prod(self.entry.shape[-2:])

    @property
    def in_full(self) -> str:
        """The first page of the walk that shows all of it, as a link; empty where none does."""
        if self.site.tables.shortened(self.entry):
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


# ------------------------------------------------------------------------------------------------------- titles

STRETCHES = {  # the first word of a part's name: what heads its pages, and what the index calls all of them
    "backward": ("Backward", "Backward"),
    "unfolded": ("The long way", "Backward, the long way"),
    "adamw": ("AdamW", "AdamW"),
    "after": ("After the step", "After the step"),
    "facts": ("Facts", "Counts and other facts"),
    "account": ("The loss, accounted for", "The loss, accounted for"),
    "blame": ("Blame", "Blame by path"),
    "primer": ("Before you start", "Before you start"),
}
WORDS = {
    "inputs": "inputs, constants, and the parameters outside the layers",
    "qkv": "queries, keys, values",
    "multi-head": "heads joined, residual",
    "feed-forward": "feed-forward",
    "output": "output and loss",
    "ln-1": "layer norm before attention",
    "ln-2": "layer norm before the feed-forward",
    "ln-f": "the last layer norm",
    "ffn": "feed-forward",
    "gelu": "GELU",
    "gpt2": "GPT-2",
    "w-out": "the output weights",
    "one": "one weight",
    "q": "queries",
    "k": "keys",
    "v": "values",
}
REST = {"adamw": "rates", "facts": "the loss", "account": "all together", "blame": "all together"}  # parts of no tensor


def title(name: str, entry: Entry) -> str:
    """The words at the head of a part's page, of which `entry` is one."""
    head, _, rest = name.partition("-")
    lead = STRETCHES[head][0] if head in STRETCHES else ""
    if head == "adamw" and rest:
        return f"{lead}: {entry.name.removeprefix('adamw.').rpartition('.')[0]}"
    inside = re.fullmatch(r"(.*?)-?layer-(\d+)-?(.*)", rest if lead else name)
    words = filter(None, (inside[1], inside[3])) if inside else [rest if lead else name]
    layer = [f"layer {inside[2]}"] if inside else []
    plain = [WORDS.get(word, word.replace("-", " ")) for word in words if word] or [REST.get(head, "")]
    *first, last = filter(None, [lead, *layer, *plain])
    text = f"{', '.join(first)}: {last}" if first else last
    return text[0].upper() + text[1:]


def heading(name: str) -> str:
    """What the index calls the stretch of the step that a part belongs to."""
    head = name.partition("-")[0]
    return STRETCHES[head][1] if head in STRETCHES else "Forward"
