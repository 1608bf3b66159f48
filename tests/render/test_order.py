"""The order of the pages is the nav's, and every page is in it."""

from __future__ import annotations

from pathlib import Path

from render.order import in_nav
from render.pages import TEMPLATES


def test_the_navs_pages_are_those_that_have_a_template() -> None:
    assert sorted(in_nav()) == sorted(p.relative_to(TEMPLATES).as_posix().removesuffix(".j2") for p in templates())
    assert in_nav()[0] == "index.md"
    forward, backward, ledger = map(in_nav().index, ("forward/qkv.md", "backward/attention.md", "ledger/index.md"))
    assert forward < backward < ledger


def templates() -> list[Path]:
    return list(TEMPLATES.rglob("*.md.j2"))
