"""The built site on loopback, and a browser to look at it."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, sync_playwright

from calc.config import Config, load
from calc.ledger import Ledger
from calc.step import training_step
from tests.browser import chromium
from tests.browser.serving import served
from tests.conftest import ROOT, build_once


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def url(site: Path) -> Iterator[str]:
    """The address of the default site."""
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    program = chromium.find()
    if program is None:
        pytest.fail("no Chromium was found; run: make test", pytrace=False)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright.chromium, program)
        yield browser
        browser.close()


TWO = {"model.layers": 2, "model.heads": 4, "model.d_model": 32, "text.sentence": "the dog sat on the cat"}
STARTED = "import('/assets/js/explorer/main.js').then(({ start }) => start()).then(e => { window.e = e })"
ONE = pytest.mark.parametrize("built", ["default"], indirect=True)  # where a second site would show nothing more


class Built(NamedTuple):
    """A site on loopback, and the step that it shows."""

    url: str
    config: Config
    ledger: Ledger


@pytest.fixture(scope="session", params=["default", "two layers"])
def built(request: pytest.FixtureRequest, site: Path, shared: Path) -> Iterator[Built]:
    overrides: dict[str, object] = {} if request.param == "default" else dict(TWO)
    config = load(ROOT / "model.toml", overrides)
    if overrides:
        flags = ["--layers", "2", "--heads", "4", "--d-model", "32", "--text", "the dog sat on the cat"]
        site = build_once(shared / "site-two-layers", *flags)
    with served(site) as url:
        yield Built(url, config, training_step(config))
