"""What a template can say: everything that a page may show of the ledger, as methods of `Page`.

A template holds words and formulas. What it says of numbers, sizes and words of the sentence it asks of its page.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from decimal import Decimal
from types import ModuleType
from typing import TYPE_CHECKING, Any

from calc import export_program, trials, witness
from calc.along import FILE, Along
from calc.ledger import Entry
from calc.race import Race
from calc.tokenizer import SPECIAL
from render import claims, latex, markup, trainer, verified
from render.beside import Beside
from render.byte_pairs import BytePairPage
from render.course_page import CoursePage
from render.digits import Digits, whole, written
from render.exercises import Exercises
from render.figures.here import here
from render.figures.pictures import Pictures
from render.figures.recorded import Recorder
from render.figures.step_map import step_map
from render.links import Links
from render.listing import function, whole_file
from render.places import address, in_layer, layer_of
from render.tables import MEANING, Tables
from render.word_page import WordPage
from render.words import inert, token
from render.writing_page import WritingPage

if TYPE_CHECKING:
    from render.pages import Site

TRUST = "trust.md"
LAST_BITS = 1e-11  # how far values may be apart between machines, relative to an array's largest entry
UNWORKED = ("given", "count", "one_hot", "causal_mask", "identity")  # the formula says all there is
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class Page:
    """What a template can say. `at` is the worked cell: an index for each axis letter. `run_name` names another run
    than the walk's step (render/runs.py)."""

    run_name = ""

    def __init__(self, site: Site, path: str) -> None:
        self.site, self.path = site, path
        self.ledger, self.config, self.at = site.ledger, site.config, site.at
        self.digits, self.tables, self.worker = site.digits, site.tables, site.worker
        self.shown: list[str] = []
        self.anchored: set[str] = set()
        self.cut: set[str] = set()  # shown by a corner, and whole in the reference
        self.claims = self.pictures = 0
        self.pic, self.recorder = Pictures(self), Recorder()
        self.links, self.beside = Links(self), Beside(self)
        exercises = Exercises(self)
        self.try_it, self.ask, self.posed = exercises.try_it, exercises.ask, exercises.posed
        self.bpe, self.cut_up = BytePairPage(self), WordPage(self)
        self.course, self.writes = CoursePage(self), WritingPage(self)

    def vocabulary(self) -> dict[str, Any]:
        """The names that templates can use: what is public here, and every claim."""
        own = {name: getattr(self, name) for name in dir(self) if not name.startswith("_")}
        said = {name: f for name, f in vars(claims).items() if inspect.isfunction(f) and not name.startswith("_")}
        return said | own | {"led": self.ledger, "plain": inert, "special": SPECIAL, "notes": self.config.notes}

    @property
    def parameters(self) -> list[Entry]:
        """Every parameter, in the order of the model."""
        return [entry for entry in self.ledger if entry.attrs.get("parameter")]

    def claim(self, holds: bool, what: str) -> str:
        """Nothing where the claim holds; otherwise the build fails with its words. Claims are counted."""
        self.claims += 1
        return claims.claim(holds, what)

    @property
    def live(self) -> bool:
        """Whether pages compute the step again, in the browser."""
        return export_program.replayed(self.ledger, self.config)

    def trainer(self) -> str:
        """The fields and buttons of the model that learns in the page."""
        return trainer.tool(self)

    # --- entries ---

    def e(self, name: str) -> Entry:
        """An entry by its name."""
        return self.ledger[name]

    def w(self, name: str, layer: int | None = None) -> Entry:
        """An entry of the worked layer, or of another one, by the rest of its name: w("attention.scores")."""
        number = self.layer if layer is None else layer
        head, dot, rest = name.partition("backward.")
        return self.ledger[f"backward.layers.{number}.{rest}" if dot and not head else f"layers.{number}.{name}"]

    def grad(self, entry: Entry) -> Entry:
        """The gradient of the loss with respect to an entry."""
        return self.ledger[f"grad.{entry.name}"]

    def via(self, entry: Entry, consumer: str) -> Entry:
        """The part of an entry's gradient that comes by way of one consumer."""
        return self.ledger[f"grad.{entry.name}.via.{consumer}"]

    @property
    def layer(self) -> int:
        """The worked layer."""
        return self.config.worked.layer

    @property
    def others(self) -> list[int]:
        """The layers that are not the worked one."""
        return [i for i in range(self.config.model.layers) if i != self.layer]

    @property
    def layers_word(self) -> str:
        """How prose names the worked layer where there are several, with a leading space; empty where there is one."""
        return f" of layer {self.layer}" if self.others else ""

    def place(self, entry: Entry) -> str:
        """The entry's place in the reference, as a link of this page."""
        return self._up() + address(entry)

    # --- showing ---

    def show(self, entry: Entry, *, formula: bool = True, work: bool = True, table: bool = True, **at: int) -> str:
        """An entry in full: its name and shape, the rule for its cells, the worked cell, and its values."""
        work = work and entry.op not in UNWORKED
        parts = [self._caption(entry)]
        if formula and entry.op not in ("given", "count"):
            parts.append(self.rule(entry))
        if work:
            parts.append(self.worked(entry, **at))
        if table and (entry.axes or not work):
            parts.append(self.table(entry))
        return "\n\n".join(p for p in parts if p)

    def table(self, entry: Entry) -> str:
        """The entry's values: a table, or one a head. The same of the other layers stands folded below."""
        self._mark(entry)
        parts = self._tables(entry)
        for layer in self.others if layer_of(entry) == self.layer else []:
            other = in_layer(self.ledger, entry, layer)
            if other is not None and other.stage == entry.stage:
                self._mark(other)
                body = "\n\n".join([self._caption(other), *self._tables(other, self._folded_tables())])
                parts.append(f'??? note "Layer {layer}"\n\n' + markup.indented(body))
        return "\n\n".join(parts)

    def _folded_tables(self) -> Tables:
        """How tables of the layers that are not worked are shown."""
        return self.site.folded_tables

    def _tables(self, entry: Entry, tables: Tables | None = None) -> list[str]:
        if not entry.axes:
            return [f"{self.sym(entry)} = {self.num(entry)}"]
        parts: list[str] = []
        tables = tables or self.tables
        several = tables.several(entry)
        few = tables is not self.tables and several > 1 and entry.value.size > tables.largest
        fences = tables.fences(entry, most=1 if few else None)
        if tables.shortened(entry) or few:
            of = f"the first of {self.spelled(several)} tables" if few else "the table"
            shown = f"a corner of {of}" if tables.shortened(entry) else of
            file = f"[a file]({self._up()}{self._file(entry)})"
            if not self.run_name and not self.tables.shortened(entry):  # the reference has the walk's step alone
                self.cut.add(entry.name)
                file = f"[the ledger]({self.place(entry)}) and in {file}"
            parts.append(f"This is {shown}; all of `{entry.name}` is in {file}.")
        for i, fence in enumerate(fences):
            if several > 1:
                parts.append(f"Head {i}")
            parts.append(fence)
        return parts

    def rule(self, entry: Entry) -> str:
        """The formula for every cell, as a displayed equation; nothing for a number that is written as its formula."""
        rule = latex.rule(self.ledger, entry)
        return f"$$\n{rule}\n$$" if " = " in rule else ""

    def worked(self, entry: Entry, **at: int) -> str:
        """The worked cell of an entry, or the cell at other indices, with all its terms."""
        if not entry.axes:
            self._mark(entry)
        index = self.index(entry, at)
        place = self.where(entry, **at)
        lead = f"At {place}:\n\n" if place else ""
        return lead + self.worker.fence(entry, index)

    def num(self, entry: Entry, **at: int) -> str:
        """One number of the ledger in a sentence."""
        index = self.index(entry, at)
        if not entry.axes:
            self._mark(entry)
        return markup.number(self.digits.text(entry, index), entry.name, index)

    def val(self, entry: Entry, **at: int) -> float:
        """One number of the ledger, to decide what a sentence says."""
        return float(entry.value[self.index(entry, at)])

    @property
    def itself(self) -> Page:
        """The walk's own step, where a template speaks of it in turn with other runs."""
        return self

    def run(self, name: str) -> Page:
        """Another run of the model, to be shown like the walk's step: run("step-2")."""
        from render.runs import Run

        return Run(self, self.site.others.get(name))

    def ran(self, *names: str) -> bool:
        """Whether these runs can be shown, whatever the configuration's rates make of them."""
        return all(map(self.site.others.ran, names))

    @property
    def races(self) -> Race:
        """Trainings of the walk's sentence by other optimizers and at other rates."""
        return self.site.others.race

    @property
    def planted(self) -> ModuleType:
        """The runs with planted errors, and the checks that they were shown to."""
        return trials

    def digits_of(self, run: str, name: str, at: tuple[int, ...] = ()) -> str:
        """The digits of one number of a run with a planted error."""
        digits = self.site.runs.setdefault(run, Digits(trials.run(run), self.config))
        return digits.text(digits.ledger[name], at)

    def num_of(self, run: str, name: str, at: tuple[int, ...] = ()) -> str:
        """One number of a run with a planted error, in a sentence."""
        return markup.number(self.digits_of(run, name, at), name, at, trials.file_name(run))

    def num_along(self, name: str) -> str:
        """One number of the run that goes on where the step ends, in a sentence."""
        if FILE not in self.site.runs:
            self.site.runs[FILE] = Digits(self.along.ledger, self.config)
        text = self.site.runs[FILE].text(self.along.ledger[name])
        return markup.number(text, name, ledger=FILE)

    @property
    def along(self) -> Along:
        """The run that goes on where the step ends, and the loss on the way there."""
        return self.site.along

    def rule_of(self, run: str, name: str) -> str:
        """The formula of an entry of such a run, as a displayed equation."""
        ledger = trials.run(run)
        return f"$$\n{latex.rule(ledger, ledger[name])}\n$$"

    def sym(self, entry: Entry) -> str:
        """The entry's symbol, inline."""
        return f"${entry.symbol}$"

    def shape(self, entry: Entry) -> str:
        """The entry's axes and their lengths, T × D = 6 × 16, which may break before the equals sign; T = 6 not."""
        if not entry.axes:
            return "a single number"
        times, before = "\u00a0×\u00a0", " " if len(entry.axes) > 1 else "\u00a0"
        return f"{times.join(entry.axes)}{before}=\u00a0{times.join(map(str, entry.shape))}"

    def code(self, module: str, name: str) -> str:
        """A function of the engine, as it ran."""
        return self.links.fence(function(module, name), name)

    def source(self, path: str) -> str:
        """A whole file of the project, as it ran."""
        return whole_file(path)

    def whole(self, number: int) -> str:
        """A whole number in a sentence."""
        return whole(number)

    def bound(self, bound: float = witness.BOUND) -> str:
        """A bound as a formula; without a number, the one of the complex step."""
        mantissa, power = f"{bound:e}".split("e")
        return f"$10^{{{int(power)}}}$" if float(mantissa) == 1 else rf"${float(mantissa):g} \cdot 10^{{{int(power)}}}$"

    def last_bits(self) -> str:
        """How far the tests let values be apart between kernels, processors' features and NumPy versions."""
        return self.bound(LAST_BITS)

    def torch(self) -> verified.Result | None:
        """What `make verify` found for this configuration, or None where it has not been run for it."""
        return self.site.verified

    def map(self, lit: str = "") -> str:
        """The map of the whole step, with one page's part lit."""
        up = "" if self.path == "index.md" else "../" + self._up()  # a page is a folder in the site's addresses
        return step_map(self.ledger, self.config, up, lit)

    def here(self) -> str:
        """The small map under this page's title, its part lit."""
        return here(self.ledger, self.config, "../" + self._up(), self.path.removesuffix(".md"))

    # --- words ---

    def n(self, axis: str) -> int:
        """The length of an axis, or "L" for the number of layers."""
        return self.config.model.layers if axis == "L" else self.ledger.sizes[axis]

    def sentence(self) -> str:
        """The whole text, word by word."""
        return " ".join(token(word, position) for position, word in enumerate(self.tables.tokens))

    def tok(self, position: int) -> str:
        """The sentence's word at a position."""
        return token(self.tables.tokens[position], position)

    def word(self, number: int) -> str:
        """The vocabulary's word with that number."""
        return token(self.tables.words[number])

    def position(self, index: int) -> str:
        """A position with its word, for sentences: position 2, `sat`."""
        return f"position {index}, {self.tok(index)}"

    def plural(self, number: int, singular: str, several: str = "") -> str:
        """1 head, 2 heads."""
        return f"{number} {singular if number == 1 else several or singular + 's'}"

    def spelled(self, number: int, singular: str = "", several: str = "") -> str:
        """The number as a word where it is small: two heads."""
        word = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
        return word if not singular else f"{word} {singular if number == 1 else several or singular + 's'}"

    def series(self, items: list[Any]) -> str:
        """Items one after the other in a sentence: a, b and c."""
        *first, last = map(str, items)
        return f"{', '.join(first)} and {last}" if first else last

    def where(self, entry: Entry, **at: int) -> str:
        """The place of a cell in words: head 0, query 2 `sat`, key 1 `cat`."""
        index = dict(zip(entry.axes, self.index(entry, at), strict=True))
        words = []
        for axis, i in index.items():
            match axis:
                case "T":
                    place = i + self.tables.first
                    words.append(f"{'query' if 'S' in index else 'position'} {place} {self.tok(place)}")
                case "S" | "S'":
                    words.append(f"key {i} {self.tok(i)}")
                case "V" | "V'":
                    words.append(f"word {i} {self.word(i)}")
                case "P":
                    words.append(f"row {i} of the position table")
                case _:
                    words.append(self._meaning(axis, i))
        return ", ".join(words)

    def _meaning(self, axis: str, i: int) -> str:
        """A place on an axis that has no words: feature 3."""
        return f"{MEANING[axis]} {i}"

    # --- the rest ---

    def rest_of(self, *stages: str) -> str:
        """What the page has not shown of these stages, each with its formula and its values, folded."""
        missing = [
            entry for entry in self.ledger
            if entry.stage in stages and entry.name not in self.shown and layer_of(entry) in (None, self.layer)
        ]  # fmt: skip
        parts = []
        for entry in missing:
            body = self.show(entry)
            parts.append(f'??? note "`{entry.name}`"\n\n' + markup.indented(body))
        return "\n\n".join(parts)

    def folded(self, *entries: Entry, other: bool = False) -> str:
        """Tables alone, indented for the body of a folded note; of another layer, small like all its tables."""
        parts = []
        for entry in entries:
            self._mark(entry)
            parts += [self._caption(entry), *self._tables(entry, self._folded_tables() if other else None)]
        return markup.indented("\n\n".join(parts))

    def listed(self, entries: list[Entry]) -> str:
        """Their names, one after the other."""
        return ", ".join(f"`{entry.name}`" for entry in entries)

    def counted(self) -> list[str]:
        """The stages whose operations are counted, in order, with their total last."""
        start, end = "facts.operations.", ".multiplications"
        return [
            e.name[len(start) : -len(end)] for e in self.ledger if e.name.startswith(start) and e.name.endswith(end)
        ]

    def rest(self) -> dict[str, list[Entry]]:
        """By stage, the entries that neither this page nor one before it shows."""
        rest: dict[str, list[Entry]] = {}
        for entry in self.ledger:
            if entry.name not in self.site.shown and entry.name not in self.shown:
                rest.setdefault(entry.stage, []).append(entry)
        return rest

    # --- inner ---

    def index(self, entry: Entry, at: Mapping[str, int]) -> tuple[int, ...]:
        """The worked cell of an entry, or the cell at other indices. KeyError for an axis that it lacks."""
        unknown = set(at) - set(entry.axes)
        if unknown:
            raise KeyError(
                f"{entry.name} has no axis {', '.join(sorted(unknown))}; its axes are {' '.join(entry.axes)}"
            )
        return tuple(at[axis] if axis in at else self.at[axis] for axis in entry.axes)

    def _caption(self, entry: Entry) -> str:
        if entry.name in self.anchored:
            return f'{self._name_line(entry)}\n{{ .entry data-entry="{entry.name}" }}'
        self.anchored.add(entry.name)
        link = f'<a class="permalink" href="#{entry.name}" aria-label="Link to {entry.name}"></a>'
        return f'{self._name_line(entry)}{link}\n{{ .entry #{entry.name} data-entry="{entry.name}" }}'

    def _name_line(self, entry: Entry) -> str:
        line = f"{self.sym(entry)}\u00a0· [`{entry.name}`]({self.place(entry)})\u00a0· {self.shape(entry)}"
        aside = [self.links.line(entry, ":".join(map(str, entry.source)))] if entry.op != "given" else []
        if entry.name in self.site.witnessed:
            found = self.torch()
            ways = "three ways" if found and entry.name in found.errors else "two ways"
            held = f"✓ {ways}, within {written(Decimal(repr(witness.BOUND)))}"
            aside.append(f"[{held}]({self._up()}{TRUST}#gradients)")
        told = "\u00a0· ".join(aside)  # so that no line begins with the dot
        return f"{line}\u00a0· <small data-search-exclude>{told}</small>" if aside else line

    def _file(self, entry: Entry) -> str:
        """The smallest file of the site that holds all of the entry."""
        return f"data/csv/{entry.name}.csv" if self.site.reference.has_files else "data/ledger.npz"

    def _mark(self, entry: Entry) -> None:
        if entry.name not in self.shown:
            self.shown.append(entry.name)

    def _up(self) -> str:
        return "../" * self.path.count("/")
