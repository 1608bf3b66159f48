"""The joined style sheet: every rule in order, every path in it right, comments gone."""

from __future__ import annotations

from pathlib import Path

from render.styles import JOINED, joined


def test_rules_keep_their_order_and_comments_go() -> None:
    sheets = {"assets/a.css": "/* words */ a { b: c }", "assets/css/b.css": "/*! licence */\nd { e: f }\n"}
    assert joined(sheets, "assets/x.css") == "a { b: c }\n/*! licence */\nd { e: f }\n"


def test_paths_are_told_from_where_the_joined_sheet_lies() -> None:
    css = "a{src:url(fonts/x.woff2)} b{c:url('../y.svg')} d{e:url(data:image/svg+xml,z)} f{g:url(#h)} i{j:url(/k.png)}"
    assert joined({"assets/katex/katex.css": css}, "assets/x.css") == (
        "a{src:url(katex/fonts/x.woff2)} b{c:url(y.svg)} d{e:url(data:image/svg+xml,z)} f{g:url(#h)} i{j:url(/k.png)}\n"
    )


def test_a_page_of_the_site_asks_for_one_sheet_beside_the_themes(site: Path) -> None:
    page = (site / "forward" / "qkv" / "index.html").read_text(encoding="utf-8")
    sheets = [part.split('"')[0] for part in page.split('<link rel="stylesheet" href="')[1:]]
    assert [sheet for sheet in sheets if "/stylesheets/" not in sheet] == [f"../../{JOINED}"]
    css = (site / JOINED).read_text(encoding="utf-8")
    assert ".part" in css
    named = {part.split(")")[0] for part in css.split("url(katex/")[1:]}
    assert len(named) >= 20
    assert all((site / "assets" / "katex" / name).is_file() for name in named)
