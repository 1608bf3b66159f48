"""build.py and mkdocs serve, as processes: what they write, what they leave alone, and how they fail."""

from __future__ import annotations

import filecmp
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from render.swap import clear_up, swap
from tests.conftest import PAGES, ROOT, build_once, run_build


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def note(root: Path, text: str) -> None:
    (root / "templates" / "note.txt").write_text(text, encoding="utf-8")


def html(page: str) -> str:
    return page.removesuffix("index.md") + "index.html" if page.endswith("index.md") else f"{page[:-3]}/index.html"


# The site of the real pages


def test_two_builds_are_the_same_to_the_byte(site: Path, shared: Path) -> None:
    again = build_once(shared / "again")
    assert files(again) == files(site)
    assert gzip.decompress((site / "sitemap.xml.gz").read_bytes()) == (site / "sitemap.xml").read_bytes()


def test_the_search_index_holds_neither_digits_of_matrices_nor_tex(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    text = re.sub(r"<(pre|code)>.*?</\1>", "", " ".join(part["text"] for part in index["docs"]), flags=re.DOTALL)
    assert len(text) > 1000
    for found in (r"katex", r"\\[a-z]+", r"data-source", r"−?\d\.\d{2}", r"×10"):
        assert not re.search(found, text), found


# What a build writes


def test_pages_and_site_are_written_and_only_changed_pages_again(project: Path) -> None:
    assert run_build(root=project).returncode == 0
    before = {p: p.stat().st_mtime_ns for p in (project / "site_src").rglob("*.md")}
    assert len(before) == len(PAGES)
    assert (project / "site" / "data" / "ledger.npz").is_file()
    assert run_build(root=project).returncode == 0
    assert {p: p.stat().st_mtime_ns for p in (project / "site_src").rglob("*.md")} == before

    (project / "site_src" / "adamw.md").write_text("edited by hand")
    assert run_build(root=project).returncode == 0
    after = {p: p.stat().st_mtime_ns for p in (project / "site_src").rglob("*.md")}
    assert [p.name for p in after if after[p] != before[p]] == ["adamw.md"]


def test_a_page_that_is_no_longer_generated_is_removed(project: Path) -> None:
    assert run_build(root=project).returncode == 0
    (project / "site_src" / "by-hand.txt").write_text("stays")
    config = (project / "mkdocs.yml").read_text()
    (project / "mkdocs.yml").write_text(config.replace("      - Summary: summary.md\n", ""))
    note(project, "no summary")
    done = run_build(root=project)
    assert done.returncode == 0, done.stderr
    assert not (project / "site_src" / "summary.md").exists()
    assert (project / "site_src" / "by-hand.txt").exists()
    assert not (project / "site" / "summary").exists()


def test_out_leaves_the_project_as_it_is(project: Path, tmp_path: Path) -> None:
    before = files(project / "site_src")
    out = tmp_path / "new" / "folder"
    done = run_build("--out", str(out), "--strict", "--seed", "7", root=project)
    assert done.returncode == 0, done.stderr
    assert "7</span>" in (out / "index.html").read_text()
    assert files(project / "site_src") == before
    assert not (project / "site").exists()
    (out / "left-over.html").write_text("old")
    assert run_build("--out", str(out), root=project).returncode == 0  # an earlier site is replaced
    assert not (out / "left-over.html").exists()
    assert sorted(p.name for p in out.parent.iterdir()) == ["folder"]


@pytest.mark.parametrize("what", ["a file", "not empty", "sources", "own sources", "the project"])
def test_a_folder_that_is_no_site_is_refused(project: Path, tmp_path: Path, what: str) -> None:
    out = tmp_path / "out"
    if what == "a file":
        out.write_text("precious")
    elif what == "not empty":
        out.mkdir()
        (out / "thesis.txt").write_text("precious")
    else:
        out = {"sources": project / "site_src", "own sources": project / "calc", "the project": project}[what]
    before = files(tmp_path)
    done = run_build("--out", str(out), root=project)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert str(out) in done.stderr
    assert {k: v for k, v in files(tmp_path).items() if "__pycache__" not in k} == before


# How a build fails


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("false claim", ["render/pages.py", "ValueError: the claim is false"]),
        (r"$\foo$", ["index.md", r"formula \foo: KaTeX: Undefined control sequence"]),
        (r"$\href{https://example.org}{x}$", ["index.md", "does not trust"]),
        ("~~~matrix\nx :\n\\S 0\n· nan\n~~~", ["index.md", "matrix x: 'nan' is not a number"]),
        ("~~~worked\na = x\n\n1{b 0}\n~~~", ["index.md", "'1{b 0}' names no line"]),
        ("It is nan.", ["index.html", "no number", "nan"]),
        ("Left: \\frac here.", ["index.html", "unrendered TeX", "\\frac"]),
        ("Left: &lt;&lt; x &gt;&gt;.", ["index.html", "unrendered template"]),
        ('<img src="https://example.org/x.png" alt="">', ["index.html", "another host"]),
        ("[dead](nowhere.md)", ["index.md", "nowhere.md"]),
        ("[dead](adamw.md#nowhere)", ["index.md", "nowhere"]),
        ('<a href="gone/">dead</a>', ["index.html", "link to nothing: gone/"]),
        ('<p id="a"></p><p id="a"></p>', ["index.html", "id given twice: a"]),
        ("no summary", ["summary.md"]),
    ],
)
def test_a_fault_fails_the_build_names_its_page_and_leaves_the_site(built: Path, text: str, says: list[str]) -> None:
    before = files(built / "site")
    note(built, text)
    done = run_build(root=built)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    for words in says:
        assert words in done.stderr, done.stderr
    assert files(built / "site") == before
    assert not list(built.glob(".site.*"))


def test_a_wrong_configuration_is_one_line_and_writes_nothing(project: Path) -> None:
    before = files(project / "site_src")
    done = run_build("--heads", "3", root=project)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "heads" in done.stderr
    assert files(project / "site_src") == before


def test_a_killed_build_leaves_the_site_and_the_next_one_clears_up(built: Path) -> None:
    before = files(built / "site")
    note(built, "another note")
    process = subprocess.Popen([sys.executable, "build.py"], cwd=built, stdout=subprocess.DEVNULL)
    until(lambda: list(built.glob(".site.building-*")), "the build has begun")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert files(built / "site") == before
    assert list(built.glob(".site.building-*"))
    assert run_build(root=built).returncode == 0
    assert "another note" in (built / "site" / "index.html").read_text()
    assert not list(built.glob(".site.*"))


def test_a_site_left_aside_between_the_two_renames_comes_back(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    old, alive = tmp_path / f".site.old-{dead.pid}", tmp_path / f".site.building-{os.getppid()}"
    for folder in (old, alive):
        folder.mkdir()
        (folder / "index.html").write_text(folder.name)
    clear_up(tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_text() == old.name
    assert alive.exists()  # its process runs
    with pytest.raises(FileNotFoundError):
        swap(tmp_path / "not there", tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_text() == old.name


# mkdocs by itself


def mkdocs(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mkdocs", *arguments]


def test_mkdocs_builds_the_written_pages_without_the_engine(built: Path, tmp_path: Path) -> None:
    shutil.rmtree(built / "calc")
    (built / "calc").mkdir()  # mkdocs.yml watches it
    for name in ("pages.py", "digits.py"):
        (built / "render" / name).unlink()
    done = subprocess.run(
        mkdocs("build", "--strict", "--site-dir", str(tmp_path / "by-mkdocs")),
        cwd=built, capture_output=True, encoding="utf-8", env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    compared = filecmp.dircmp(built / "site", tmp_path / "by-mkdocs")
    assert not compared.left_only
    assert not compared.right_only
    assert files(built / "site") == files(tmp_path / "by-mkdocs")


def until(what: Callable[[], object], name: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"waited in vain until {name}"
        time.sleep(0.05)


class Served:
    """A running `mkdocs serve`."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log

    def page(self) -> str:
        with urllib.request.urlopen(self.url, timeout=20) as answer:
            return str(answer.read().decode())

    def builds(self) -> int:
        return self.log.read_text(encoding="utf-8").count("Building documentation")

    def until_shown(self, words: str) -> None:
        until(lambda: words in self.page(), f"the page shows {words!r}; log:\n{self.log.read_text()}")


@contextmanager
def serving(root: Path) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = root.parent / "serve.log"
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "NO_MKDOCS_2_WARNING": "1"}
    with log.open("w") as out:
        process = subprocess.Popen(
            mkdocs("serve", "--dev-addr", f"127.0.0.1:{port}"),
            cwd=root,
            env=environment,
            stdout=out,
            stderr=out,
        )
    try:
        until(lambda: process.poll() is not None or "Serving on" in log.read_text(), "mkdocs serves")
        assert process.poll() is None, log.read_text()
        yield Served(f"http://127.0.0.1:{port}/", log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def test_serve_renders_again_shows_failures_and_recovers(project: Path) -> None:
    with serving(project) as served:
        served.until_shown("first note")  # rendered before the first build
        assert served.builds() == 1
        note(project, "second note")
        served.until_shown("second note")
        time.sleep(2)  # a loop would build again within its polling interval
        assert served.builds() == 2

        note(project, "false claim")
        served.until_shown("ValueError: the claim is false")
        assert 'role="alert"' in served.page()
        assert "second note" in served.page()  # the last good page
        note(project, r"third $\foo$")
        served.until_shown("Undefined control sequence")
        assert "second note" in served.page()
        note(project, "It is nan.")
        served.until_shown("no number")
        note(project, "fourth note")
        served.until_shown("fourth note")
        assert 'role="alert"' not in served.page()


def test_serve_takes_up_edited_formatters_and_a_broken_configuration(project: Path) -> None:
    fences, model = project / "render" / "fences.py", project / "model.toml"
    good, toml = fences.read_text(encoding="utf-8"), model.read_text(encoding="utf-8")
    with serving(project) as served:
        fences.write_text(good.replace('class="matrix-box', 'class="edited matrix-box'), encoding="utf-8")
        served.until_shown("edited matrix-box")
        fences.write_text(good + "\nsyntax error(\n", encoding="utf-8")
        served.until_shown('role="alert"')
        assert "edited matrix-box" in served.page()
        fences.write_text(good, encoding="utf-8")
        served.until_shown('class="matrix-box')
        assert 'role="alert"' not in served.page()
        model.write_text(toml.replace("heads = 2", "heads = 3"), encoding="utf-8")
        served.until_shown("must divide")
        model.write_text(toml.replace("seed = 42", "seed = 43"), encoding="utf-8")
        served.until_shown("43</span>")


def test_serve_starts_although_the_first_rendering_fails(built: Path) -> None:
    note(built, "false claim")
    with serving(built) as served:
        served.until_shown("ValueError: the claim is false")
        assert "first note" in served.page()
        note(built, "mended")
        served.until_shown("mended")
        assert 'role="alert"' not in served.page()


def test_help_serves_a_first_time_user() -> None:
    done = run_build("--help")
    assert done.returncode == 0
    for words in ("examples:", "--out DIR", "--seed", "--text", "Exit code"):
        assert words in done.stdout
    assert (ROOT / "build.py").read_text(encoding="utf-8").count("\n") < 150  # thin
