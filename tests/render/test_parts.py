"""The parts of a page: nothing is lost, headings stay outside, and the room is told before a part is drawn."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.fences import placeholder
from render.parts import FULL, blocks, parted, room

BOX = re.compile(r'<div class="part(?: seen)?" style="--h:\d+;--c:\d+">\n|</div>\n(?=<div class="part|<h|\Z)')


def parts(html: str) -> list[tuple[int, int]]:
    """What each part says of its room."""
    return [(int(h), int(c)) for h, c in re.findall(r'class="part(?: seen)?" style="--h:(\d+);--c:(\d+)"', html)]


def test_headings_stay_outside_and_what_is_between_them_goes_in() -> None:
    html = '<h1 id="a">A</h1>\n<p>one</p>\n<p>two</p>\n<h2 id="b">B</h2>\n<h3>C</h3>\n<p>three</p>\n'
    assert parted(html) == (
        '<h1 id="a">A</h1>\n'
        '<div class="part seen" style="--h:2;--c:6">\n<p>one</p>\n<p>two</p>\n</div>\n'
        '<h2 id="b">B</h2>\n<h3>C</h3>\n'
        '<div class="part seen" style="--h:1;--c:5">\n<p>three</p>\n</div>\n'
    )


ELEMENTS = st.sampled_from([
    "<p>a <em>b</em><br>c</p>",
    "<h2>title</h2>",
    '<p title="a > b">x</p>',
    "<div><div>deep</div><hr></div>",
    '<img src="x" alt=""/>',
    "<details><summary>s</summary><p>t</p></details>",
])  # fmt: skip


@given(st.lists(ELEMENTS, max_size=40))
def test_nothing_is_lost_or_moved(elements: list[str]) -> None:
    html = "".join(f"{element}\n" for element in elements)
    assert list(blocks(html)) == [f"{element}\n" for element in elements]
    assert BOX.sub("", parted(html)) == html
    assert parted(html).count('class="part') >= bool(set(elements) - {"<h2>title</h2>"})


@pytest.mark.parametrize("html", ["<p>a</div>", "<div><p>a</p>", "text alone", "</p>"])
def test_html_that_does_not_nest_is_left_as_it_is(html: str) -> None:
    assert parted(html) == html


def test_a_long_stretch_is_cut_into_parts_of_about_a_screen() -> None:
    table = placeholder("matrix", "x :,:\nT\\D 0\n" + "0 1\n" * 10)
    found = parts(parted(f"{table}\n" * 12))
    assert len(found) > 3
    assert all(FULL <= h < FULL + 13 for h, _ in found[:-1])


def test_what_is_seen_at_first_is_drawn_at_once() -> None:
    table = placeholder("matrix", "x :,:\nT\\D 0\n" + "0 1\n" * 27)
    html = parted(f"<h1>A</h1>\n{table}\n<h2>B</h2>\n{table}\n<h2>C</h2>\n{table}\n<h2>D</h2>\n{table}\n")
    assert re.findall(r'<(?:h\d|div class="part[^"]*)', html) == [
        "<h1", '<div class="part seen', "<h2", '<div class="part seen',
        "<h2", '<div class="part', "<h2", '<div class="part',
    ]  # fmt: skip


def test_what_a_reader_operates_is_drawn_at_once() -> None:
    table = placeholder("matrix", "x :,:\nT\\D 0\n" + "0 1\n" * 40)
    form = "<form><input></form>\n<details><summary>Answer</summary><p>x</p></details>\n"
    html = parted(f"{table}\n{table}\n<p>Try.</p>\n{form}<p>Next.</p>\n")
    kinds = re.findall(r'class="(part[^"]*)"', html)
    assert kinds == ["part seen", "part seen", "part", "part seen", "part"]
    assert '">\n<form>' in html


def test_a_line_that_names_what_follows_is_not_cut_off_from_it() -> None:
    full = placeholder("matrix", "x :,:\nT\\D 0\n" + "0 1\n" * 40)
    html = parted(f'{full}\n<p class="entry" id="x">x</p>\n{full}\n')
    assert html.index('class="entry"') > html.rindex('class="part')


@pytest.mark.parametrize(
    ("block", "least", "most"),
    [
        (placeholder("matrix", "x :,:\nT\\D 0\n" + "0 1\n" * 6), 8, 10),
        (placeholder("matrix", "x :,:\nT\\D 0\n" + "0 1\n" * 99), 40, 42),  # the box scrolls
        (placeholder("display", r"a = b"), 2.5, 4),
        (placeholder("display", r"a = b \\ c = d"), 5, 7),
        (placeholder("drawn", '<div class="highlight"><pre>' + "x\n" * 20 + "</pre></div>"), 18, 22),
        (placeholder("picture", '<figure><svg viewBox="0 0 300 200"></svg></figure>'), 10, 14),
        ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", 2, 4),
        (f"<details><summary>s</summary>{placeholder('display', 'a')}</details>", 2, 4),  # folded
        (f"<details open><summary>s</summary>{placeholder('display', 'a')}</details>", 3, 6),
        ('<div class="tabbed-set"><div class="tabbed-block"><p>a</p></div><div class="tabbed-block">'
         + "<p>b</p>" * 30 + "</div></div>", 1, 4),
    ],
)  # fmt: skip
def test_the_room_of_a_block(block: str, least: float, most: float) -> None:
    assert least <= room(block)[0] <= most


def test_running_text_is_counted_in_characters() -> None:
    assert room(f"<p>{'word ' * 40}</p>") == (1.2, 199)
    line = placeholder("worked", "a = x\n\n1.5{a 0,1} · 2{a 1,0} = 3")
    assert 10 < room(line)[1] < 25  # without the bindings
    formula = placeholder("inline", r"\frac{\partial L}{\partial x}", "span")
    assert room(f"<p>{formula}</p>")[1] < 20


def test_what_holds_a_readers_choice_is_drawn_at_once() -> None:
    table = placeholder("matrix", "x :,:\nT\\D 0\n" + "\n".join(f"{t} 1" for t in range(40)))
    choice = "<div><fieldset><legend>Step</legend><input></fieldset></div>\n"
    assert f'<div class="part seen" style="--h:0;--c:4">\n{choice}</div>' in parted(f"{table}\n" * 4 + choice)
