"""The typefaces: those that the style sheet names, in the form that browsers read, with their licences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from render import fonts
from render.katex import KatexMissing

TYPE = Path(__file__).parents[2] / "site_src" / "assets" / "css" / "type.css"


def test_every_face_that_is_named_is_there() -> None:
    files = fonts.assets()
    named = re.findall(r"url\(\.\./fonts/([\w-]+\.woff2)\)", TYPE.read_text(encoding="utf-8"))
    assert sorted(named) == sorted(name for name in files if name.endswith(".woff2"))
    assert all(files[name].startswith(b"wOF2") for name in named)


def test_they_are_small_and_licensed() -> None:
    files = fonts.assets()
    assert sum(map(len, files.values())) < 70_000
    assert any(b"SIL OPEN FONT LICENSE" in data.upper() for data in files.values())


def test_a_missing_package_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fonts, "MODULES", tmp_path)
    with pytest.raises(KatexMissing, match=r"source-sans-3 is not installed.*python -m render\.katex"):
        fonts.assets()
