"""The tool of the page "Train it yourself": its fields, and what the script behind them has to know of the model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from calc import export_program
from calc.generation import EOS
from calc.tokenizer import SPECIAL
from render.digits import whole
from render.words import token

if TYPE_CHECKING:
    from render.page import Page
    from render.pages import Site

STEPS = (1, 10, 100)
MOST_BARS = 12  # words whose probability is drawn
NONE = "–"
CAPTION = "The probability of the next word"
UNTRAINED = "No step is taken yet."


def data(site: Site) -> str:
    """The file that the script reads."""
    return json.dumps(known(site), ensure_ascii=False, separators=(",", ":")) + "\n"


def known(site: Site) -> dict[str, Any]:
    """What is in it: which names of the program are the ids, the logits and so on, the axes that a sentence's length
    decides, the vocabulary, and the bounds and first texts of the fields."""
    config = site.config
    keys = ("generation.temperature", "generation.top_k", "generation.seed")
    return {
        "program": "data/program.json",
        "axes": ["T", "S"],
        "ids": "inputs.tokens",
        "targets": "inputs.targets",
        "positions": "inputs.positions",
        "logits": "logits",
        "loss": "loss",
        "rate": "adamw.lr",
        "words": site.tables.words,
        "special": len(SPECIAL),
        "end": EOS,
        "longest": config.model.positions,
        "most": config.generation.tokens,
        "digits": config.display.digits,
        "bounds": {key.partition(".")[2]: export_program.bounds(key) for key in keys}
        | {"rate": export_program.bounds("optimizer.lr")},
        "texts": {"sentence": config.text.sentence, "prompt": config.generation.prompt,
                  "rate": f"{config.optimizer.lr}",
                  "temperature": "0", "top_k": "0", "seed": f"{config.generation.seed}"},
    }  # fmt: skip


def tool(page: Page) -> str:
    """The fields, as one line of HTML. They do nothing before the script has come, and are not there without it."""
    words = page.site.tables.words
    put = "".join(f'<button type="button">{token(word)}</button>' for word in words[len(SPECIAL) :])
    put += '<button type="button">Take the last one away</button>'
    longest = whole(page.config.model.positions)
    steps = "".join(
        f'<button type="submit" data-steps="{n}">Train {n} {"step" if n == 1 else "steps"}</button>' for n in STEPS
    )
    rows = "".join(
        f'<tr><th scope="row">{token(word)}</th><td aria-hidden="true"><i></i></td><td>{NONE}</td><td></td></tr>'
        for word in words[:MOST_BARS]
    )
    return (
        '<div class="own" data-search-exclude>'
        '<form novalidate autocomplete="off"><fieldset disabled><legend>Train</legend>'
        + _words("sentence", f"A sentence of these words, at most {longest} of them", put)
        + f'<div class="own-row">{_field("rate", "Learning rate", "decimal")}</div>'
        f'<div class="own-buttons">{steps}<button type="button" data-stop>Stop</button>'
        '<button type="button" data-restart>Start again</button></div>'
        f'<figure class="losses"><svg viewBox="0 0 300 72" role="img" aria-label="{UNTRAINED}">'
        f'<line x1="4" x2="296" y1="68" y2="68"/></svg><figcaption><span>{UNTRAINED}</span></figcaption></figure>'
        '<output class="own-said"></output></fieldset></form>'
        '<form novalidate autocomplete="off"><fieldset disabled><legend>Write</legend>'
        + _words("prompt", "The words to begin with", put)
        + '<div class="own-row">'
        + _field("temperature", "Temperature", "decimal", "0: always the likeliest word")
        + _field("top_k", "Top-k", "numeric", "0: all words")
        + _field("seed", "Seed", "numeric", "of what is drawn")
        + '</div><div class="own-buttons"><button type="submit">Write</button></div>'
        "<dl><dt>Now</dt><dd></dd><dt>Before any training</dt><dd></dd></dl>"
        '<output class="own-said"></output>'
        f'<table class="chances" data-caption="{CAPTION}"><caption>{CAPTION}</caption>'
        '<thead><tr><th scope="col">word</th><td aria-hidden="true"></td>'
        '<th scope="col">probability</th><td></td></tr></thead>'
        f"<tbody>{rows}</tbody></table></fieldset></form></div>"
    )


def _words(name: str, label: str, buttons: str) -> str:
    return (
        f'<div class="own-words"><label for="own-{name}">{label}</label>'
        f'<input id="own-{name}" name="{name}" autocapitalize="off" spellcheck="false" '
        f'aria-describedby="own-{name}-wrong">'
        f'<div role="group" aria-label="Words to put at the end">{buttons}</div>'
        f'<output id="own-{name}-wrong" for="own-{name}" role="alert"></output></div>'
    )


def _field(name: str, label: str, mode: str, hint: str = "") -> str:
    below = f' <small id="own-{name}-hint">{hint}</small>' if hint else ""
    described = f"own-{name}-hint own-{name}-wrong" if hint else f"own-{name}-wrong"
    return (
        f'<div><label for="own-{name}">{label}</label>'
        f'<input id="own-{name}" name="{name}" inputmode="{mode}" spellcheck="false" aria-describedby="{described}">'
        f'{below}<output id="own-{name}-wrong" for="own-{name}" role="alert"></output></div>'
    )
