"""The style sheet's colours: every text on every ground it can stand on, in both schemes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "site_src" / "assets" / "site.css").read_text(encoding="utf-8")
PAPER = {"default": "#ffffff", "slate": "#1e2129"}  # Material's own ground of a page
HEAT = [f"{sign}{step}" for sign in "pn" for step in range(1, 6)]


def variables(scheme: str) -> dict[str, str]:
    block = re.search(rf'\[data-md-color-scheme="{scheme}"\] \{{(.*?)\n\}}', CSS, re.DOTALL)
    assert block
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[1]))


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_is_the_standards() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_numbers_can_be_read_on_every_tint(scheme: str) -> None:
    color = variables(scheme)
    for tint in [*HEAT, "cell-paper"]:
        assert contrast(color["cell-ink"], color[tint]) >= 4.5, tint


@pytest.mark.parametrize("scheme", ["default", "slate"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("cell-faint", "label-paper"),
        ("label-ink", "label-paper"),
        ("label-ink", "paper"),
        ("value", "paper"),
        ("gradient", "paper"),
        ("update", "paper"),
        ("md-typeset-a-color", "paper"),
        ("md-accent-fg-color", "paper"),
        ("md-primary-bg-color", "md-primary-fg-color"),
    ],
)
def test_words_can_be_read_where_they_stand(scheme: str, ink: str, ground: str) -> None:
    color = variables(scheme) | {"paper": PAPER[scheme]}
    assert contrast(color[ink], color[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_tints_grow_with_the_number_and_every_one_is_used(scheme: str) -> None:
    color = variables(scheme)
    for sign in "pn":
        ratios = [contrast(color["cell-paper"], color[f"{sign}{step}"]) for step in range(1, 6)]
        assert ratios == sorted(ratios)
        assert ratios[0] > 1.05
    for tint in HEAT:
        assert f"td.{tint} {{ background: var(--{tint}); }}" in CSS


def test_nothing_is_fetched() -> None:
    assert "url(" not in CSS
    assert "@import" not in CSS
