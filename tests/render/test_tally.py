"""Counts of a page are those of its fences and sentences."""

from __future__ import annotations

from render.fences import draw_matrix, draw_worked
from render.pages import Site
from render.tally import FENCE, Tally, tally
from tests.configurations import computed

PAGE = """\
The loss is <span class="n" data-ref="loss">2.345</span>.

~~~worked
a = x
r = y

0.5{a 0,1} · 2 + 0.1{a 1,1} ≈ 1.1{r 0}
~~~

??? note "Folded"

    ~~~matrix
    x :,: role=value shortened
    T\\D  0    1    …
    0    0.5  0.1  …
    …    …    …    …
    ~~~
"""


def test_numbers_and_lines() -> None:
    assert tally(PAGE) == Tally(numbers=1 + 3 + 2, lines=1)


def test_an_empty_page() -> None:
    assert tally("# Nothing\n") == Tally(0, 0)


def test_a_page_of_the_site_has_what_its_html_has() -> None:
    config, ledger = computed("default")
    page = Site(ledger, config).page("forward/attention.md")
    drawn = {"matrix": draw_matrix, "worked": draw_worked}
    html = "".join(
        drawn[kind]("\n".join(line.strip() for line in body.splitlines())) for kind, body in FENCE.findall(page)
    )
    inline = page.count('<span class="n" data-ref=')
    assert tally(page).numbers == html.count("<td") + html.count('class="n"') + inline
    assert tally(page).lines == html.count('<p class="line">')
