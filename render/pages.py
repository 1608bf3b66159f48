"""Pages from templates: the rendering of all of them, and the data files beside them."""

from __future__ import annotations

import dataclasses
import html
import json
import platform
import re
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
from jinja2.exceptions import TemplateError

from calc import bpe, export_program, trials, witness
from calc.along import Along
from calc.config import Config
from calc.ledger import Ledger
from render import claims, explorer, listening, pieces, trainer, verified
from render.compiled import Compiled
from render.digits import Digits
from render.legend import legend
from render.notation import Notation
from render.page import TRUST, Page
from render.proof import kept
from render.reference import Reference
from render.runs import Runs
from render.says import Says
from render.tables import SMALL_CORNER, Tables
from render.tally import Tally, tally
from render.worked import DoesNotClose, Worker

# Listings keep their blank lines, which have numbers.
_SPACE = re.compile(r"(^ *```.*?^ *```$)|\n{3,}", re.MULTILINE | re.DOTALL)
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
# They speak of all other pages: where the rest of the ledger is, where things are first shown, what was counted.
LAST = ("summary.md", "notation.md", "ledger/index.md", TRUST)


@cache  # compiling the templates takes longer than filling them
def environment(folder: Path) -> jinja2.Environment:
    """The templates of a folder, with delimiters that do not occur in formulas."""
    made_of = [Path(file).read_text(encoding="utf-8") for file in (__file__, listening.__file__)]
    return listening.Environment(
        loader=jinja2.FileSystemLoader(folder), undefined=jinja2.StrictUndefined, autoescape=False,
        variable_start_string="<<", variable_end_string=">>", block_start_string="<%", block_end_string="%>",
        comment_start_string="<#", comment_end_string="#>", trim_blocks=True, lstrip_blocks=True,
        extensions=["jinja2.ext.do"], bytecode_cache=Compiled(made_of),
    )  # fmt: skip


class PageError(ValueError):
    """A page that cannot be rendered: its template, the line where that shows, and the cause."""


class Visit(NamedTuple):
    """What a page has shown: its title, the entries on it, those that it has an anchor for, those of which it has a
    corner and leaves the whole to the reference, and where it lists a line of code."""

    title: str
    shown: frozenset[str]
    anchored: frozenset[str]
    cut: frozenset[str]
    line: Callable[[str, int], str]


class Site:
    """What all pages share: the ledger, its digits, and which entries pages have shown."""

    def __init__(self, ledger: Ledger, config: Config) -> None:
        self.ledger, self.config = ledger, config
        self.digits = Digits(ledger, config)
        self.tables = Tables(self.digits, config)
        self.folded_tables = Tables(self.digits, config, config.display.largest_folded, SMALL_CORNER)
        self.worker = Worker(self.digits, config.display.longest_sum)
        self.at = worked_cell(ledger, config, self.tables.words)
        self.shown: set[str] = set()
        self.along = Along(ledger, config)  # the run that goes on where the step ends
        self.runs: dict[str, Digits] = {}  # of the runs with planted errors, by their names
        self.others = Runs(self)
        self.witnessed = {row.name: row for row in witness.hold(ledger)}
        self.verified = verified.result(config.digest())
        self.held = kept.hold(ledger, self.digits) if kept.affordable(ledger) else 0
        self.tally, self.claims = Tally(), 0
        self.walk: dict[str, Visit] = {}
        self.pictures: dict[str, list[dict[str, Any]]] = {}  # what they are made of, by the page's path
        self.environment = environment(TEMPLATES)

    @cached_property
    def reference(self) -> Reference:
        """The pages that hold every entry of the ledger."""
        return Reference(self)

    @cached_property
    def learned(self) -> bpe.Learned:
        """The byte-pair encoding of the corpus."""
        return bpe.learn(self.config.text.corpus, self.config.tokenizer.merges)

    @cached_property
    def notation(self) -> Notation:
        """The table of all symbols."""
        return Notation(self)

    def page(self, path: str, template: str = "", **more: Any) -> str:
        """One page's Markdown, from the template of its path or from another, which may be told `more`. Raises
        PageError with the template and the line where it failed."""
        template = template or f"{path}.j2"
        page = Page(self, path)
        try:
            says = Says(self.ledger)
            filled = self.environment.get_template(template).render(says.listening(page.vocabulary() | more))
            text = page.links.drawn(says.written(filled))
        except (
            TemplateError,
            claims.FalseClaim,
            DoesNotClose,
            LookupError,
            TypeError,
            AttributeError,
            ValueError,
        ) as error:
            raise PageError(f"templates/{template}{_line_of(error, template)}: {_cause(error)}") from error
        self.shown.update(page.shown)
        self.claims += page.claims
        text = _SPACE.sub(lambda m: m[1] or "\n\n", text).strip()
        self.tally = self.tally.plus(tally(text))
        self.pictures[path] = page.recorder.of_page(text)
        shown, anchored, cut = frozenset(page.shown), frozenset(page.anchored), frozenset(page.cut)
        self.walk[path] = Visit(_title(text), shown, anchored, cut, page.links.address)
        return text + "\n"


def _title(text: str) -> str:
    """The page's heading."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1] if found else ""


def worked_cell(ledger: Ledger, config: Config, words: tuple[str, ...]) -> dict[str, int]:
    """The worked cell's index on every axis."""
    w, sizes = config.worked, ledger.sizes
    at = {"H": w.head, "T": w.position, "S": w.key, "D": w.feature, "K": w.channel, "F": w.hidden, "P": w.position}
    at |= {"V": words.index(w.token), "C": w.head * sizes["K"] + w.channel}
    return at | {f"{axis}'": at[axis] for axis in "SDVC"}


def in_order() -> list[str]:
    """Every page's path, those that speak of the others last."""
    paths = sorted(str(p.relative_to(TEMPLATES)).removesuffix(".j2") for p in TEMPLATES.rglob("*.md.j2"))
    return [path for path in paths if path not in LAST] + [path for path in LAST if path in paths]


def render(ledger: Ledger, config: Config) -> dict[str, str | bytes]:
    """Every page and data file of the site, by its path."""
    site = Site(ledger, config)
    pages: dict[str, str | bytes] = {path: text + colophon(path, config) for path, text in texts(site).items()}
    data = {"data/config.json": config.to_json(), "data/checks.json": checks(site)}
    data["data/program.json"] = export_program.text(ledger, config)
    data["data/labels.json"] = explorer.labels(site)
    data["data/try.json"] = trainer.data(site)
    data |= {f"data/pictures/{path[:-3]}.json": compact(made) for path, made in site.pictures.items() if made}
    files = site.reference.files() | trials.files() | site.along.files() | pieces.files(site)
    return pages | data | files | site.others.files()


def texts(site: Site) -> dict[str, str]:
    """Every page's Markdown, in the order in which pages speak of each other."""
    *others, trust = in_order()
    found = {path: site.page(path) for path in others} | site.reference.pages()
    found[trust] = site.page(trust)
    return found


def colophon(path: str, config: Config) -> str:
    """The line below every page: which configuration it was built from, and why its numbers can be trusted."""
    trust = f"[Why you can trust this]({'../' * path.count('/')}{TRUST})"
    return f"\n{legend()}\n\nConfiguration `{config.digest()}`, seed {config.init.seed}. {trust}.\n{{ .colophon }}\n"


def compact(made: Any) -> str:
    """JSON without spaces, and a line's end."""
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n"


def checks(site: Site) -> str:
    """What this build measured, as JSON text: errors in the last bits, which differ from machine to machine and so
    stand on no page, and the versions that they were measured with."""
    errors = {row.name: row.error for row in site.witnessed.values()}
    found = site.verified
    measured = {
        "configuration": site.config.digest(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "bound": witness.BOUND,
        "complex_step": errors,
        "pytorch": dataclasses.asdict(found) if found else None,
    }
    return json.dumps(measured, indent=2) + "\n"


def _line_of(error: BaseException, template: str) -> str:
    """`, line 12` where the error passed through the template."""
    trace, line = error.__traceback__, getattr(error, "lineno", None)
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(template):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f", line {line}" if line else ""


def _cause(error: BaseException) -> str:
    message = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return html.unescape(message).strip() or type(error).__name__
