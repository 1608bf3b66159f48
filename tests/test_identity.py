"""The face of the site outside of its pages: icons, typefaces, the card of a shared link; the legend on each page."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "site_src" / "assets"
HEAD = (ROOT / "overrides" / "partials" / "identity.html").read_text(encoding="utf-8")


def head(site_url: str, **page: Any) -> str:
    """What the partial adds to a page's head."""
    environment = jinja2.Environment(autoescape=True)
    environment.filters["url"] = lambda path: f"../{path}"
    config = SimpleNamespace(site_name="Every Number", site_description="all of it", site_url=site_url)
    shown = SimpleNamespace(**({"title": "A & B", "meta": {}, "is_homepage": False, "canonical_url": None} | page))
    return environment.from_string(HEAD).render(config=config, page=shown)


def size(png: Path) -> tuple[int, int]:
    data = png.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_pictures_have_the_sizes_that_the_head_names() -> None:
    assert size(ASSETS / "favicon.png") == (48, 48)
    assert size(ASSETS / "touch-icon.png") == (180, 180)
    assert size(ASSETS / "social-card.png") == (1200, 630)
    assert 'content="1200"' in HEAD
    assert 'content="630"' in HEAD


def test_a_card_has_an_address_only_where_the_sites_own_is_known() -> None:
    here = head("")
    assert "og:title" in here
    assert "og:image" not in here
    there = head("https://example.org/every/", canonical_url="https://example.org/every/a/")
    assert 'content="https://example.org/every/assets/social-card.png"' in there
    assert 'property="og:url" content="https://example.org/every/a/"' in there


def test_the_card_says_what_the_page_is() -> None:
    assert 'og:title" content="A &amp; B"' in head("")
    assert 'og:title" content="Every Number"' in head("", is_homepage=True)
    assert 'og:description" content="all of it"' in head("")
    assert 'og:description" content="of this page"' in head("", meta={"description": "of this page"})


@pytest.mark.parametrize("path", ["index.html", "forward/attention/index.html", "ledger/index.html"])
def test_every_page_has_its_icons_typefaces_and_legend(site: Path, path: str) -> None:
    html = (site / path).read_text(encoding="utf-8")
    base = (site / path).parent
    links = re.findall(
        r'<link rel="(?:icon|apple-touch-icon|preload)"[^>]*href="([^"]+)"|<link rel="icon" href="(\S+)">', html
    )
    files = [(base / (one or other)).resolve() for one, other in links]
    assert len(files) >= 4
    for file in files:
        assert file.is_file(), file
        assert file.is_relative_to(site.resolve())
    assert html.count('class="legend"') == 1
    assert "og:image" not in html  # this build knows no address


def test_the_typefaces_of_the_style_sheet_are_served(site: Path) -> None:
    sheets = [sheet.read_text(encoding="utf-8") for sheet in site.glob("assets/*.css")]
    fonts = {name for css in sheets for name in re.findall(r"fonts/(source-[\w-]+\.woff2)", css)}
    assert len(fonts) == 2
    assert all((site / "assets" / "fonts" / font).is_file() for font in fonts)


def test_captions_have_anchors_that_can_be_seen(site: Path) -> None:
    html = (site / "forward" / "attention" / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'<p class="entry" data-entry="([^"]+)" id="\1"', html)
    assert len(named) > 10
    for name in named:
        assert html.count(f'<a class="permalink" href="#{name}" aria-label="Link to {name}"></a>') == 1
