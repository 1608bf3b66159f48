"""What a keyboard must reach, and what the search must not see."""

from __future__ import annotations

import re

import pytest
from markdown import Markdown

from render import fences
from render.markdown_ext import expand

FENCES = [{"name": name, "class": name, "format": getattr(fences, name)} for name in ("matrix", "worked", "picture")]
EXTENSIONS = ["tables", "pymdownx.superfences", "pymdownx.highlight", "pymdownx.arithmatex", "render.markdown_ext"]


def convert(text: str, defer: bool = True) -> str:
    options = {
        "pymdownx.superfences": {"custom_fences": FENCES},
        "pymdownx.arithmatex": {"generic": True},
        "render.markdown_ext": {"defer": defer},
    }
    return Markdown(extensions=EXTENSIONS, extension_configs=options).convert(text)


def matrix(columns: int, rows: int) -> str:
    lines = [f"{at} " + "0.1234 " * columns for at in range(rows)]
    return "\n".join(["~~~matrix", "x :,:", "T\\D " + " ".join(map(str, range(columns))), *lines, "~~~"])


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        (matrix(3, 3), False),
        (matrix(16, 3), True),
        (matrix(3, 40), True),
        ("$$\nx\n$$", False),
        ("$$\n" + " + ".join("abcdefghijklmnop" * 2) + "\n$$", True),
        ("~~~python\nx = 1\n~~~", False),
        ("~~~python\n" + "x = 1 + 2 + " * 9 + "3\n~~~", True),
        ("| a | b |\n| - | - |\n| 1 | 2 |", True),
        ("A sentence with $x$ and `code`.", False),
    ],
)
def test_a_box_that_a_phone_may_have_to_scroll_takes_the_focus(text: str, reached: bool) -> None:
    html = convert(text, defer=False)
    assert html.count('tabindex="0"') == reached
    if 'role="group"' in html:
        assert "aria-label=" in html.split('role="group"')[1][:30]


def test_a_short_command_stays_on_its_line() -> None:
    html = convert(
        "Run `make verify`, `verify` or\n`python -m calc export a-file-of-yours.npz --quiet`.\n\n~~~text\na b\n~~~",
        defer=False,
    )
    assert re.findall('<code class="whole">(.*?)</code>', html) == ["make verify"]


def test_an_empty_header_is_an_empty_cell() -> None:
    html = convert("| | b |\n| - | - |\n| 1 | 2 |")
    assert "<th></th>" not in html
    assert html.count("<td>") == 3


def test_the_search_sees_neither_code_nor_digits_nor_formulas() -> None:
    text = f"Words $x^2$.\n\n~~~python\nsecret = 1\n~~~\n\n{matrix(3, 3)}\n"
    later = convert(text)
    shown = "".join(part.partition(">")[2] for part in later.split("<"))
    assert " ".join(shown.split()) == "Words …."
    drawn = expand(later)
    assert "secret" in drawn
    assert "0.1234</td>" in drawn
    assert "katex" in drawn
    assert "later" not in drawn


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Take $x$, then go on.", "</span>,</span> then"),
        ("All of it ($x$).", "</span>).</span>"),
        ("Take $x$ and go on.", ""),
        ("A long one: $a + b + c + d + e + f + g + h$, which may break.", ""),
    ],
)
def test_no_line_begins_with_the_comma_behind_a_short_formula(text: str, kept: str) -> None:
    html = convert(text, defer=False)
    assert ('class="whole"' in html) == bool(kept)
    assert kept in html
    assert html.count(",") == convert(text).count(",")
