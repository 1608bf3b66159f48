"""The order of the pages: the nav of mkdocs.yml, which alone says it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "mkdocs.yml"


@cache
def in_nav() -> tuple[str, ...]:
    """Every page of the nav, as its path in docs_dir, from the first to the last."""
    # mkdocs.yml has tags of MkDocs' own, which a plain YAML reader refuses.
    return tuple(re.findall(r":\s+(\S+\.md)$", FILE.read_text(encoding="utf-8"), re.MULTILINE))
