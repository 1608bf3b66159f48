"""What the panel says of a number, in the browser: right at every operation, readable on a phone and in the drawer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from calc.ledger import Entry
from render.digits import Digits, rounded
from tests.browser.conftest import ONE, Built

# The answers alone, each in a frame of its own, without the drawer that shows one of them at a time.
ANSWERS = """async ([addresses, width, stored]) => {
  const load = (name) => import(`/assets/js/explorer/${name}.js`);
  const modules = ["step", "labels", "answer", "address"];
  const [{ Step }, { Labels }, { answer }, { parse }] = await Promise.all(modules.map(load));
  for (const name of ["explorer", "explorer-answer", "explorer-change"]) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: `/assets/${name}.css` });
    const loaded = new Promise((done) => (link.onload = done));
    document.head.append(link);
    await loaded;
  }
  const data = async (name) => (await fetch(`/data/${name}.json`)).json();
  const root = new URL("/", location), program = await data("program");
  if (stored) program.given = null;
  const step = new Step(program, root), labels = new Labels(await data("labels"), step);
  const explorer = { step, labels, root, announce() {} };
  const texts = (where, query) => [...where.querySelectorAll(query)].map((element) => element.textContent);
  return Promise.all(addresses.map(async (address) => {
    const { name, index } = parse(address), entry = step.get(name);
    await step.ready(entry);
    const frame = document.createElement("aside");
    frame.className = "explorer";
    frame.style = `position: static; width: ${width}px; height: auto`;
    const page = document.createElement("div");
    page.className = "page md-typeset";
    page.append(answer(explorer, { run: "", name, entry, index, address }));
    frame.append(page);
    document.body.append(frame);
    const asked = [...page.querySelectorAll("[data-ask]")].map((button) => parse(button.dataset.ask));
    const small = [...page.querySelectorAll("button.n-link")].map((button) => button.getBoundingClientRect());
    return {
      value: texts(page, ".value"), results: texts(page, ".result"), headings: texts(page, "h3"),
      rows: [...page.querySelectorAll(".rows")].map((rows) => rows.querySelectorAll("li").length),
      lost: asked.filter(({ name, index }) => !step.get(name)?.holds(index)), asked: asked.length,
      small: small.filter(({ width, height }) => Math.min(width, height) < 24).length,
      wide: page.scrollWidth - page.clientWidth, links: [...page.querySelectorAll("a")].map((a) => a.href),
      text: page.textContent, table: texts(page, ".steps td"), symbols: page.querySelectorAll("math").length,
    };
  }));
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, built: Built) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(built.url + "404.html")
    yield page
    page.close()


def answers(page: Page, *addresses: str, width: int = 390, stored: bool = False) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(ANSWERS, [addresses, width, stored])
    return found


def address(entry: Entry, index: tuple[int, ...]) -> str:
    return entry.name + (f"[{','.join(map(str, index))}]" if index else "")


def examples(built: Built) -> list[tuple[Entry, tuple[int, ...]]]:
    """For each operation an entry of each number of axes, the last layer's first, at its first and its last cell."""
    led, layer = built.ledger, f"layers.{built.config.model.layers - 1}."
    ordered = [*(entry for entry in led if layer in entry.name), *led]
    found = {(entry.op, len(entry.axes)): entry for entry in reversed(ordered)}
    chosen = [led["layers.0.attention.masked"], led["grad.token_embedding"], led["layers.0.ffn.down"], led["loss"]]
    return [(entry, index) for entry in [*found.values(), *chosen]
            for index in dict.fromkeys([(0,) * len(entry.shape), tuple(n - 1 for n in entry.shape)])]  # fmt: skip


@pytest.mark.parametrize(("built", "width"), [("default", 390), ("default", 420), ("two layers", 390)],
                         indirect=["built"])  # fmt: skip
def test_every_operation_is_shown_and_its_result_is_the_number(page: Page, built: Built, width: int) -> None:
    digits, cells = Digits(built.ledger, built.config), examples(built)
    found = answers(page, *(address(*cell) for cell in cells), width=width)
    for (entry, index), said in zip(cells, found, strict=True):
        where, text = address(entry, index), digits.text(entry, index)
        assert said["value"][0].split()[0] == text, where
        assert set(said["results"]) <= {text}, where
        assert said["lost"] == [], where
        assert said["wide"] <= 0, where
        assert said["small"] == 0, where
        assert said["symbols"], where
        assert said["headings"][0] == ("Where it comes from" if entry.op == "given" else "How it was made"), where
        assert not any(word in said["text"] for word in ("undefined", "NaN", "null", "[object")), where


def test_every_term_of_a_long_sum_is_there(page: Page, built: Built) -> None:
    model = built.config.model
    layer, last = f"layers.{model.layers - 1}", model.d_model - 1
    cells = (f"{layer}.ffn.down[2,3]", f"{layer}.ln_1.mean[2]", f"{layer}.attention.joined[0,{last}]")
    down, mean, joined = answers(page, *cells)
    assert (down["rows"][0], mean["rows"][0]) == (model.d_ff, model.d_model)
    assert f"Show the {model.d_ff - 8} products between" in down["text"]
    channel = model.d_model // model.heads - 1
    where = f"{layer}.attention.heads, head {model.heads - 1}, position 0·the, channel {channel}"
    assert where in joined["text"]


def test_the_gradient_and_what_a_small_move_really_brings(page: Page, built: Built) -> None:
    led, digits = built.ledger, built.config.display.digits
    w_q = f"layers.{built.config.model.layers - 1}.attention.w_q"
    for name, index in ((w_q, (3, 2)), ("token_embedding", (4, 0)), ("ln_f.gamma", (5,))):
        (said,) = answers(page, address(led[name], index))
        predicted = 0.01 * float(led[f"grad.{name}"].value[index])
        moved = led[name].value.copy()
        moved[index] += 0.01
        real = float(led.replay({name: moved})["loss"]) - float(led["loss"].value)
        for value in (predicted, real):
            assert rounded(value, digits).text in said["text"], (name, value)


def test_what_adamw_did(page: Page, built: Built) -> None:
    led, name = built.ledger, f"layers.{built.config.model.layers - 1}.ffn.w_1"
    digits = Digits(led, built.config)
    (said,) = answers(page, f"{name}[1,2]")
    kinds = ("m", "v", "m_hat", "v_hat", "direction", "step", "kept", "new")
    names = [name, f"grad.{name}", *(f"adamw.{name}.{kind}" for kind in kinds)]
    assert said["table"] == [digits.text(led[each], (1, 2)) for each in names]


@ONE
def test_what_does_not_reach_the_loss_says_so(page: Page, built: Built) -> None:
    lr, new, token = answers(page, "adamw.lr", "adamw.w_out.new[0,0]", "inputs.tokens[0]")
    assert "The loss of this step does not depend on it." in lr["text"]
    assert "AdamW’s update" in lr["text"]
    assert "the forward pass after the step" in new["text"]
    assert "does not grow by a little" in token["text"]
    assert "decides what 16 cells take in: position 0·the, every feature" in token["text"]


@ONE
def test_a_step_that_is_read_from_its_files_answers_with_the_same_numbers(page: Page, built: Built) -> None:
    cells = ("layers.0.attention.scores[0,2,1]", "token_embedding[4,2]", "embedding.token_rows[2,3]", "ln_f.mean[1]",
             "grad.layers.0.attention.w_q[0,0]", "layers.0.attention.masked[0,1,2]", "loss")  # fmt: skip
    computed, stored = answers(page, *cells), answers(page, *cells, stored=True)
    for live, still in zip(computed, stored, strict=True):
        assert still["value"] == live["value"]
        assert still["results"] == live["results"]
        assert "not changed" in still["text"]


def test_its_links_lead_somewhere(page: Page, built: Built) -> None:
    scores = f"layers.{built.config.model.layers - 1}.attention.scores[0,2,1]"
    found = answers(page, scores, "w_out[0,0]", "adamw.lr")
    links = {link for said in found for link in said["links"]}
    assert any(f"forward/attention/?ask={scores}#layers" in link for link in links)
    assert any("#line-attention.forward-" in link for link in links)
    assert [link for link in links if page.request.get(link).status != 200] == []


def test_a_user_is_counted_with_all_its_cells(page: Page, built: Built) -> None:
    (said,) = answers(page, "token_embedding[4,2]")
    rows = int(np.sum(built.ledger["inputs.tokens"].value == 4))
    assert f"embedding.token_rows {rows} cells: position 0·the, feature 2; position 4·the, feature 2" in said["text"]
