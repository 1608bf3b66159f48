"""Formulas as MathML for browsers to draw: KaTeX makes it for those who listen, and two things are seen that are not
heard. Script letters have signs of their own, and what a bracket's subscript stands on is all between the brackets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from render.katex import Formula
from render.markdown_ext import drawer

_MATH = re.compile(r"<math.*?</math>", re.DOTALL)
_SCRIPTS = ("msub", "msup", "msubsup")


def mathml(formulas: Iterable[str]) -> list[str]:
    """TeX as <math> elements. The pages' own drawer draws it, which keeps what it has drawn."""
    drawn = drawer().draw([Formula(tex, display=False) for tex in formulas])
    return [_seen(found[0]) for html in drawn for found in _MATH.finditer(html)]


def _seen(text: str) -> str:
    root = ElementTree.fromstring(text.replace("&nbsp;", "\u00a0"))
    for element in root.iter():
        if element.get("mathvariant") == "script":
            element.text = _script(element.text or "")
            del element.attrib["mathvariant"]
        element[:] = _bracketed(list(element))
    return ElementTree.tostring(root, encoding="unicode")


def _script(letter: str) -> str:
    """The sign of a script letter: ℒ. Some of them are older than the alphabet that the others stand in."""
    try:
        return unicodedata.lookup(f"SCRIPT CAPITAL {letter}")
    except KeyError:
        return unicodedata.lookup(f"MATHEMATICAL SCRIPT CAPITAL {letter}")


def _bracketed(siblings: list[Element]) -> list[Element]:
    """The siblings with every ( ... ) that carries a subscript or superscript as one row under it."""
    made: list[Element] = []
    for sibling in siblings:
        closes = sibling.tag in _SCRIPTS and _is(sibling[0], ")")
        start = _opening(made) if closes else None
        if start is not None:
            row = Element("mrow")
            row.extend([*made[start:], sibling[0]])
            sibling[0] = row
            del made[start:]
        made.append(sibling)
    return made


def _opening(before: list[Element]) -> int | None:
    """Where among these the bracket opens that is closed next."""
    depth = 0
    for place in range(len(before) - 1, -1, -1):
        if _is(before[place], ")"):
            depth += 1
        elif _is(before[place], "("):
            if not depth:
                return place
            depth -= 1
    return None


def _is(element: Element, sign: str) -> bool:
    return element.tag == "mo" and element.text == sign
