"""Compiled templates are taken from disk, unless anything that they are made of has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

from render import listening, pages
from render.compiled import Compiled, of_theme


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many templates were compiled since it was last asked."""
    compile_, compiled = jinja2.Environment.compile, list[str]()

    def counted(self: jinja2.Environment, source: str, *of: Any, **how: Any) -> Any:
        compiled.append(source)
        return compile_(self, source, *of, **how)

    def since() -> int:
        found = len(compiled)
        compiled.clear()
        return found

    monkeypatch.setattr(jinja2.Environment, "compile", counted)
    return since


def filled(folder: Path, text: str = "<< x >>", *made_of: str, x: str = "a") -> str:
    """A template, filled by an environment of its own, as another process has it."""
    options: dict[str, Any] = {"variable_start_string": "<<", "variable_end_string": ">>"}
    loader = jinja2.DictLoader({"page": text})
    env = jinja2.Environment(loader=loader, bytecode_cache=Compiled(made_of, folder), **options)
    return env.get_template("page").render(x=x)


def test_a_template_is_compiled_once_and_filled_each_time(tmp_path: Path, compiles: Callable[[], int]) -> None:
    assert filled(tmp_path) == "a"
    assert compiles() == 1
    assert filled(tmp_path, x="b") == "b"
    assert compiles() == 0


def test_what_it_is_made_of_has_it_compiled_anew(tmp_path: Path, compiles: Callable[[], int]) -> None:
    for text, made_of in (("<< x >>", "one"), ("<< x >>!", "one"), ("<< x >>!", "two")):
        assert filled(tmp_path, text, made_of) == text.replace("<< x >>", "a")
        assert compiles() == 1
    assert len(list(tmp_path.iterdir())) == 1, "an old one is left"


def test_a_torn_file_and_a_folder_that_cannot_be_written_are_done_without(
    tmp_path: Path, compiles: Callable[[], int]
) -> None:
    filled(tmp_path)
    (file,) = tmp_path.iterdir()
    for torn in (b"", file.read_bytes()[:40], file.read_bytes()[:-9], b"x" * 99):
        file.write_bytes(torn)
        assert filled(tmp_path) == "a"
        file.write_bytes(torn)
    compiles()
    (tmp_path / "no folder").write_text("")
    assert filled(tmp_path / "no folder") == "a"
    assert filled(tmp_path / "no folder") == "a"
    assert compiles() == 2


@pytest.mark.parametrize("module", [listening, pages], ids=lambda module: module.__name__)
def test_the_pages_follow_what_is_done_to_their_templates(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checksum() -> str:
        cache = pages.environment.__wrapped__(tmp_path).bytecode_cache
        assert isinstance(cache, Compiled)
        return cache.get_source_checksum("<< x >>")

    before = checksum()
    assert checksum() == before
    edited = tmp_path / "edited.py"
    edited.write_text(Path(module.__file__).read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
    monkeypatch.setattr(module, "__file__", str(edited))
    assert checksum() != before


def test_a_theme_follows_its_name_and_extensions() -> None:
    def checksum(name: str, *extensions: str) -> str:
        config: Any = SimpleNamespace(theme=SimpleNamespace(name=name))
        cache = of_theme(jinja2.Environment(extensions=extensions), config).bytecode_cache
        assert isinstance(cache, Compiled)
        return cache.get_source_checksum("x")

    found = [checksum("material"), checksum("mkdocs"), checksum("material", "jinja2.ext.do")]
    assert len(set(found)) == 3
