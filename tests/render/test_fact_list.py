"""The fence that lists what is known of a thing."""

from __future__ import annotations

import pytest

from render.fact_list import FactsError, draw_facts


def test_labels_links_and_code() -> None:
    html = draw_facts("Made by: [`dot`](../#dot), sum of products\nRead as: a < b, `x[i] & y`\n")
    assert html == (
        '<dl class="facts"><div><dt>Made by</dt><dd><a href="../#dot"><code>dot</code></a>, sum of products</dd></div>'
        "<div><dt>Read as</dt><dd>a &lt; b, <code>x[i] &amp; y</code></dd></div></dl>"
    )


def test_a_name_too_long_for_a_phone_may_break_behind_its_dots() -> None:
    long, short = "facts.operations.backward.attention.functions", "layers.0.attention.q"
    html = draw_facts(f"Of: [`{long}`](../#a), [{long}](../#b), `{short}`, [{'some words. ' * 4}](../#c)")
    broken = long.replace(".", ".<wbr>")
    assert f"<code>{broken}</code></a>" in html
    assert f'"../#b">{broken}</a>' in html
    assert f"<code>{short}</code>" in html
    assert html.count("<wbr>") == 2 * long.count(".")


def test_indented_lines_are_code_character_by_character() -> None:
    html = draw_facts("Code: `calc/x.py`, line 3\n    a = f(\n        b[`c`](d)  # <e>\n    )\nNext: one")
    assert '<code class="lines" tabindex="0">a = f(\n    b[`c`](d)  # &lt;e&gt;\n)</code></dd>' in html
    assert html.endswith("<div><dt>Next</dt><dd>one</dd></div></dl>")


def test_code_at_the_end() -> None:
    code = '<code class="lines" tabindex="0">x = 1</code>'
    assert draw_facts("Code: here\n    x = 1").endswith(f"<dd>here{code}</dd></div></dl>")


@pytest.mark.parametrize("source", ["", "no label", "Label:", "    code without a fact", "Made by: x\nand more"])
def test_what_is_no_fact_is_refused(source: str) -> None:
    with pytest.raises(FactsError):
        draw_facts(source)


def test_a_label_may_not_hold_a_link() -> None:
    with pytest.raises(FactsError):
        draw_facts("[a](b): c")
