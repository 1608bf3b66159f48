"""The command line: `python -m render.proof SITE`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from calc.config import ConfigError
from calc.ledger import LedgerError
from render.proof.site import NoSite, prove

DESCRIPTION = """\
Holds a built site against its configuration's ledger, computed anew and replayed at
fifty digits: every gradient, the data file, every printed digit, every worked line,
every claim of the prose.

Prints a line a check, and a line a fault with its page and place. Exit code 0: no
fault. 1: a fault. 2: SITE is no built site."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m render.proof", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", metavar="SITE", type=Path, help="the folder of the built site, such as site")
    site = parser.parse_args(arguments).site
    started = time.perf_counter()
    try:
        report = prove(site)
    except (NoSite, ConfigError, LedgerError) as error:
        print(error, file=sys.stderr)
        return 2
    for check in report.checks:
        print(check)
        for fault in check.faults:
            print(f"  {fault}")
    print(f"{report}, in {time.perf_counter() - started:.1f} s")
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
