"""Every entry of several configurations, computed again by Chromium."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.explorer.compare import BOUND, error
from tests.explorer.node import CONFIGURATIONS, program, step

REPLAY = """async (file) => {
  const { Program } = await import("/assets/js/explorer/program.js");
  const { Replay } = await import("/assets/js/explorer/replay.js");
  const program = new Program(file), values = new Replay(program).run(program.given());
  const bytes = new Uint8Array(await new Blob(values).arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}"""


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_entry_is_replayed(name: str, browser: Browser, url: str) -> None:
    led, _ = step(name)
    page = browser.new_page()
    page.goto(url + "404.html")
    cells = np.frombuffer(base64.b64decode(page.evaluate(REPLAY, program(name))))
    page.close()
    ends = np.cumsum([entry.value.size for entry in led])
    assert len(cells) == ends[-1]
    found = np.split(cells, ends[:-1])
    errors = {entry.name: error(part, entry.value) for entry, part in zip(led, found, strict=True)}
    assert {n: e for n, e in errors.items() if not e <= BOUND} == {}
