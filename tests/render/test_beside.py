"""The code beside its formulas: a row for each entry of one run of the function, linked to the line that made it."""

from __future__ import annotations

import re
from functools import cache

import pytest

from calc.step import training_step
from render.links import LINES
from render.listing import ROOT, defined, function
from render.page import Page
from render.pages import Site
from tests.configurations import configured

ROW = re.compile(r"    (?:\*\*(?P<mark>F[^*]+)\*\* )?\$(?P<rule>[^$]+)\$ <small>(?P<places>.*)</small>\n"
                 r'    \{ \.rule data-entry="(?P<name>[^"]+)" \}')  # fmt: skip
LINE = re.compile(rf'<a href="#{LINES}-(?P<block>[\w.]+)-(?P<number>\d+)">line\u00a0(?P<shown>\d+)</a>')


@cache
def site() -> Site:
    config = configured({"model.layers": 2, "worked.layer": 1})
    return Site(training_step(config), config)


def page() -> Page:
    return Page(site(), "forward/attention.md")


def rows(text: str) -> list[re.Match[str]]:
    return list(ROW.finditer(text))


def test_each_line_that_makes_an_entry_is_a_row_with_its_mark_and_its_line() -> None:
    one = page()
    found = rows(one.links.drawn(one.beside("attention", "forward")))
    names = [row["name"].removeprefix("layers.1.attention.") for row in found]
    assert names == ["root", "mask", "scores", "scaled", "masked", "heads"]  # softmax makes the weights
    assert [row["mark"] for row in found] == ["F1", "F2", "F3", "F4", "F5", "F7"]
    code = function("attention", "forward")
    for row, name in zip(found, names, strict=True):
        line = LINE.search(row["places"])
        assert line
        assert line["block"] == "attention.forward"
        assert line["number"] == line["shown"]
        assert f'"{name}"' in code.lines[int(line["number"]) - code.first]
        assert one.ledger[row["name"]].symbol.split("^")[0].strip("{}") in row["rule"] or name == "root"


def test_a_marked_line_that_calls_another_function_is_a_row_that_says_so() -> None:
    one = page()
    text = one.links.drawn(one.beside("attention", "forward"))
    assert re.findall(r"\*\*(F\d)\*\*", text) == [f"F{n}" for n in range(1, 8)]  # no mark is left out
    line = next(i for i, words in enumerate(function("attention", "forward").lines) if "softmax.forward(" in words)
    number = function("attention", "forward").first + line
    link = f'<a href="#{LINES}-attention.forward-{number}">line\u00a0{number}</a>'
    assert f"**F6** <span>calls `softmax.forward`</span> <small>{link}</small>\n    {{ .rule .call }}" in text
    assert "A marked line without a formula calls another function" in text
    assert "calls" not in one.beside("softmax", "forward", stage="attention")


def test_tabs_are_a_set_of_their_own_with_pytorch_last() -> None:
    text = page().beside("attention", "forward")
    assert re.findall(r'^(===!?) "(.*)"$', text, re.MULTILINE) == [
        ("===!", "Formula"), ("===", "calc/attention.py"), ("===", "PyTorch"),
    ]  # fmt: skip
    assert 'title="verify/torch_forward.py"' in text
    assert "def attention_at_once(" in text


def test_a_function_that_runs_more_than_once_needs_its_stage_or_scope() -> None:
    with pytest.raises(
        ValueError, match=r"layer_norm\.backward runs 3 times: .*layers\.1\.ln_2\.beta \(stage backward"
    ):
        page().beside("layer_norm", "backward")
    one = [row["name"] for row in rows(page().beside("layer_norm", "backward", stage="backward.attention"))]
    two = [row["name"] for row in rows(page().beside("layer_norm", "backward", scope="ln_2"))]
    assert one[0] == "grad.layers.1.ln_1.beta"
    assert one[-1] == "grad.layers.0.residual_2.via.ln_1"  # by its name another layer's, but made by this one
    assert two[0] == "grad.layers.1.ln_2.beta"
    assert len(one) == len(two) == 10
    with pytest.raises(ValueError, match="makes nothing in stage qkv"):
        page().beside("softmax", "forward", stage="qkv")


def test_of_adamw_the_rows_are_those_of_one_parameter() -> None:
    found = rows(page().beside("adamw", "update", scope="layers.1.ln_1.gamma"))
    assert len(found) == 15
    assert all(row["name"].startswith("adamw.layers.1.ln_1.gamma.") for row in found)
    assert [row["mark"] for row in found] == [f"F{n}" for n in range(1, 16)]


def test_a_function_that_makes_no_entry_is_listed_alone() -> None:
    text = page().beside("parameters", "draw")
    assert re.findall(r'^===!? "(.*)"$', text, re.MULTILINE) == ["calc/parameters.py"]


def test_what_a_mark_means_is_said_once_for_each_direction() -> None:
    one = page()
    calls = [("attention", "forward"), ("qkv", "forward"), ("attention", "backward"), ("qkv", "backward")]
    assert [".rule-marks" in one.beside(*call) for call in calls] == [True, False, True, False]


def test_pytorch_is_asked_for_by_name_or_found_by_it() -> None:
    assert "class Block(" in page().beside("model", "block_forward", torch="Block")
    backward = page().beside("qkv", "backward")
    assert backward.index("def qkv_backward(") < backward.index("def qkv_backward_autograd(")
    with pytest.raises(KeyError, match="no_such"):
        page().beside("qkv", "forward", torch="no_such")
    assert "PyTorch" not in page().beside("step", "read")


def test_an_entry_is_linked_where_the_page_shows_it_even_further_down() -> None:
    one = page()
    early = one.beside("attention", "forward")
    shown = one.show(one.w("attention.scores"))
    text = one.links.drawn(f"{early}\n\n{shown}")
    assert "[`layers.1.attention.scores`](#layers.1.attention.scores)" in text
    elsewhere = one.place(one.w("attention.heads"))
    assert f"[`layers.1.attention.heads`]({elsewhere})" in text
    assert "later:" not in text


def test_a_caption_names_the_line_and_links_to_it_where_it_is_listed() -> None:
    for listed in (True, False):
        one = page()
        caption = one.show(one.w("attention.scores"))
        text = one.links.drawn(caption + (one.beside("attention", "forward") if listed else ""))
        path, number = one.w("attention.scores").source
        words = f"{path}:{number}"
        assert (f'<a href="#{LINES}-attention.forward-{number}">{words}</a>' in text) == listed
        assert words in text


def test_a_function_listed_twice_gives_its_lines_one_address() -> None:
    one = page()
    first, second = one.code("softmax", "forward"), one.code("softmax", "forward")
    assert "#softmax.forward " in first
    assert "#" not in second.split("\n")[0]


@pytest.mark.parametrize("path", ["backward/loss.md", "trust.md"])
def test_line_numbers_are_those_of_the_file(path: str) -> None:
    """Every listing of the finished page, line by line."""
    text = site().page(path)
    found = 0
    for fence in re.finditer(
        r'^( *)```[^\n]*title="([^"]+)" linenums="(\d+)"\}?\n(.*?)^ *```$', text, re.MULTILINE | re.DOTALL
    ):
        indent, name, first, body = fence.groups()
        source = (ROOT / name).read_text(encoding="utf-8").split("\n")
        lines = [line.removeprefix(indent) for line in body.rstrip("\n").split("\n")]
        assert lines == source[int(first) - 1 :][: len(lines)]
        found += 1
    assert found


def test_every_function_of_pytorchs_stages_is_on_a_page() -> None:
    """Nothing is compared that nobody can read."""
    pages = "".join(site().page(path) for path in WALK)
    for path in ("verify/torch_forward.py", "verify/torch_backward.py"):
        for name in set(defined(path)):
            assert f"    def {name}(" in pages, name


WALK = [f"forward/{p}.md" for p in
        ("embeddings", "layer-norm", "qkv", "attention", "multi-head", "feed-forward", "output")]  # fmt: skip
WALK += [f"backward/{p}.md" for p in ("loss", "output", "feed-forward", "attention", "embeddings")] + ["adamw.md"]
