"""From pages to the built site: write what changed, let MkDocs build aside, look it over, swap it in.

Whatever fails or is interrupted, the last good site stays as it was. build.py's hooks come here too.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from render import fonts, katex, markup
from render.docs import DOCS, ROOT, SOURCES, alone, sources_digest, write_pages
from render.swap import aside, clear_up, swap

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

    from calc.config import Config

SITE = ROOT / "site"
TEMPLATES = ROOT / "templates"
EPOCH = "1767225600"  # the date that MkDocs writes: fixed, so that two builds are the same to the byte


class SiteError(Exception):
    """The site cannot be built; `lines` say where and why, one line a fault, and `code` is the exit code."""

    def __init__(self, lines: list[str], code: int = 1) -> None:
        self.lines, self.code = lines, code
        super().__init__("\n".join(lines))


# ----------------------------------------------------------------------------------------------------- pages


def render_pages(config: Config) -> dict[str, bytes]:
    """Every generated file of docs_dir, by its path there. Raises SiteError naming page and cause."""
    from calc.ledger import NotFinite

    try:
        from calc.step import training_step
        from render.pages import render

        pages = render(training_step(config), config)
        files = {path: text.encode() if isinstance(text, str) else text for path, text in pages.items()}
        files |= {f"assets/katex/{path}": data for path, data in katex.assets().items()}
        files |= {f"assets/fonts/{path}": data for path, data in fonts.assets().items()}
    except NotFinite as error:  # the configuration's doing, so it is answered like its other mistakes
        raise SiteError([f"this configuration cannot be computed: {error}"], code=2) from error
    except Exception as error:
        raise SiteError([cause(error)]) from error
    return files


def cause(error: BaseException) -> str:
    """One line: the template's place, if a template failed, and what went wrong."""
    text = " ".join(str(error).split())
    if not type(error).__module__.startswith(("calc.", "render.")):
        text = f"{type(error).__name__}: {text}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if Path(f.filename).is_relative_to(ROOT) and ".venv" not in f.filename]
    templates = [f for f in own if Path(f.filename).is_relative_to(TEMPLATES)]
    place: tuple[str, int | None] | None
    if getattr(error, "filename", None) and hasattr(error, "lineno"):  # a template's or a module's syntax
        place = (str(getattr(error, "filename", "")), error.lineno)
    elif templates or own:
        place = ((templates or own)[-1].filename, (templates or own)[-1].lineno)
    else:
        place = None
    if place is None:
        return text
    file = Path(place[0]).relative_to(ROOT) if Path(place[0]).is_relative_to(ROOT) else Path(place[0])
    return f"{file}:{place[1]}: {text}"


# ------------------------------------------------------------------------------------------------------ site


def build(config: Config, overrides: Mapping[str, object], out: Path | None = None, pages_only: bool = False) -> int:
    """Compute, render and build; how many pages the site has.

    Raises SiteError; the old site is then as it was.
    Without `out` the pages go to site_src/ and the site to site/. With it neither is touched.
    """
    if out is not None:
        _check_out(out)
    clear_up((out or SITE).resolve())
    sources = sources_digest(overrides)  # before rendering: an edit meanwhile makes the pages stale
    files = render_pages(config)
    if out is None:
        with alone(DOCS):
            write_pages(DOCS, files, sources)
            if not pages_only:
                _build_and_swap(DOCS, SITE)
    else:
        with tempfile.TemporaryDirectory(prefix="every-number-") as folder:
            docs = Path(folder)
            shutil.copytree(DOCS / "assets", docs / "assets", ignore=shutil.ignore_patterns("katex", "fonts"))
            write_pages(docs, files, sources)
            _build_and_swap(docs, out)
    return sum(1 for name in files if name.endswith(".md"))


def _check_out(out: Path) -> None:
    def refuse(why: str) -> SiteError:
        return SiteError([f"--out {out}: {why}; name a new or empty folder, or a site built earlier"], code=2)

    path = out.resolve()
    if ROOT.is_relative_to(path) or path.is_relative_to(DOCS) or any(path == ROOT / name for name in SOURCES):
        raise refuse("holds this project's own files")
    if out.is_symlink() and not out.exists():
        raise refuse("is a link that leads nowhere")
    if not out.exists():
        parent = next(p for p in path.parents if p.exists())
        if not parent.is_dir():
            raise refuse(f"{parent} is a file")
        if not os.access(parent, os.W_OK):
            raise refuse(f"{parent} cannot be written to")
    elif not out.is_dir():
        raise refuse("is a file")
    elif any(path.iterdir()) and not all((path / f).is_file() for f in ("data/ledger.npz", "index.html")):
        raise refuse("is not empty and no site that was built here")


def _build_and_swap(docs: Path, site: Path) -> None:
    site = site.resolve()
    site.parent.mkdir(parents=True, exist_ok=True)
    new = aside(site)
    try:
        run_mkdocs(docs, new)
        swap(new, site)
    finally:
        shutil.rmtree(new, ignore_errors=True)


# ---------------------------------------------------------------------------------------------------- mkdocs


class Heard(logging.Handler):
    """Collects what MkDocs warns of, so that a failed build can say why."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [" ".join(line.split()) for line in record.getMessage().splitlines()]

    def reasons(self, error: BaseException) -> list[str]:
        """Why a build ended with this error: what MkDocs said before it gave up, or the error's own words."""
        # "Error building page 'x.md':" stands before a line that names the page itself.
        said = [line for line in self.lines if not line.startswith(("Error building page", "Error reading page"))]
        if isinstance(error, SystemExit) and said:  # mkdocs' Abort: the reason is in its log
            return said
        own = isinstance(error, SystemExit) or type(error).__module__.startswith("mkdocs.")
        return str(error).splitlines() if own else [cause(error)]


@contextlib.contextmanager
def hearing() -> Iterator[Heard]:
    """Listen to MkDocs for a while."""
    heard, log = Heard(), logging.getLogger("mkdocs")
    log.addHandler(heard)
    try:
        yield heard
    finally:
        log.removeHandler(heard)


def prepare_environment() -> None:
    """What MkDocs and Material read from the environment, before they do."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", EPOCH)
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")


def run_mkdocs(docs: Path, site: Path) -> None:
    """Build docs_dir into `site`, strictly, and look the result over. Raises SiteError."""
    prepare_environment()
    from mkdocs.commands.build import build as mkdocs_build
    from mkdocs.config import load_config

    log = logging.getLogger("mkdocs")
    log.propagate = False  # what it says is in `heard`
    with hearing() as heard:
        try:
            file = str(ROOT / "mkdocs.yml")
            mkdocs_build(load_config(file, docs_dir=str(docs), site_dir=str(site), strict=True))
        except (Exception, SystemExit) as error:  # mkdocs' Abort is both
            raise SiteError(heard.reasons(error)) from error


# ----------------------------------------------------------------------------------------------------- hooks


def defer_drawing(config: MkDocsConfig) -> None:
    """on_config: let the Markdown extension leave placeholders."""
    config.mdx_configs.setdefault("render.markdown_ext", {})["defer"] = True


def draw(html: str, page: str) -> str:
    """on_page_context, after the search index: draw a page's placeholders. Raises mkdocs' PluginError."""
    from mkdocs.exceptions import PluginError

    from render.fences import FenceError
    from render.katex import FormulaError, KatexMissing
    from render.markdown_ext import expand

    try:
        return markup.leaner(expand(html))
    except (FenceError, FormulaError, KatexMissing) as error:
        raise PluginError(f"{page}: {error}") from error


def look_over(site: Path, site_url: str | None) -> None:
    """on_post_build: hold the HTML to what a page may show. Raises mkdocs' PluginError, a line a fault."""
    from mkdocs.exceptions import PluginError

    from render.audit import audit

    faults = audit(site, site_url or "")
    if faults:
        more = len(faults) - 20
        raise PluginError("\n".join(faults[:20] + ([f"and {more} more faults"] if more > 0 else [])))
