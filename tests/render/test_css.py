"""The style sheets' colours: every text on every ground it can stand on, in both schemes, and for all eyes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from render.tables import role
from tests.configurations import computed

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "site_src" / "assets"
CSS = (ASSETS / "site.css").read_text(encoding="utf-8")
SHEETS = {path.name: path.read_text(encoding="utf-8") for path in [ASSETS / "site.css", *ASSETS.glob("css/*.css")]}
PAPER = {"default": "#ffffff", "slate": "#1e2129"}  # Material's own ground of a page
HEAT = [f"{sign}{step}" for sign in "pn" for step in range(1, 6)]
WAYS = ["value", "gradient", "update"]
SCHEMES = ["default", "slate", "print"]

# What those see who lack one of the eye's three kinds of cones: Machado, Oliveira and Fernandes, "A physiologically-
# based model for simulation of color vision deficiency", 2009, severity 1, on linear RGB.
EYES = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def variables(scheme: str) -> dict[str, str]:
    css, start = (SHEETS["print.css"], "[data-md-color-scheme] {") if scheme == "print" else (CSS, f'"{scheme}"] {{')
    block = re.search(rf"{re.escape(start)}(.*?)\}}", css, re.DOTALL)
    assert block
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[1]))


def linear(color: str) -> list[float]:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    r, g, b = linear(color)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(color: str, eye: str) -> tuple[float, float, float]:
    """CIE 1976 L*a*b* of what the eye makes of a colour."""
    r, g, b = (min(1.0, max(0.0, sum(k * c for k, c in zip(row, linear(color), strict=True)))) for row in EYES[eye])
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def apart(one: str, other: str, eye: str) -> float:
    """How far two colours are apart for an eye; 2.3 is just noticeable."""
    return float(sum((p - q) ** 2 for p, q in zip(lab(one, eye), lab(other, eye), strict=True)) ** 0.5)


def test_the_measures_are_the_standards() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert lab("#ffffff", "all cones")[0] == pytest.approx(100)
    assert apart("#ff0000", "#00ff00", "all cones") > 150
    assert apart("#c06000", "#7a8a00", "deuteranopia") < 20 < apart("#c06000", "#7a8a00", "all cones")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_numbers_can_be_read_on_every_tint(scheme: str) -> None:
    color = variables(scheme)
    for tint in [*HEAT, "cell-paper"]:
        assert contrast(color["cell-ink"], color[tint]) >= 4.5, tint


@pytest.mark.parametrize("scheme", ["default", "slate"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("cell-faint", "label-paper"),
        ("cell-faint", "cell-paper"),
        ("cell-faint", "paper"),
        ("label-ink", "label-paper"),
        ("label-ink", "paper"),
        *itertools.product(WAYS, ["paper", "cell-paper", "label-paper"]),
        ("cell-paper", "value"),  # the part of the map that is lit
        ("cell-paper", "gradient"),
        ("cell-paper", "update"),
        ("md-default-fg-color", "paper"),
        ("md-typeset-a-color", "paper"),
        ("md-typeset-a-color", "label-paper"),
        ("md-accent-fg-color", "paper"),
        ("md-primary-bg-color", "md-primary-fg-color"),
    ],
)
def test_words_can_be_read_where_they_stand(scheme: str, ink: str, ground: str) -> None:
    color = variables(scheme) | {"paper": PAPER[scheme]}
    assert contrast(color[ink], color[ground]) >= 4.5


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_three_ways_can_be_told_apart_by_every_eye(scheme: str, eye: str) -> None:
    color = variables(scheme)
    for one, other in itertools.combinations(WAYS, 2):
        assert apart(color[one], color[other], eye) > 15, (one, other)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_positive_and_negative_tints_can_be_told_apart_by_every_eye(scheme: str, eye: str) -> None:
    color = variables(scheme)
    for step, least in zip(range(1, 6), (10, 20, 30, 40, 50), strict=True):
        assert apart(color[f"p{step}"], color[f"n{step}"], eye) > least, step


@pytest.mark.parametrize("scheme", SCHEMES)
def test_tints_grow_with_the_number_and_every_one_is_used(scheme: str) -> None:
    color = variables(scheme)
    for sign in "pn":
        ratios = [contrast(color["cell-paper"], color[f"{sign}{step}"]) for step in range(1, 6)]
        assert ratios == sorted(ratios)
        assert ratios[0] > 1.05
    for tint in HEAT:
        assert f"td.{tint} {{ background: var(--{tint}); }}" in CSS


def test_colours_have_names() -> None:
    """Colours are chosen in one place; elsewhere they are called by their names, on paper in print.css."""
    for name in ("maps.css", "pictures.css", "forward.css", "backward.css", "update.css"):
        assert not re.search(r"#[0-9a-f]{3,8}\b", SHEETS.get(name, "")), name


def test_the_navigation_names_the_ways_in_their_colours() -> None:
    nav = re.findall(r"^  - (\S[^:]*):", (ROOT / "mkdocs.yml").read_text("utf-8").split("nav:")[1], re.MULTILINE)
    places = re.findall(r"item:nth-child\((\d)\) > \.md-nav__link \{ color: var\(--(\w+)\)", SHEETS["identity.css"])
    named = {"Forward": "value", "Backward": "gradient", "Update": "update"}
    assert {nav[int(place) - 1]: color for place, color in places} == named


def test_nothing_is_fetched_but_the_sites_own_typefaces() -> None:
    for name, css in SHEETS.items():
        assert "@import" not in css
        fetched = re.findall(r"url\(([^#)][^)]*)\)", css)
        assert all(re.fullmatch(r"\.\./fonts/[\w-]+\.woff2", url) for url in fetched), (name, fetched)
        assert not fetched or name == "type.css"


def test_no_line_moves_when_a_typeface_comes() -> None:
    faces = re.findall(r"@font-face \{(.*?)\}", SHEETS["type.css"], re.DOTALL)
    assert len(faces) == SHEETS["type.css"].count("url(")
    assert all("font-display: optional" in face for face in faces)


def test_captions_have_the_colours_of_their_tables() -> None:
    css = SHEETS["identity.css"]
    tones: dict[str, str] = {}
    for prefixes, tone in re.findall(r"p\.entry:is\((.*?)\) \{ --tone: var\(--(\w+)\)", css):
        tones |= dict.fromkeys(re.findall(r'\^="([\w.]+)"', prefixes), tone)
    for entry in computed("two layers").ledger:
        tone = next((tone for prefix, tone in tones.items() if entry.name.startswith(prefix)), "value")
        assert role(entry) in (tone, "mask"), entry.name
