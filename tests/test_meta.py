"""What search engines and screen readers read first: titles, descriptions, the order of headings."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path

TITLE = re.compile(r"<title>([^<]+)</title>")
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]+)">')
HEADING = re.compile(r"<h([1-6])[ >]")


def pages(site: Path) -> dict[str, str]:
    return {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in sorted(site.rglob("index.html"))
    }


def test_every_page_has_a_title_and_a_description_of_its_own(site: Path) -> None:
    found = pages(site)
    for what in (TITLE, DESCRIPTION):
        words = {name: what.search(html) for name, html in found.items()}
        assert [name for name, match in words.items() if match is None] == []
        often = [text for text, times in Counter(match[1] for match in words.values() if match).items() if times > 1]
        assert often == []


def test_a_page_has_one_first_heading_and_skips_no_level(site: Path) -> None:
    for name, html in pages(site).items():
        levels = [int(level) for level in HEADING.findall(html.partition("<article")[2].partition("</article>")[0])]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), name


def test_the_language_is_told(site: Path) -> None:
    assert all('<html lang="en"' in html for html in pages(site).values())
