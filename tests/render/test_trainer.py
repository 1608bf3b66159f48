"""The page on which a model learns in the browser, as text: its fields, and what stands there where nothing is run."""

from __future__ import annotations

import json

import pytest

from calc.step import training_step
from render import trainer
from render.pages import Site
from render.proof import kept
from render.words import inert
from tests.configurations import CONFIGURATIONS, ODD, computed, configured

PATH = "writing/try-it.md"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "hold", lambda *_: 0)  # of every page of the site; these are not about numbers


def test_above_the_largest_replay_the_page_says_why_there_is_nothing_to_press() -> None:
    config = configured(CONFIGURATIONS["narrow"] | {"display.largest_replay": 1000})
    off = Site(training_step(config), config).page(PATH)
    on = Site(*reversed(computed("narrow"))).page(PATH)
    assert "largest_replay" in off
    assert "largest_replay" not in on
    for part in ("<form novalidate", "script: assets/js/try/main.js", "Press “Write” first"):
        assert (part in on, part in off) == (True, False), part
    for page in (on, off):
        assert "python -m calc train" in page
        assert "the loss is <span" in page


def test_words_that_look_like_markup_stand_there_escaped_and_in_the_data_as_they_are() -> None:
    config, ledger = computed("odd words")
    site = Site(ledger, config)
    page, data = site.page(PATH), json.loads(trainer.data(site))
    form = page[page.index('<div class="own"') :].split("\n")[0]
    for word in ODD:
        assert form.count(f'<button type="button"><code class="token">{inert(word)}</code></button>') == 2, word
        assert word in data["words"]
    assert form.count('<tr><th scope="row">') == trainer.MOST_BARS < len(data["words"])
    assert data["texts"]["sentence"] == config.text.sentence
    assert data["longest"] == 16
    assert {name: ledger[data[name]].axes for name in ("ids", "logits", "loss", "rate")} == {
        "ids": ("T",), "logits": ("T", "V"), "loss": (), "rate": (),
    }  # fmt: skip
