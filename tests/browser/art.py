"""The site's pictures that are not drawn from a ledger: `python -m tests.browser.art` draws them anew, in Chromium.

site_src/assets/favicon.svg is drawn by hand; from it come the icon's PNGs. The card that a shared link shows is
composed here. It holds no number, so that it is right for every configuration.
"""

from __future__ import annotations

import base64
import math

from render.docs import DOCS
from render.fonts import assets
from tests.browser.chromium import ARGUMENTS, find

ASSETS = DOCS / "assets"
NAVY, PAPER = "#1d3b53", "#f4f6f8"
WAYS = {"forward": "#69aef5", "backward": "#f0a25f", "update": "#8fe8c0"}  # the dark scheme's colours
COLD = ("#e9f2fb", "#d2e5f6", "#b3d3ef", "#8ebce6", "#66a3dc")  # the light scheme's tints
WARM = ("#fdf1e5", "#fbe1c6", "#f7ca9d", "#f1b06f", "#e99543")
CELL, ROWS, COLUMNS = 44, 12, 10


def card() -> str:
    """The card as an HTML page of 1200 × 630 pixels."""
    fonts = {"Text": "source-sans-3-latin-wght-normal.woff2", "Heading": "source-serif-4-latin-600-normal.woff2"}
    faces = "".join(
        f"@font-face{{font-family:{name};src:url(data:font/woff2;base64,{base64.b64encode(assets()[file]).decode()})}}"
        for name, file in fonts.items()
    )
    cells = "".join(
        f'<rect x="{676 + CELL * j}" y="{51 + CELL * i}" width="{CELL - 3}" height="{CELL - 3}" fill="{_tint(i, j)}"/>'
        for i in range(ROWS)
        for j in range(COLUMNS)
    )
    bands = "".join(
        f'<rect x="{400 * i}" y="618" width="400" height="12" fill="{colour}"/>'
        f'<text x="80" y="{470 + 42 * i}" fill="{colour}" font-size="32">{way}</text>'
        for i, (way, colour) in enumerate(WAYS.items())
    )
    lines = ("One training step of a small GPT,", "in which every number can be", "traced to the ones it came from")
    words = "".join(
        f'<text x="80" y="{285 + 44 * i}" fill="{PAPER}" font-size="34">{line}</text>' for i, line in enumerate(lines)
    )
    return (
        f"<style>{faces}body{{margin:0}}text{{font-family:Text}}</style>"
        '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630">'
        f'<rect width="1200" height="630" fill="{NAVY}"/>'
        f'<path d="M676 40H650V590H676M1114 40H1140V590H1114" fill="none" stroke="{PAPER}" stroke-width="7"/>{cells}'
        '<text x="78" y="190" fill="#fff" font-size="76" style="font-family:Heading">Every Number</text>'
        f"{words}{bands}</svg>"
    )


def _tint(i: int, j: int) -> str:
    """A tint of the tables' scale: a pattern, not numbers."""
    wave = math.sin(1.7 * i + 0.6 * j * j) * math.cos(0.9 * j - 0.35 * i)
    scale = COLD if wave > 0 else WARM
    return scale[min(4, int(abs(wave) * 5))]


def icon(size: int) -> str:
    """The icon as an HTML page of that many pixels."""
    svg = (ASSETS / "favicon.svg").read_text(encoding="utf-8")
    return f"<style>body{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}</style>{svg}"


def draw() -> None:
    """Write every PNG, with the browser that the tests use."""
    from playwright.sync_api import sync_playwright

    sizes = {"favicon.png": (48, 48), "touch-icon.png": (180, 180), "social-card.png": (1200, 630)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        for name, (width, height) in sizes.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_content(icon(width) if width == height else card())
            page.evaluate("document.fonts.ready")
            page.screenshot(path=ASSETS / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    draw()
