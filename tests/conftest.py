"""What several tests share: the default site, built once a run, and a small project of its own to break."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Every core has its own tests to run; NumPy asks when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import render.pages
from tests.configurations import computed

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / ".cache" / "figures"  # what tests measured, for the end of the run
PAGES = re.findall(r":\s+(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)

# Pages in place of render/pages.py: each shows the seed, a fence of each kind and a note for tests to edit.
SAMPLE_PAGES = r'''
import io
from pathlib import Path
import numpy as np

PAGES = {pages!r}
NOTE = Path(__file__).parent.parent / "templates" / "note.txt"


def render(ledger, config):
    note = NOTE.read_text(encoding="utf-8")
    if "false claim" in note:
        raise ValueError("the claim is false")
    x = np.array([[0.25, -1.5], [2.0, 0.0]])
    text = f"""# A page

{{note}}

The seed is <span class="n" data-ref="seed">{{config.init.seed}}</span> and $x^2 = y$.

$$
\\frac{{{{a}}}}{{{{b}}}}
$$

~~~matrix
x :,:
T\\D 0 1
0·the 0.25 −1.5
1·cat 2 0
~~~

~~~worked
a = x

: One cell
0.25{{{{a 0,0}}}} · 2{{{{a 1,0}}}} = 0.5
~~~
"""
    arrays = io.BytesIO()
    np.savez(arrays, x=x, seed=np.array(config.init.seed))
    files = {{page: text for page in PAGES if page != "summary.md" or "no summary" not in note}}
    return files | {{"data/ledger.npz": arrays.getvalue(), "data/config.json": config.to_json()}}
'''


def run_build(*flags: str, root: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run build.py of the project in `root` as a process of its own."""
    command = [sys.executable, "build.py", *flags]
    return subprocess.run(
        command, cwd=root, env=os.environ | environment, capture_output=True, encoding="utf-8", timeout=300
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """A run begins without the figures of the one before."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(FIGURES, ignore_errors=True)


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """figure("what was measured"): lines that stand at the end of the run, above pytest's closing line."""

    def say(text: str) -> None:
        FIGURES.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"\W+", "-", request.node.nodeid)
        (FIGURES / f"{name}.txt").write_text(text + "\n", encoding="utf-8")

    return say


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = sorted(FIGURES.glob("*.txt")) if FIGURES.is_dir() else []
    if found:
        terminalreporter.section("figures")
    for file in found:
        terminalreporter.write(file.read_text(encoding="utf-8"))


@contextlib.contextmanager
def once(folder: Path) -> Iterator[bool]:
    """Whether this is the process that has to make `folder`; the others wait until it is there."""
    import fcntl

    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not folder.exists()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all the workers of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def build_once(site: Path, *flags: str) -> Path:
    """A site built by one worker and read by all."""
    with once(site) as mine:
        if mine:
            done = run_build("--out", str(site), "--strict", *flags)
            assert done.returncode == 0, done.stderr
    return site


@pytest.fixture(scope="session")
def site(shared: Path) -> Path:
    """The site of the shipped model.toml. Read only."""
    return build_once(shared / "site")


@pytest.fixture(scope="session")
def drawn(shared: Path) -> Callable[[str], dict[str, str | bytes]]:
    """drawn("two layers"): every page and data file of one of tests.configurations, rendered once in a run."""

    @functools.cache
    def of(name: str) -> dict[str, str | bytes]:
        folder = shared / f"drawn-{name.replace(' ', '-')}"
        with once(folder) as mine:
            if mine:
                config, ledger = computed(name)
                files = render.pages.render(ledger, config)
                folder.mkdir()
                (folder / "files").write_bytes(pickle.dumps(files))
                return files
        found: dict[str, str | bytes] = pickle.loads((folder / "files").read_bytes())
        return found

    return of


@pytest.fixture
def project(shared: Path, tmp_path: Path) -> Path:
    """A copy of this project with small sample pages, to edit and to break."""
    return copy_project(tmp_path / "project", shared)


@pytest.fixture
def built(shared: Path, tmp_path: Path) -> Path:
    """Such a project whose site is built."""
    original = shared / "built-project"
    with once(original) as mine:
        if mine:
            copy_project(original, shared)
            done = run_build(root=original)
            assert done.returncode == 0, done.stderr
    return Path(shutil.copytree(original, tmp_path / "project", symlinks=True))


def copy_project(root: Path, shared: Path) -> Path:
    """Copy this project to `root`, with sample pages in place of its own. What such copies compile they share."""
    for name in ("calc", "render", "verify", "overrides", "site_src/assets"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "katex", "fonts"))
    for name in ("build.py", "mkdocs.yml", "model.toml"):
        shutil.copy(ROOT / name, root / name)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    (shared / "cache").mkdir(exist_ok=True)
    (root / ".cache").symlink_to(shared / "cache")
    (root / "templates").mkdir()
    (root / "templates" / "note.txt").write_text("first note")
    (root / "render" / "pages.py").write_text(SAMPLE_PAGES.format(pages=PAGES), encoding="utf-8")
    return root
