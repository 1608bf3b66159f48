"""The legend: it explains every mark that pages print, and every colour that tables have."""

from __future__ import annotations

from xml.etree import ElementTree

from render.fences import GAP, MINUS_INFINITY, ROLES
from render.legend import legend


def terms() -> tuple[list[str], list[str]]:
    html = legend().removeprefix("~~~picture\n").removesuffix("\n~~~")
    details = ElementTree.fromstring(html)
    marks = list(details.iter("dt"))
    assert len(marks) == len(list(details.iter("dd")))
    return ["".join(mark.itertext()) for mark in marks], [mark.get("class") or "" for mark in marks]


def test_every_kind_of_table_is_explained() -> None:
    assert set(ROLES) == set(terms()[1]) - {""}


def test_every_mark_is_explained() -> None:
    assert {"=", "≈", "✓", "¶", GAP, MINUS_INFINITY} <= set(terms()[0])


def test_it_is_folded_and_light() -> None:
    assert "<details" in legend()
    assert " open" not in legend().split(">")[0]
    assert legend().count("<") - legend().count("</") < 40
