"""The audit of the built HTML: each fault is planted once and found; what is right is let pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.audit import audit, without_katex
from render.katex import Formula, Katex

FRAME = """<!doctype html><html><head><title>A page</title><link rel="stylesheet" href="{css}"></head>
<body><h1 id="top">A page</h1>{body}</body></html>"""


def site(folder: Path, body: str, other: str = "<p id='there'>Other</p>") -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "assets" / "site.css").write_text("p { color: red }")
    (folder / "other").mkdir()
    (folder / "index.html").write_text(FRAME.format(css="assets/site.css", body=body), encoding="utf-8")
    (folder / "other" / "index.html").write_text(FRAME.format(css="../assets/site.css", body=other), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<p>It is nan.</p>", "no number: “nan” in “It is nan.”"),
        ("<td>nan</td>", "no number: “nan”"),
        ("<p>NaN</p>", "no number"),
        ("<p>The value is None</p>", "no number: “None”"),
        ("<p>undefined</p>", "no number"),
        ("<td class='masked'>inf</td>", "no number"),
        ("<p>-inf</p>", "no number"),
        ("<p>about ∞</p>", "an infinity outside a mask"),
        ("<td>−∞</td>", "an infinity outside a mask"),
        ("<td class='masked'>∞</td>", "an infinity outside a mask"),
        ("<p>$x$</p>", "unrendered formula: “$”"),
        ("<p>costs $$</p>", "unrendered formula"),
        ("<p>\\frac{1}{2}</p>", "unrendered TeX: “\\frac”"),
        ("<p>\\(x\\)</p>", "unrendered TeX"),
        ("<p>a \\<b>alpha</b></p>", "unrendered TeX: “\\alpha”"),  # across an inline tag
        ("<p>&lt;&lt; s.x &gt;&gt;</p>", "unrendered template"),
        ("<p>&lt;% if %&gt;</p>", "unrendered template"),
        ("<p>~~~matrix</p>", "unrendered Markdown"),
        ("<p>**bold**</p>", "unrendered Markdown"),
        ("<p>[x](y.md)</p>", "unrendered Markdown"),
        ("<img src='x.png' alt='nan'>", "no number"),
        ("<span class='later' data-later='inline' data-source='x'>…</span>", "placeholder left undrawn: x"),
        ("<img src='https://example.org/x.png' alt=''>", "another host: https://example.org/x.png"),
        ("<script src='//example.org/x.js'></script>", "another host"),
        (
            "<img srcset='a.png 1x, https://example.org/b.png 2x' alt=''>",
            "another host: https://example.org/b.png",
        ),
        ("<link rel='preconnect' href='https://example.org'>", "another host"),
        ("<p style='background: url(https://example.org/x.png)'>x</p>", "another host"),
        ("<form action='https://example.org'></form>", "another host"),
        ("<a href='gone/'>x</a>", "link to nothing: gone/"),
        ("<a href='../'>x</a>", "link to nothing: ../"),
        ("<a href='/gone/'>x</a>", "link to nothing: /gone/"),
        ("<img src='gone.png' alt=''>", "link to nothing: gone.png"),
        ("<a href='#gone'>x</a>", "an anchor that is not there: #gone"),
        ("<a href='other/#gone'>x</a>", "an anchor that is not there: other/#gone"),
        ("<p id='a'></p><p id='a'></p>", "id given twice: a"),
        ('<p class="entry" id="a">They are: <a>x</a></p>', "a sentence run into an entry's caption: They are:"),
    ],
)
def test_each_fault_is_found_and_names_its_page(tmp_path: Path, body: str, says: str) -> None:
    faults = audit(site(tmp_path / "site", body))
    assert len(faults) >= 1
    assert any(fault.startswith("index.html: ") and says in fault for fault in faults), faults
    assert not any(fault.startswith("other/") for fault in faults)


@pytest.mark.parametrize(
    "body",
    [
        "<p>A nanometre, an information, the infimum, undefinedness, a Nonesuch.</p>",
        "<p>None of the three adds a bias.</p>",
        "<td class='masked'>−∞</td>",
        "<td>1.5×10⁻⁵</td>",
        "<p>exp(<span class='n' data-ref='scores' data-index='0,0,1'>−∞</span>)</p>",
        "<pre>x = None; y = '$x$' &lt;&lt; \\n</pre>",
        "<p><code class='token'>$x$</code> <code>\\alpha</code> <code class='token'>nan</code></p>",
        "<table class='matrix' data-ref='x'><tr><th>$x$</th><th>&lt;&lt;</th><th>*b*</th><td>1</td></tr></table>",
        '<table class="matrix" data-ref="x"><tr><th scope="row"><small>1</small> $x$<td class=p1>1</table>',
        "<svg><text>the logit of “%&gt;”</text></svg><figure><figcaption>over “&lt;&lt;”</figcaption></figure>",
        "<script>var x = undefined, y = '$';</script><style>a { content: '$' }</style>",
        "<a href='other/'>x</a> <a href='other/index.html#there'>x</a> <a href='#top'>x</a> <a href='#'>x</a>",
        "<a href='.'>x</a> <a href='/other/'>x</a> <a href='https://example.org/'>x</a> <a href='mailto:a@b'>x</a>",
        "<link rel='canonical' href='https://example.org/'>",
        "<p>3 &lt; 4 and 5 &gt; 4</p>",
    ],
)
def test_what_is_right_passes(tmp_path: Path, body: str) -> None:
    assert audit(site(tmp_path / "site", body)) == []


def test_katex_is_cut_out_whole_and_nothing_else(tmp_path: Path) -> None:
    drawer = Katex(tmp_path / "katex.sqlite")
    formulas = [
        Formula(tex, display) for tex in (r"-\infty", r"\frac{\$}{x}", r"\text{None}") for display in (True, False)
    ]
    drawn = drawer.draw(formulas)
    drawer.close()
    html = "".join(f"<p>{i} {math} after</p>" for i, math in enumerate(drawn))
    assert without_katex(html) == "".join(f"<p>{i}  after</p>" for i in range(len(drawn)))
    assert audit(site(tmp_path / "site", html)) == []


def test_style_sheets_load_from_nowhere_else(tmp_path: Path) -> None:
    folder = site(tmp_path / "site", "")
    (folder / "assets" / "site.css").write_text(
        "@import 'https://example.org/x.css'; p { background: url(//example.org/x) }"
    )
    assert [fault.split(": ", 2)[:2] for fault in audit(folder)] == [["assets/site.css", "loads from another host"]] * 2


def test_absolute_links_begin_where_the_site_does(tmp_path: Path) -> None:
    folder = site(tmp_path / "site", "<a href='/every-number/other/'>x</a>")
    assert audit(folder, "https://example.org/every-number/") == []
    assert audit(folder) == ["index.html: link to nothing: /every-number/other/"]


def test_an_empty_site_is_a_fault(tmp_path: Path) -> None:
    assert audit(tmp_path) == [f"{tmp_path.name}: no pages"]
