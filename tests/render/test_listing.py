"""Listings: the very lines that ran, under their file's name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from render.listing import listing

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = [("attention", "forward"), ("attention", "backward"), ("adamw", "update"), ("gelu", "forward")]


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_a_listing_is_the_files_own_lines_with_their_numbers(module: str, name: str) -> None:
    first, *lines, last = listing(module, name).split("\n")
    title = re.fullmatch(rf'```python title="calc/{module}\.py" linenums="(\d+)"', first)
    assert title
    start = int(title[1]) - 1
    source = (ROOT / "calc" / f"{module}.py").read_text(encoding="utf-8").split("\n")
    assert lines == source[start : start + len(lines)]
    assert lines[0].startswith(f"def {name}(")
    assert last == "```"
    assert not any("```" in line for line in lines)  # nothing inside ends the fence
    rest = source[start + len(lines) :]
    assert not rest or not rest[0].startswith("    ")  # the whole function


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError, match="backwards"):
        listing("attention", "backwards")
    with pytest.raises(ModuleNotFoundError, match="atention"):
        listing("atention", "forward")
