"""The browser of the tests: what Playwright switches off in it stays off, when the tests switch off more."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error

from tests.browser.chromium import UNSEEN, launch


def test_what_playwright_switches_off_stays_off(browser: Browser) -> None:
    with pytest.raises(Error) as failed:
        launch(browser.browser_type, Path(sys.executable))  # no browser: Playwright says what it was called with
    command = next(line for line in str(failed.value).split("\n") if "<launching>" in line)
    playwrights, ours = (set(features.split(",")) for features in re.findall(r"--disable-features=(\S+)", command))
    assert ours == playwrights | {*UNSEEN}
