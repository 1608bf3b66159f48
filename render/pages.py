"""Pages from templates: the rendering of all of them, and the data files beside them."""

from __future__ import annotations

import dataclasses
import html
import io
import json
import platform
import re
from pathlib import Path

import jinja2
import numpy as np
from jinja2.exceptions import TemplateError

from calc import export, trials, witness
from calc.config import Config
from calc.ledger import Ledger
from render import claims, verified
from render.digits import Digits
from render.page import TRUST, Page
from render.proof import kept
from render.tables import Tables
from render.tally import Tally, tally
from render.worked import DoesNotClose, Worker

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
LAST = ("summary.md", TRUST)  # they speak of all other pages: where the rest of the ledger is, what was counted


class PageError(ValueError):
    """A page that cannot be rendered: its template, the line where that shows, and the cause."""


class Site:
    """What all pages share: the ledger, its digits, and which entries pages have shown."""

    def __init__(self, ledger: Ledger, config: Config) -> None:
        self.ledger, self.config = ledger, config
        self.digits = Digits(ledger, config)
        self.tables = Tables(self.digits, config)
        self.worker = Worker(self.digits, config.display.longest_sum)
        self.at = worked_cell(ledger, config, self.tables.words)
        self.shown: set[str] = set()
        self.runs: dict[str, Digits] = {}  # of the runs with planted errors, by their names
        self.witnessed = {row.name: row for row in witness.hold(ledger)}
        self.verified = verified.result(config.digest())
        self.held = kept.hold(ledger, self.digits) if kept.affordable(ledger) else 0
        self.tally, self.claims = Tally(), 0
        self.environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined, autoescape=False,
            variable_start_string="<<", variable_end_string=">>", block_start_string="<%", block_end_string="%>",
            comment_start_string="<#", comment_end_string="#>", trim_blocks=True, lstrip_blocks=True,
            extensions=["jinja2.ext.do"],
        )  # fmt: skip

    def page(self, path: str) -> str:
        """One page's Markdown. Raises PageError with the template and the line where it failed."""
        template = f"{path}.j2"
        page = Page(self, path)
        try:
            text = self.environment.get_template(template).render(page.vocabulary())
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
        text = re.sub(r"\n{3,}", "\n\n", text).strip()
        self.tally = self.tally.plus(tally(text))
        return text + "\n"


def worked_cell(ledger: Ledger, config: Config, words: tuple[str, ...]) -> dict[str, int]:
    """The worked cell's index on every axis."""
    w, sizes = config.worked, ledger.sizes
    at = {"H": w.head, "T": w.position, "S": w.key, "D": w.feature, "K": w.channel, "F": w.hidden, "P": w.position}
    at |= {"V": words.index(w.token), "C": w.head * sizes["K"] + w.channel}
    return at | {"S'": w.key, "D'": w.feature}


def in_order() -> list[str]:
    """Every page's path, those that speak of the others last."""
    paths = sorted(str(p.relative_to(TEMPLATES)).removesuffix(".j2") for p in TEMPLATES.rglob("*.md.j2"))
    return [path for path in paths if path not in LAST] + [path for path in LAST if path in paths]


def render(ledger: Ledger, config: Config) -> dict[str, str | bytes]:
    """Every page and data file of the site, by its path."""
    site = Site(ledger, config)
    pages: dict[str, str | bytes] = {path: site.page(path) + colophon(path, config) for path in in_order()}
    archive = io.BytesIO()
    export.write(ledger, config, archive)
    data = {"data/config.json": config.to_json(), "data/checks.json": checks(site)}
    return pages | data | {"data/ledger.npz": archive.getvalue()} | trials.files()


def colophon(path: str, config: Config) -> str:
    """The line below every page: which configuration it was built from, and why its numbers can be trusted."""
    trust = f"[Why you can trust this]({'../' * path.count('/')}{TRUST})"
    return f"\nConfiguration `{config.digest()}`, seed {config.init.seed}. {trust}.\n{{ .colophon }}\n"


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
