"""Listings: the very lines that ran, under their file's name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from render.listing import defined, definitions, function, whole_file

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = [("attention", "forward"), ("attention", "backward"), ("adamw", "update"), ("gelu", "forward")]
STEP = "verify/torch_step.py"


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_a_listing_is_the_files_own_lines_with_their_numbers(module: str, name: str) -> None:
    first, *lines, last = function(module, name).fence().split("\n")
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


def test_a_listing_with_an_identifier_has_it_in_its_head() -> None:
    head = function("gelu", "forward").fence("gelu.forward").split("\n")[0]
    assert re.fullmatch(r'```\{\.python #gelu\.forward title="calc/gelu\.py" linenums="\d+"\}', head)


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError, match="backwards"):
        function("attention", "backwards")
    with pytest.raises(ModuleNotFoundError, match="atention"):
        function("atention", "forward")
    with pytest.raises(KeyError, match="Attentoin"):
        definitions(STEP, "Attentoin")


def test_a_lines_mark_is_that_of_its_statement() -> None:
    """A call over several lines is marked on its last one, and its entry is made on the first."""
    code = function("embedding", "backward")
    at = {line.split(" = ")[0].strip(): n for n, line in enumerate(code.lines, code.first) if " = " in line}
    assert code.lines[at["dtokens"] - code.first].endswith("(")
    assert (code.mark(at["dtoken_rows"]), code.mark(at["dpositions"]), code.mark(at["dtokens"])) == ("F3", "F2", "F1")
    assert code.mark(code.first) == ""
    norm = function("layer_norm", "backward")
    folded = next(n for n, line in enumerate(norm.lines, norm.first) if "F7 to F1 from here" in line)
    assert norm.mark(folded) == "F7 to F1"


def test_definitions_are_the_files_own_lines() -> None:
    text = (ROOT / STEP).read_text(encoding="utf-8")
    assert {"Attention", "Block", "GPT", "training_step"} <= set(defined(STEP))
    for name in defined(STEP):
        found = definitions(STEP, name)
        assert "\n".join(found.lines) in text
        assert found.lines[0].startswith((f"class {name}(", f"def {name}("))
        assert text.split("\n")[found.first - 1] == found.lines[0]
    assert whole_file(STEP) == f'```python title="{STEP}" linenums="1"\n{text.rstrip()}\n```'


def test_definitions_that_follow_each_other_are_one_listing() -> None:
    names = ("FeedForward", "Block")
    both = definitions(STEP, *names)
    one, other = (definitions(STEP, name) for name in names)
    assert both.first == one.first
    assert both.lines == (*one.lines, "", "", *other.lines)
    with pytest.raises(ValueError, match="do not follow each other"):
        definitions(STEP, "Attention", "Block")
