"""What `mkdocs serve` needs beyond a build: pages rendered after an edit, failures shown in the browser.

An exception in a rebuild would leave mkdocs' server with requests that hang until it is mended. Here a failed
rebuild puts the last good pages back, under a banner that says what failed.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from render import docs, site

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer

log = logging.getLogger("mkdocs.every-number")
# Compiled modules go here while serving: written beside their sources they would look like edits.
COMPILED = docs.ROOT / ".cache" / "pycache"


def is_serving(config: MkDocsConfig) -> bool:
    """Whether this build is one of `mkdocs serve`, which builds into a temporary folder of its own."""
    folder = Path(config.site_dir)
    return folder.name.startswith("mkdocs_") and folder.parent == Path(tempfile.gettempdir())


def refresh() -> str:
    """Write the pages anew if they are stale, in a process whose modules are fresh; what failed, or ''."""
    try:
        if not docs.stale():
            return ""
    except OSError as error:  # a source vanished while it was read; its event is still to come
        return str(error)
    command = [sys.executable, str(docs.ROOT / "build.py"), "--pages"]
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(COMPILED), "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=docs.ROOT, env=environment, capture_output=True, encoding="utf-8")
    if not done.returncode:
        return ""
    lines = done.stderr.strip().splitlines() or [f"build.py ended with exit code {done.returncode}"]
    # A module that cannot even be imported gives a traceback, whose first lines say little.
    return "\n".join(lines[-4:] if lines[0].startswith("Traceback") else lines)


def start() -> None:
    """Before the first build: bring the pages up to date. What fails here is shown once the server runs."""
    sys.pycache_prefix = str(COMPILED)
    refresh()


def attach(server: LiveReloadServer, config: MkDocsConfig, builder: Callable[[], None]) -> LiveReloadServer:
    """Replace the server's rebuild by one that renders first; watch the hand-written files alone."""
    # The pages are written by the rebuild itself; to watch them would start another.
    server.unwatch(config.docs_dir)
    server.watch(str(Path(config.docs_dir) / "assets"))
    folder = Path(config.site_dir)
    last_good = Path(tempfile.mkdtemp(prefix="every-number-"))

    def rebuild() -> None:
        message = refresh()
        if not message:
            message = _build_fresh(builder)
        if not message:
            _link_tree(folder, last_good)
            message = "\n".join(_faults(folder))
        elif any(last_good.iterdir()):
            _link_tree(last_good, folder)
        if message:
            log.error(message)
            show_banner(folder, message)

    server.builder = rebuild
    message = refresh()
    _link_tree(folder, last_good)
    if message or (message := "\n".join(_faults(folder))):
        log.error(message)
        show_banner(folder, message)

    def close() -> None:
        shutil.rmtree(last_good, ignore_errors=True)

    _at_close(server, close)
    return server


def _at_close(server: LiveReloadServer, then: Callable[[], None]) -> None:
    close = server.server_close

    def closing() -> None:
        close()
        then()

    server.server_close = closing  # type: ignore[method-assign]


def _build_fresh(builder: Callable[[], None]) -> str:
    """Build with render/ imported anew; what failed, or ''."""
    forget_render()
    with site.hearing() as heard:
        try:
            builder()
        except (Exception, SystemExit) as error:  # mkdocs' Abort is both
            return "\n".join(heard.reasons(error)) or type(error).__name__
    return ""


def forget_render() -> None:
    """Drop the modules of render/, so that an edited formatter is imported again."""
    drawing = sys.modules.get("render.markdown_ext")
    if drawing is not None and drawing.drawer.cache_info().currsize:
        drawing.drawer().close()  # its node process would outlive it
    for name in [name for name in sys.modules if name.partition(".")[0] == "render"]:
        del sys.modules[name]


def _faults(folder: Path) -> list[str]:
    from render.audit import audit

    return audit(folder, "/")[:20]


def _link_tree(source: Path, target: Path) -> None:
    """Make `target` the same as `source`, by hard links: nobody writes into a file here, only replaces it."""
    for child in target.iterdir():
        if child.is_dir():
            shutil.rmtree(child)
        else:
            child.unlink()
    shutil.copytree(source, target, dirs_exist_ok=True, copy_function=_link)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def show_banner(folder: Path, message: str) -> None:
    """Put the message on top of every page."""
    banner = (
        '<div class="build-error" role="alert"><strong>The last change failed.</strong>'
        f"<pre>{escape(message)}</pre></div>"
    )
    for page in folder.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        head, body, rest = html.partition("<body")
        tag, end, rest = rest.partition(">")
        page.unlink()  # not written into: it may be linked from the last good pages
        page.write_text(f"{head}{body}{tag}{end}{banner}{rest}", encoding="utf-8")
