"""Tables: each fence, drawn, shows the digits of its cells in order under the labels of its axes and whatever words."""

from __future__ import annotations

import itertools
import re
from html import unescape

import numpy as np
import pytest

from calc.ledger import Entry, Ledger
from render.digits import Digits
from render.fences import draw_matrix
from render.tables import CORNER, Tables, role
from tests.configurations import CONFIGURATIONS, ODD, computed, configured


def drawn(fence: str) -> str:
    """The HTML of a fence. Nothing inside the fence may end it."""
    first, *body, last = fence.split("\n")
    assert (first, last) == ("~~~matrix", "~~~")
    assert not any(re.match(r"\s*~~~", line) for line in body), fence
    return draw_matrix("\n".join(body))


def texts(html: str) -> list[str]:
    return [unescape(text) for text in re.findall(r"<td[^>]*>(.*?)</td>", html)]


def labels(html: str, scope: str) -> list[str]:
    """Row or column labels as a reader sees them, the index and the word joined by a space."""
    return [unescape(re.sub("<[^>]*>", "", text)) for text in re.findall(rf'<th scope="{scope}">(.*?)</th>', html)]


def tables(name: str, **display: int) -> tuple[Ledger, Tables]:
    ledger = computed(name).ledger
    config = configured(CONFIGURATIONS[name] | {f"display.{key}": value for key, value in display.items()})
    return ledger, Tables(Digits(ledger, config), config)


# A whole step


@pytest.mark.parametrize("name", ["default", "one word", "odd words"])
def test_every_table_shows_the_digits_of_its_cells_in_order(name: str) -> None:
    ledger, made = tables(name)
    for entry in ledger:
        if not entry.axes or entry.name.startswith(("adamw.", "after.")):
            continue
        fences = made.fences(entry)
        assert len(fences) == int(np.prod(entry.shape[:-2]))
        for fence, head in zip(fences, itertools.product(*map(range, entry.shape[:-2])), strict=True):
            html = drawn(fence)
            cells = [head + cell for cell in itertools.product(*map(range, entry.shape[-2:]))]
            assert texts(html) == [made.digits.text(entry, cell) for cell in cells], entry.name
            where = ",".join([*map(str, head), *[":"] * min(len(entry.axes), 2)])
            assert f'data-ref="{entry.name}" data-slice="{where}"' in html


def test_a_head_has_a_table_of_its_own() -> None:
    ledger, made = tables("two layers")
    fences = made.fences(ledger["layers.1.attention.scores"])
    assert [fence.split("\n")[1] for fence in fences] == [
        f"layers.1.attention.scores {head},:,: role=value" for head in range(3)
    ]


# Labels


def test_positions_and_words_are_labelled_and_other_axes_numbered() -> None:
    ledger, made = tables("default")
    html = drawn(made.fences(ledger["layers.0.attention.scores"])[0])
    words = ["0 the", "1 cat", "2 sat", "3 on", "4 the", "5 mat"]
    assert labels(html, "row") == labels(html, "col") == words
    assert "T&nbsp;↓ S&nbsp;→" in html
    html = drawn(made.fences(ledger["token_embedding"])[0])
    assert labels(html, "row")[:6] == ["0 <pad>", "1 <bos>", "2 <eos>", "3 <unk>", "4 the", "5 cat"]
    assert labels(html, "col") == [str(i) for i in range(16)]
    html = drawn(made.fences(ledger["position_embedding"])[0])
    assert labels(html, "row") == [str(i) for i in range(8)]  # rows of the table, not places in the text


def test_a_vector_is_one_row() -> None:
    ledger, made = tables("default")
    html = drawn(made.fences(ledger["output.nll"])[0])
    assert '<th scope="row" role="none"></th>' in html  # nothing to say
    assert labels(html, "col") == ["0 the", "1 cat", "2 sat", "3 on", "4 the", "5 mat"]


@pytest.mark.parametrize("name", ["output.probs", "token_embedding", "layers.0.attention.scores", "output.nll"])
def test_words_that_look_like_markup_are_shown_as_those_words(name: str) -> None:
    ledger, made = tables("odd words")
    entry = ledger[name]
    html = drawn(made.fences(entry)[0])
    sentence = [f"{i} {word}" for i, word in enumerate(ODD)]
    vocabulary = [f"{i} {word}" for i, word in enumerate(("<pad>", "<bos>", "<eos>", "<unk>", *ODD))]
    for scope, axis in [("col", entry.axes[-1]), ("row", entry.axes[-2] if len(entry.axes) > 1 else "")]:
        if axis in ("T", "S", "V"):
            assert labels(html, scope) == (vocabulary if axis == "V" else sentence)
    assert set(re.findall(r"</?(\w+)", html)) <= {"div", "table", "thead", "tbody", "tr", "th", "td", "small"}


def test_columns_stand_under_each_other() -> None:
    """A page's Markdown reads as a table: all lines of a fence are equally long."""
    ledger, made = tables("default")
    _, _, *lines, _ = made.fences(ledger["embedding.out"])[0].split("\n")
    assert len({len(line) for line in lines}) == 1
    assert [line.split()[0] for line in lines] == [r"T\D", "0·the", "1·cat", "2·sat", "3·on", "4·the", "5·mat"]


# Shortened tables


def test_a_large_table_shows_its_corner_with_the_place_of_each_cell() -> None:
    ledger, made = tables("two layers", largest_table=64)
    entry = ledger["layers.1.attention.w_q"]
    assert made.shortened(entry)
    (fence,) = made.fences(entry)
    assert fence.split("\n")[1] == f"{entry.name} :,: role=value shortened"
    html = drawn(fence)
    assert "data-slice" not in html
    corner = list(itertools.product(range(CORNER), range(CORNER)))
    assert re.findall(r'data-index="([\d,]+)"', html) == [f"{i},{j}" for i, j in corner]
    assert texts(html) == [made.digits.text(entry, cell) for cell in corner]
    assert html.count('<th class="gap">…</th>') == 2 * (CORNER + 1) + 1  # one in each line, and a line of them


def test_tables_may_be_told_to_be_smaller_and_never_larger() -> None:
    ledger, _ = tables("two layers")
    config = configured(CONFIGURATIONS["two layers"])
    digits, entry = Digits(ledger, config), ledger["layers.1.attention.w_q"]
    small = Tables(digits, config, 100, 3)
    assert small.shortened(entry)
    assert len(texts(drawn(small.fences(entry)[0]))) == 9
    assert Tables(digits, config, 10**7, 3).largest == config.display.largest_table
    assert small.several(entry) == 1
    assert small.several(ledger["layers.1.attention.scores"]) == config.model.heads


def test_a_table_is_cut_only_where_it_is_too_large() -> None:
    led = Ledger({"H": 2, "T": 3, "F": 40, "K": 64, "D": 70})
    config = configured({"display.largest_table": 64})
    made = Tables(Digits(led, config), config)

    def put(axes: str) -> Entry:
        shape = [led.sizes[a] for a in axes.split()]
        return led.given(f"x{len(led)}", "x", axes, np.arange(np.prod(shape)).reshape(shape) / 4)

    wide = put("H T F")  # three rows fit, forty columns do not
    first, second = made.fences(wide)
    html = drawn(second)
    assert re.findall(r'data-index="([\d,]+)"', html)[:2] == ["1,0,0", "1,0,1"]
    assert labels(html, "row") == ["0 the", "1 cat", "2 sat"]
    assert labels(html, "col") == [str(i) for i in range(CORNER)]
    assert html.count('<th class="gap">') == 4  # a gap at the end of each line, none below
    assert texts(drawn(first))[0] == "0"
    vector = put("D")
    assert re.findall(r'data-index="(\d+)"', drawn(made.fences(vector)[0])) == [str(i) for i in range(CORNER)]
    largest = put("K")
    assert not made.shortened(largest)
    assert 'data-slice=":"' in drawn(made.fences(largest)[0])


# Colours


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("layers.0.attention.scores", "value"),
        ("w_out", "value"),
        ("layers.0.attention.mask", "mask"),
        ("backward.loss.one_hot", "mask"),
        ("unfolded.softmax.identity", "mask"),
        ("grad.w_out", "gradient"),
        ("backward.loss.difference", "gradient"),
        ("unfolded.softmax.jacobian", "gradient"),
        ("adamw.w_out.m", "update"),
        ("after.logits", "update"),
    ],
)
def test_the_kind_of_number_decides_the_colour(name: str, colour: str) -> None:
    ledger, made = tables("default")
    assert role(ledger[name]) == colour
    if ledger[name].axes:
        assert drawn(made.fences(ledger[name])[0]).startswith(f'<div class="matrix-box {colour}"')
