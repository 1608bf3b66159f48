"""Other runs of the model than the walk's step: later steps, the trained model, and what else pages print beside it.

Each is a ledger of its own, with the same names. Its numbers are bound to the site's data/NAME.npz, and what made them
is in data/NAME.program.json, which the explorer reads.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from calc import export, export_program, later, pace, rivals, too_fast, two_gradients
from calc.course import Course
from calc.ledger import Entry, Ledger, NotFinite
from calc.race import Race
from render import corpus_runs, markup, writing_runs
from render.digits import Digits
from render.page import Page
from render.places import address
from render.tables import SMALL_CORNER, Tables
from render.words import token
from render.worked import Worker

if TYPE_CHECKING:
    from render.pages import Site

BEFORE = "As the step before left it."
EMPTY = "At the first step nothing has been gathered, so it is 0."
LOSSES = "The losses of a training from the same start."
WORST = "As the training had it when its loss was largest."


class Made(NamedTuple):
    """A run's ledger; the words on its axis of positions, where they are not the sentence's; what the explorer says of
    axes and inputs that the walk lacks (calc/export_program.py); and the position of the first row along T."""

    ledger: Ledger
    tokens: tuple[str, ...] | None = None
    own: Mapping[str, Any] = {}
    first: int = 0


class Other:
    """A run's ledger, its digits, tables and worked lines."""

    def __init__(self, site: Site, name: str, made: Made) -> None:
        self.name, self.ledger, self.own = name, made.ledger, made.own
        self.digits = Digits(made.ledger, site.config)
        self.tables = Tables(self.digits, site.config, run=name)
        self.folded_tables = Tables(self.digits, site.config, site.config.display.largest_folded, SMALL_CORNER, name)
        for tables in (self.tables, self.folded_tables):
            tables.tokens, tables.first = list(made.tokens or tables.tokens), made.first
        self.worded = made.tokens is not None
        self.worker = Worker(self.digits, site.config.display.longest_sum, name)


class Runs:
    """The other runs of a site, each made when a page first asks for it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._found: dict[str, Other] = {}
        self._ran: dict[str, bool] = {}

    def ran(self, name: str) -> bool:
        """Whether the run of that name can be shown: some training ends in numbers that float64 does not hold."""
        if name not in self._ran:
            try:
                self._ran[name] = bool(self.get(name))
            except NotFinite:
                self._ran[name] = False
        return self._ran[name]

    def get(self, name: str) -> Other:
        """The run of that name. KeyError where there is none."""
        if name not in self._found:
            if name not in MAKERS:
                raise KeyError(f"no run {name!r}; there are {', '.join(MAKERS)}")
            self._found[name] = Other(self._site, name, MAKERS[name](self._site))
        return self._found[name]

    @cached_property
    def race(self) -> Race:
        """Trainings from the same start by other optimizers and at other rates."""
        return Race(self._site.config)

    @cached_property
    def course(self) -> Course:
        """The run over the corpus."""
        return Course(self._site.config)

    @cached_property
    def writing(self) -> writing_runs.Writing:
        """What the trained model writes."""
        return writing_runs.writing(self._site)

    def files(self) -> dict[str, bytes]:
        """The files of the runs that pages asked for, by their paths among the site's pages."""
        found: dict[str, bytes] = {}
        for name, run in self._found.items():
            file, asked = io.BytesIO(), run.digits.asked()
            export.pack({e.name: run.digits.exact.nearest(e) for e in run.ledger if e.name in asked}, file)
            program = export_program.text(run.ledger, self._site.config, fixed=True, own=run.own)
            found |= {f"data/{name}.npz": file.getvalue(), f"data/{name}.program.json": program.encode()}
        return found


class Run(Page):
    """What a template can say of another run, as it says it of the walk's step: run("step-2").table(...)."""

    def __init__(self, page: Page, other: Other) -> None:
        self.__dict__.update(page.__dict__)  # its path, its words and what it counts
        self._page, self._other, self.run_name = page, other, other.name
        self.ledger, self.digits, self.tables, self.worker = other.ledger, other.digits, other.tables, other.worker
        sizes = other.ledger.sizes
        self.at = {axis: min(i, sizes[axis] - 1) for axis, i in page.at.items() if axis in sizes}
        self.shown, self.anchored, self.cut = [], set(), set()  # the walk's own stay as they are

    def _folded_tables(self) -> Tables:
        return self._other.folded_tables

    def num(self, entry: Entry, **at: int) -> str:
        index = self.index(entry, at)
        return markup.number(self.digits.text(entry, index), entry.name, index, self.run_name)

    def tok(self, position: int) -> str:
        # Words of its own do not follow those of the sentence, which a reader may change.
        return token(self.tables.tokens[position]) if self._other.worded else super().tok(position)

    def _meaning(self, axis: str, i: int) -> str:
        place = self._other.own.get("places", {}).get(axis)
        if place is None:
            return super()._meaning(axis, i)
        return f"{place['word']} {place['labels'][i] if 'labels' in place else i}"

    def _caption(self, entry: Entry) -> str:
        name = f"`{entry.name}`"
        if entry.name in self.site.ledger:
            name = f"[{name}]({self._up()}{address(self.site.ledger[entry.name])})"
        return f"{self.sym(entry)}\u00a0· {name}\u00a0· {self.shape(entry)}\n{{ .entry }}"

    def _file(self, entry: Entry) -> str:
        return f"data/{self.run_name}.npz"


def _step(number: int) -> Callable[[Site], Made]:
    def make(site: Site) -> Made:
        ledger = later.recorded(site.config, later.starts(site.config, (number,))[number])
        carried = (entry.name for entry in ledger if entry.attrs.get("carried"))
        return Made(ledger, own={"origins": dict.fromkeys(carried, BEFORE)})

    return make


def _two_gradients(site: Site) -> Made:
    ledger = two_gradients.of(site.ledger, site.others.get("step-2").ledger, "w_out")
    origins = {f"gradients.{which}": f"The gradient of the {which} step." for which in ("first", "second")}
    origins |= {"curve.first": "A first gradient of one.", "curve.second": "A second one of every size around it."}
    return Made(ledger, own={"places": {"R": {"word": "point"}}, "origins": origins})


def _pace(site: Site) -> Made:
    ledger = pace.of(site.config)
    places = {"N": {"word": "step", "labels": [str(n + 1) for n in range(ledger.sizes["N"])]}}
    origins = {f"pace.{name}": "Taken of every step, over all parameters." for name in pace.CARRIED}
    return Made(ledger, own={"places": places, "origins": origins})


def _rivals(site: Site) -> Made:
    return _raced(rivals.ledger(site.config, site.others.race))


def _too_fast(site: Site) -> Made:
    return _raced(too_fast.ledger(site.config, site.others.race))


def _raced(ledger: Ledger) -> Made:
    """A run that holds losses of trainings, on axes of their own."""
    labels = {axis: [str(n) for n in range(size)] for axis, size in ledger.sizes.items() if axis[0] == "N"}
    places: dict[str, Any] = {axis: {"word": "steps made", "labels": those} for axis, those in labels.items()}
    places |= {"R": {"word": "point"}}
    origins = {e.name: LOSSES for e in ledger if e.name.startswith("losses.")}
    origins |= {e.name: EMPTY for e in ledger if e.name.endswith("_before")}
    origins |= {e.name: WORST for e in ledger if e.name.startswith("worst.") and e.attrs.get("carried")}
    return Made(ledger, own={"places": places, "origins": origins})


def _written(make: Callable[[Site], writing_runs.Told]) -> Callable[[Site], Made]:
    def made(site: Site) -> Made:
        return Made(*make(site))

    return made


def _over_the_corpus(make: Callable[[Site], tuple[Ledger, Mapping[str, Any]]]) -> Callable[[Site], Made]:
    def made(site: Site) -> Made:
        ledger, own = make(site)
        return Made(ledger, own=own)

    return made


MAKERS: dict[str, Callable[[Site], Made]] = {f"step-{number}": _step(number) for number in later.SHOWN} | {
    "two-gradients": _two_gradients, "pace": _pace, "optimizers": _rivals, "too-fast": _too_fast,
}  # fmt: skip
MAKERS |= {name: _over_the_corpus(make) for name, make in corpus_runs.MAKERS.items()}
MAKERS |= {name: _written(make) for name, make in writing_runs.MAKERS.items()}
