"""KaTeX at build time: what it draws, what it refuses, what the cache keeps."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from render import katex
from render.katex import Formula, FormulaError, Katex, KatexMissing


@pytest.fixture
def drawer(tmp_path: Path) -> Iterator[Katex]:
    drawer = Katex(tmp_path / "katex.sqlite")
    yield drawer
    drawer.close()


def test_html_and_mathml_in_order(drawer: Katex) -> None:
    inline, display = drawer.draw([Formula(r"\frac{a}{b}", False), Formula("x^2", True)])
    assert inline.startswith('<span class="katex">')
    assert display.startswith('<span class="katex-display">')
    assert "<math" in inline
    assert "mfrac" in inline
    assert 'class="katex-html" aria-hidden="true"' in inline
    for heavy in ("annotation", "semantics", "xmlns"):  # what only other programs would read
        assert heavy not in inline
        assert heavy not in display


@pytest.mark.parametrize(
    ("tex", "says"),
    [
        (r"\foo", r"formula \foo: KaTeX: Undefined control sequence: \foo at position 1"),
        ("a_b_c", "Double subscript"),
        ("{", "Expected '}'"),
        ("a & b", "Expected 'EOF', got '&'"),
        ("é", "strict mode"),
        (r"\href{https://example.org}{x}", "a command that it does not trust"),
        (r"\htmlClass{x}{y}", "htmlExtension"),
    ],
)
def test_a_refused_formula_is_named_on_one_line(drawer: Katex, tex: str, says: str) -> None:
    with pytest.raises(FormulaError) as raised:
        drawer.draw([Formula("x", False), Formula(tex, False)])
    assert says in str(raised.value)
    assert tex in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    assert drawer.draw([Formula("x", False)])  # the process goes on


def test_the_cache_spares_node(tmp_path: Path, drawer: Katex, monkeypatch: pytest.MonkeyPatch) -> None:
    formulas = [Formula("x^2", False), Formula("x^2", True)]
    drawn = drawer.draw(formulas)
    assert drawn[0] != drawn[1]
    monkeypatch.setattr(katex, "node", lambda: pytest.fail("node is started"))
    second = Katex(tmp_path / "katex.sqlite")
    assert second.draw(formulas) == drawn
    second.close()


def test_another_version_or_option_is_another_entry(
    tmp_path: Path, drawer: Katex, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawer.draw([Formula("x", False)])
    monkeypatch.setitem(katex.OPTIONS, "output", "html")
    other = Katex(tmp_path / "katex.sqlite")
    assert "<math" not in other.draw([Formula("x", False)])[0]
    other.close()


@pytest.mark.parametrize("damage", ["garbage", "a folder", "unwritable"])
def test_a_broken_cache_is_done_without(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "cache" / "katex.sqlite"
    path.parent.mkdir()
    if damage == "garbage":
        path.write_bytes(b"no database" * 100)
    elif damage == "a folder":
        (path / "x").mkdir(parents=True)
    else:
        path = tmp_path / "file" / "katex.sqlite"
        path.parent.write_text("a file where the folder should be")
    drawer = Katex(path)
    assert "katex" in drawer.draw([Formula("x", False)])[0]
    drawer.close()


def test_two_processes_may_share_the_cache(tmp_path: Path, drawer: Katex) -> None:
    other = Katex(tmp_path / "katex.sqlite")
    assert drawer.draw([Formula("y", False)]) == other.draw([Formula("y", False)])
    with sqlite3.connect(tmp_path / "katex.sqlite") as db:
        assert db.execute("SELECT count(*) FROM formulas").fetchone() == (1,)
    db.close()
    other.close()


def test_what_is_missing_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(katex, "PACKAGE", tmp_path)
    with pytest.raises(KatexMissing, match=r"python -m render\.katex"):
        Katex(None)


def test_a_dead_node_is_an_error_and_no_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(katex, "node", lambda: Path(shutil.which("false") or "/usr/bin/false"))
    drawer = Katex(None)
    with pytest.raises(KatexMissing, match="node stopped"):
        drawer.draw([Formula("x", False)])
    drawer.close()


def test_only_woff2_fonts_and_nothing_that_the_style_sheet_names_is_missing() -> None:
    assets = katex.assets()
    css = assets["katex.min.css"].decode()
    assert ".woff)" not in css
    assert ".ttf" not in css
    fonts = {name for name in assets if name.endswith(".woff2")}
    assert len(fonts) >= 20
    assert {part.split(")")[0] for part in css.split("url(")[1:]} == fonts
