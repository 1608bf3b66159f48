"""The ledger as a reference: a page for each part of it, and on it everything that is known of each entry."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from calc import export, export_csv, export_json
from calc.ledger import Entry
from calc.operations import OPERATIONS
from render import latex
from render.order import in_nav
from render.places import FOLDER, part
from render.record import MOST_CELLS, Record
from render.tables import Tables
from render.titles import STRETCHES, heading, title

if TYPE_CHECKING:
    from render.pages import Site

CORNER = 8  # rows and columns of a larger table's corner
FILES = 1_000_000  # values of a ledger that a site offers as JSON and as one CSV file for each entry
TEMPLATE = f"{FOLDER}/part.j2"
EXAMPLES = Path(__file__).resolve().parent.parent / "templates" / FOLDER


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


class Reference:
    """What the pages of the reference say of a ledger."""

    def __init__(self, site: Site) -> None:
        self.site, self.ledger = site, site.ledger
        self.users = self.ledger.users()
        self.tables = Tables(site.digits, site.config, MOST_CELLS, CORNER)
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
    def cut(self) -> frozenset[str]:
        """The entries of which a page of the walk shows a corner because it is here that they stand whole."""
        return frozenset().union(*(visit.cut for visit in self.site.walk.values()))

    @cached_property
    def on_walk(self) -> dict[str, list[tuple[str, bool]]]:
        """The pages that show an entry, in the order of the walk, and whether the page has an anchor for it."""
        found: dict[str, list[tuple[str, bool]]] = {}
        for path in in_nav():
            visit = self.site.walk.get(path)
            for name in visit.shown if visit else ():
                found.setdefault(name, []).append((path, name in visit.anchored if visit else False))
        return found
