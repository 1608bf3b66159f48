"""Lighthouse on the heaviest pages, each beside a near-empty page of the same site: `make lighthouse`.

The near-empty page is the site's own "not found": the whole frame, style and script of every page, and one heading.
Rounds are interleaved, so that whatever else the machine does falls on all the pages alike; what counts is the
difference of the medians. Lighthouse's own mobile preset: a slow phone on a slow network, simulated.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from render.katex import node
from tests.browser import chromium
from tests.browser.serving import packed, served
from tests.browser.tools import TOOLS
from tests.conftest import ROOT, run_build

NEAR_EMPTY = "404.html"
WORSE = 8  # points of performance that a page may be below the near-empty one
AIM = 4
FULL_MARKS = ("accessibility", "best-practices", "seo")
TRANSFER = 200  # KB, compressed, at a first visit, fonts aside


@dataclass
class Seen:
    """What Lighthouse said of one page, round by round."""

    page: str
    rounds: list[dict[str, float]] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    transfer: float = 0.0

    def median(self, what: str) -> float:
        return statistics.median(one[what] for one in self.rounds)

    def line(self, near_empty: Seen) -> str:
        below = near_empty.median("score") - self.median("score")
        marks = " ".join(str(self.marks.get(kind, "-")) for kind in FULL_MARKS)
        return (
            f"{self.page:24} {self.median('score'):5.0f} {-below:+4.0f}  {self.median('lcp') / 1000:4.1f} "
            f"{self.median('tbt'):5.0f} {max(one['cls'] for one in self.rounds):6.4f}  {marks:11}  {self.transfer:4.0f}"
        )

    def faults(self, near_empty: Seen) -> list[str]:
        """The bounds that are missed, a line each."""
        below = near_empty.median("score") - self.median("score")
        found = [f"{below:.0f} points below the near-empty page, more than {WORSE}"] if below > WORSE else []
        found += [f"{kind}: {mark}, not 100" for kind, mark in self.marks.items() if mark < 100]
        shift = min(one["cls"] for one in self.rounds)
        found += [f"layout shift {shift:.4f} in every round"] if shift else []
        found += [f"{self.transfer:.0f} KB, more than {TRANSFER}"] if self.transfer > TRANSFER else []
        return [f"{self.page}: {fault}" for fault in found]


def heaviest(site: Path, count: int) -> list[str]:
    """The pages that a reader finds in the navigation, the largest first."""
    pages = [path for path in site.rglob("index.html") if "ledger" not in path.relative_to(site).parts]
    pages.sort(key=lambda path: -path.stat().st_size)
    return [f"{path.parent.relative_to(site).as_posix()}/" for path in pages[:count]]


def ask(url: str, folder: Path, categories: Iterable[str]) -> dict[str, Any]:
    """Lighthouse's report on one address."""
    report = folder / "report.json"
    program = chromium.find()
    if program is None:
        sys.exit("no Chromium was found; run: make test")
    flags = " ".join(["--headless=new", *chromium.ARGUMENTS])
    command = [str(node()), str(TOOLS / "lighthouse" / "cli" / "index.js"), url, "--quiet", "--output=json"]
    command += [f"--output-path={report}", f"--only-categories={','.join(categories)}", f"--chrome-flags={flags}"]
    command.append("--no-enable-error-reporting")
    environment = os.environ | {"CHROME_PATH": str(program)}
    for last in (False, False, True):  # on a busy machine its browser may not answer in time
        if not subprocess.run(command, env=environment, check=last).returncode:
            break
    return dict(json.loads(report.read_text(encoding="utf-8")))


def figures(report: dict[str, Any]) -> dict[str, float]:
    audits = report["audits"]
    return {
        "score": 100 * report["categories"]["performance"]["score"],
        "lcp": audits["largest-contentful-paint"]["numericValue"],
        "tbt": audits["total-blocking-time"]["numericValue"],
        "cls": audits["cumulative-layout-shift"]["numericValue"],
    }


def transfer(report: dict[str, Any], site: Path, url: str) -> float:
    """KB that a first visit brings, fonts aside; of the search's worker Lighthouse sees only that it was asked for."""
    total = 0
    for item in report["audits"]["network-requests"]["details"]["items"]:
        if item["resourceType"] != "Font" and item["url"].startswith(url):
            file = site / item["url"].removeprefix(url).partition("?")[0]
            total += max(item["transferSize"], len(packed(file)) if file.suffix == ".js" else 0)
    return total / 1024


def measure(site: Path, pages: list[str], rounds: int) -> list[Seen]:
    """The near-empty page first, then `pages`."""
    seen = [Seen(page) for page in [NEAR_EMPTY, *pages]]
    with served(site) as url, tempfile.TemporaryDirectory() as folder:
        for at in range(rounds):
            for one in seen:
                others = FULL_MARKS if at == 0 and one.page != NEAR_EMPTY else ()
                report = ask(url + one.page, Path(folder), ["performance", *others])
                one.rounds.append(figures(report))
                one.marks |= {kind: round(100 * report["categories"][kind]["score"]) for kind in others}
                one.transfer = one.transfer or transfer(report, site, url)
            print(f"round {at + 1} of {rounds}", file=sys.stderr)
    return seen


def main(argv: list[str] | None = None) -> int:
    """0: every bound is kept. 1: one is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.lighthouse", description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", help="pages such as adamw/ (the five heaviest)")
    parser.add_argument("--site", type=Path, help="a built site (one is built aside)")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        site = args.site or Path(folder) / "site"
        if args.site is None and (done := run_build("--out", str(site))).returncode:
            sys.exit(done.stderr)
        near_empty, *seen = measure(site, args.pages or heaviest(site, 5), args.rounds)
    print(f"{'':24} score diff   LCP   TBT shift   a11y bp seo   KB   (medians of {args.rounds} rounds, {ROOT.name})")
    for one in (near_empty, *seen):
        print(one.line(near_empty))
    faults = [fault for one in seen for fault in one.faults(near_empty)]
    worst = max(near_empty.median("score") - one.median("score") for one in seen)
    print(
        "\n".join(faults) or f"every bound is kept; at most {worst:.0f} points below the near-empty page (aim: {AIM})"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
