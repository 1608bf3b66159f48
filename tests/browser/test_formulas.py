"""Formulas look as KaTeX draws them: render/lighter.mjs takes elements away, and every letter stays where it was."""

from __future__ import annotations

import json
import subprocess
from itertools import starmap
from typing import Any

from playwright.sync_api import Browser, Page

from render import katex

FORMULAS = (
    r"W_{c,d}", r"x^2", r"W_Q^{(0)}", r"{W_2}^{+}", r"\hat{X}_1 \odot \overline{g}", r"\max_{v} z_v, \qquad \ln \ell",
    r"\frac{\partial \mathcal{L}}{\partial (W_O)_{c,d}} = \sum_{t} O_{t,c}\, g_{t,d}", r"X^{\mathsf{T}} \mathbf{b}'",
    r"\sqrt{\frac{1}{|D|} \sum_d (x_d - \mu)^2 + \epsilon}", r"a_{\text{out}} \neq b \cdot e^{-x/\sqrt{2}}",
    r"\left(\frac{a}{b}\right)_{t,d} \approx \tfrac{1}{2}", r"\begin{cases} 1 & u = v \\ 0 & \text{if not} \end{cases}",
    r"\begin{bmatrix} p_1(1-p_1) & -p_1 p_2 \\ -p_2 p_1 & p_2(1-p_2) \end{bmatrix}",
)  # fmt: skip
NEAR = 0.5  # px: positions are rounded to a thousandth of a letter, and to a 64th of a pixel by the browser
PLACES = """() => [...document.querySelectorAll('.box')].map(box => {
  const from = box.getBoundingClientRect(), places = []
  const add = (sign, at) => places.push([sign, at.x - from.x, at.y - from.y, at.width, at.height])
  const walker = document.createTreeWalker(box.querySelector('.katex-html'), NodeFilter.SHOW_TEXT)
  for (let text; (text = walker.nextNode()); )
    for (let i = 0; i < text.data.length; i++) {
      if (text.data[i] === '\\u200b') continue
      const range = document.createRange()
      range.setStart(text, i)
      range.setEnd(text, i + 1)
      add(text.data[i], range.getBoundingClientRect())
    }
  for (const line of box.querySelectorAll('.frac-line, svg')) add('line', line.getBoundingClientRect())
  add('box', from)
  return places
})"""


def plain(tex: str, display: bool) -> str:
    """As KaTeX itself draws it."""
    program = (
        "import(process.argv[1]).then(({default: k}) => console.log(k.renderToString(...JSON.parse(process.argv[2]))))"
    )
    options = json.dumps([tex, katex.OPTIONS | {"displayMode": display}])
    module = (katex.PACKAGE / "dist" / "katex.mjs").as_uri()
    command = [str(katex.node()), "-e", program, module, options]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout.strip()


def places(page: Page, formulas: list[str]) -> list[list[list[Any]]]:
    boxes = "".join(f'<div><div class="box">a{formula}b</div></div>' for formula in formulas)
    head = '<link rel="stylesheet" href="/assets/every-number.css"><style>.box { display: inline-block }</style>'
    page.set_content(f"<!doctype html>{head}{boxes}")
    page.evaluate("document.fonts.ready")
    page.wait_for_function("document.fonts.status === 'loaded'")
    return list(page.evaluate(PLACES))


def test_every_letter_is_where_katex_sets_it(browser: Browser, url: str) -> None:
    asked = [(tex, display) for tex in FORMULAS for display in (False, True)]
    context = browser.new_context(java_script_enabled=True)
    page = context.new_page()
    page.goto(f"{url}404.html")  # where the style sheet is
    drawer = katex.Katex(cache=None)
    lighter = drawer.draw(list(starmap(katex.Formula, asked)))
    heavier = list(starmap(plain, asked))
    assert sum(map(len, lighter)) < 0.6 * sum(map(len, heavier))
    for (tex, _), now, before in zip(asked, places(page, lighter), places(page, heavier), strict=True):
        assert [sign for sign, *_ in now] == [sign for sign, *_ in before], tex
        off = max(
            abs(a - b) for one, other in zip(now, before, strict=True) for a, b in zip(one[1:], other[1:], strict=True)
        )
        assert off < NEAR, f"{tex}: {off:.2f} px"
    drawer.close()
    context.close()
