"""What the explorer says of each entry: of every one, and what leads somewhere leads there."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from render.explorer import Labels
from render.pages import Site
from tests.configurations import computed

COLUMNS = ("symbols", "rules", "meanings", "origins", "kinds", "sources", "printed", "parts")
EVERY = ("symbols", "kinds", "sources", "parts")
FORWARD = {"embeddings", "layer_norm", "qkv", "attention", "multi_head", "feed_forward", "output"}


@cache
def labels(name: str, *pages: str) -> tuple[Site, dict[str, Any]]:
    site = Site(computed(name).ledger, computed(name).config)
    for page in pages:
        site.page(page)
    return site, Labels(site).file()


def said(file: dict[str, Any], column: str, number: int) -> Any:
    at = file[column]["of"][number]
    return None if at < 0 else file[column]["all"][at]


@pytest.mark.parametrize("name", ["default", "two layers", "odd words"])
def test_every_entry_has_its_label(name: str) -> None:
    site, file = labels(name)
    for column in COLUMNS:
        assert len(file[column]["of"]) == len(site.ledger), column
    for number, entry in enumerate(site.ledger):
        assert all(said(file, column, number) is not None for column in EVERY), entry.name
        assert said(file, "symbols", number).count("<mi>§</mi>") == len(entry.axes), entry.name
        if entry.axes:
            assert (said(file, "rules", number) is None) == (entry.op == "given"), entry.name
    assert set(file["axes"]) >= {axis for entry in site.ledger for axis in entry.axes}
    assert set(file["operations"]) >= {entry.op for entry in site.ledger}
    assert "mathvariant" not in json.dumps(file["symbols"])


def test_words_of_axes() -> None:
    _, file = labels("default")
    assert file["axes"]["T"] == {"word": "position", "beside": {"S": "query", "S'": "query"}, "words": "inputs.tokens"}
    assert file["axes"]["V"] == {"word": "word", "words": ""}
    assert file["axes"]["D''"] == {"word": "feature"}


def test_pages_anchors_and_lines_of_code() -> None:
    page = "forward/attention.md"
    site, file = labels("default", page)
    numbers = {entry.name: number for number, entry in enumerate(site.ledger)}
    at = numbers["layers.0.attention.scores"]
    assert said(file, "printed", at) == ((0, 1),)
    assert file["pages"] == [("forward/attention/", site.walk[page].title)]
    path, line, text, address = said(file, "sources", at)
    assert (path, text.split("(")[0]) == ("calc/attention.py", "scores = led.put")
    assert address == f"forward/attention/#line-attention.forward-{line}"
    assert said(file, "sources", numbers["w_out"])[3] == ""  # on no page that was rendered here
    assert said(file, "kinds", at) == ("forward value", "value")
    assert said(file, "meanings", at) == said(file, "meanings", numbers["after.layers.0.attention.scores"])


def test_the_built_file_leads_where_it_says(site: Path) -> None:
    file = json.loads((site / "data" / "labels.json").read_text(encoding="utf-8"))
    names = json.loads((site / "data" / "program.json").read_text(encoding="utf-8"))["names"]
    ids = {address: set(re.findall(r'\bid="([^"]+)"', (site / address / "index.html").read_text(encoding="utf-8")))
           for address, _ in file["pages"]}  # fmt: skip
    for _, _, _, address in file["sources"]["all"]:
        page, _, anchor = address.partition("#")
        assert not address or anchor in ids[page], address
    for number, name in enumerate(names):
        for page, anchored in said(file, "printed", number) or ():
            assert not anchored or name in ids[file["pages"][page][0]], name
        assert (site / file["folder"] / said(file, "parts", number) / "index.html").is_file()


def test_the_words_of_the_optimizer_are_of_its_entries() -> None:
    site, file = labels("default")
    assert [p for p, _ in file["update"] if p.replace("*", "w_out") not in site.ledger] == []
    assert set(file["stages"]) >= {entry.stage.split(".")[0] for entry in site.ledger} - FORWARD


def test_code_and_data_are_small_enough_to_be_loaded_at_a_click(site: Path) -> None:
    files = [site / "data" / "program.json", site / "data" / "labels.json", *(site / "assets").glob("explorer*.css"),
             *(site / "assets" / "js" / "explorer").rglob("*.js")]  # fmt: skip
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) < 150_000
