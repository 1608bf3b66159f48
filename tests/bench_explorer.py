"""Times of the explorer in headless Chromium: the last part of `make bench`."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table

from calc import export_program
from calc.config import from_values
from calc.step import training_step
from tests.browser import chromium
from tests.browser.serving import served

MODULES = Path(__file__).resolve().parent.parent / "site_src" / "assets" / "js" / "explorer"
LINE = (
    "the cat sat on the mat and the dog sat on the mat and the cat ran to the dog and the dog ran to the cat and "
    "they sat on mats"
)
LONG = {"text": {"corpus": [LINE], "sentence": LINE}}
CONFIGURATIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "default": ({"text": {"corpus": ["the cat sat on the mat", "the dog sat on the mat"],
                          "sentence": "the cat sat on the mat"}}, {}),
    "d_model 64, 2 layers, 32 positions": (
        LONG, {"model.d_model": 64, "model.heads": 4, "model.layers": 2, "model.d_ff": 256, "model.positions": 32}),
}  # fmt: skip
ROUNDS = 60
MEASURE = """async ([file, rounds]) => {
  const { Step } = await import("/step.js");
  const answer = await (await fetch(`/${file}`)).text();
  const time = (work) => { const from = performance.now(); work(); return performance.now() - from; };
  let step;
  const loading = time(() => { step = new Step(JSON.parse(answer)); });
  const { program, replay, given } = step, values = replay.run(given);
  const next = Object.values(program.file.next).filter((name) => typeof name === "string");
  const needed = program.needed(["loss", ...next]), few = replay.run(given, needed);
  const whole = [], steps = [];
  for (let i = 0; i < rounds; i++) {
    whole.push(time(() => replay.run(given, program.entries, values)));
    steps.push(time(() => replay.run(given, needed, few)));
  }
  return { loading, whole, steps, cells: program.entries.reduce((n, entry) => n + entry.size, 0) };
}"""

CELLS = "table[data-ref='layers.0.attention.scores'] td"
OPENING = """async (cells) => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const open = async (cell) => {
    const title = () => document.querySelector(".explorer h2")?.textContent ?? "";
    const from = performance.now(), before = title();
    cell.click();
    while (title() === before) await new Promise((done) => setTimeout(done));
    await drawn();
    return performance.now() - from;
  };
  const [first, ...others] = [...document.querySelectorAll(cells)].slice(0, 24);
  const cold = await open(first), warm = [];
  for (const cell of others) warm.push(await open(cell));
  return { cold, warm };
}"""

CHANGING = """async () => {
  const { step } = await (await import("/assets/js/explorer/main.js")).start();
  const done = () => new Promise((end) => {
    const look = () => (document.querySelector(".md-content").ariaBusy ? setTimeout(look) : end());
    look();
  });
  const near = [], all = [];
  for (let i = 1; i <= 12; i++) {
    const from = performance.now();
    step.act({ name: "token_embedding", index: [4, 0], to: i / 10 });
    near.push(performance.now() - from);
    await done();
    all.push(performance.now() - from);
  }
  return { near, all, cells: document.querySelectorAll("article td").length };
}"""


def main(site: Path) -> None:
    """`site` is the default one, built."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        replay(browser)
        opening(browser, site)
        changing(browser, site)
        browser.close()


def opening(browser: Browser, site: Path) -> None:
    """From a press on a number to the panel that stands drawn: the first one, which loads the explorer, and others."""
    table = Table("", "first press", "later, min", "median", "slowest", title="From a press to the open panel")
    with served(site) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url + "forward/attention/")
        found = page.evaluate(OPENING, CELLS)
        page.close()
    warm = found["warm"]
    times = [found["cold"], min(warm), statistics.median(warm), max(warm)]
    table.add_row("on the page of attention", *[f"{each:.1f} ms" for each in times])
    Console(width=120).print(table)


def changing(browser: Browser, site: Path) -> None:
    """From a changed weight to the page that has followed: what is seen of it, and all of it."""
    table = Table("page", "cells", "what is seen, min", "median", "all, min", "median", title="A change")
    with served(site) as url:
        for name in ("forward/attention", "backward/feed-forward", "backward/attention"):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{url}{name}/")
            found = page.evaluate(CHANGING)
            page.close()
            times = [each(found[part]) for part in ("near", "all") for each in (min, statistics.median)]
            table.add_row(name, f"{found['cells']:,}", *[f"{each:.1f} ms" for each in times])
    Console(width=120).print(table)


def replay(browser: Browser) -> None:
    """The whole ledger again, a row a configuration. Loading is what the first question costs after the files have
    come: the program is read, prepared and run once. A step is what the next step needs of it."""
    table = Table("configuration", "numbers", "loading", "recomputation, min", "median", "step, median",
                  title="The explorer in headless Chromium")  # fmt: skip
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as url:
        folder = Path(name)
        for module in MODULES.glob("*.js"):
            shutil.copy(module, folder)
        (folder / "index.html").write_text("<!doctype html><title>bench</title>", encoding="utf-8")
        for number, (what, (text, overrides)) in enumerate(CONFIGURATIONS.items()):
            config = from_values(text, overrides)
            file = folder / f"{number}.json"
            file.write_text(export_program.text(training_step(config), config), encoding="utf-8")
            page = browser.new_page()
            page.goto(url)
            found = page.evaluate(MEASURE, [file.name, ROUNDS])
            page.close()
            times = [found["loading"], min(found["whole"]), statistics.median(found["whole"])]
            times.append(statistics.median(found["steps"]))
            table.add_row(what, f"{found['cells']:,}", *[f"{each:.1f} ms" for each in times])
    Console(width=120).print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
