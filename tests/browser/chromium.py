"""Find a Chromium for the tests, or install one: `python -m tests.browser.chromium`.

Looked for: a browser of the system, then Playwright's own. Installed: Playwright's, or else Debian's by
apt-get, as root.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")
# Nothing that the browser does by itself may look like a request of a page.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
# The lists that open under an address bar, which no test has: for each window that a test opens, Chromium loads both.
UNSEEN = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")


def launch(kind: BrowserType, program: Path) -> Browser:
    """A headless browser of the tests."""
    off = switched_off(kind)
    unseen = [f"--disable-features={','.join([*off, *UNSEEN])}"] if off else []
    return kind.launch(executable_path=program, args=[*ARGUMENTS, *unseen])


def switched_off(kind: BrowserType) -> list[str]:
    """What Playwright switches off. Of several such lists a browser heeds the last alone, so ours repeats its list,
    which Playwright tells where a launch fails. None, should it no longer tell."""
    from playwright.sync_api import Error

    try:
        kind.launch(executable_path=sys.executable).close()  # no browser
    except Error as error:
        found = re.search(r"--disable-features=(\S+)", str(error))
        return found[1].split(",") if found else []
    return []


def find() -> Path | None:
    """The browser's program, if there is one."""
    for name in NAMES:
        program = shutil.which(name)
        if program:
            return Path(program)
    for name in APPLICATIONS:
        program = Path("/Applications") / name
        if program.exists():
            return program
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = Path(playwright.chromium.executable_path)
    return program if program.exists() else None


def install() -> Path | None:
    """Install a browser and find it."""
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        commands += [["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "chromium"]]
    for command in commands:
        subprocess.run(command, stdout=sys.stderr, check=False)
        program = find()
        if program:
            return program
    return None


def main() -> int:
    program = find() or install()
    if program is None:
        sys.stderr.write("no Chromium was found and none could be installed; install one, then: make test\n")
        return 1
    sys.stdout.write(f"browser tests use {program}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
