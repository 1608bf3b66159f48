"""The code that ran, taken from its source when a page is built."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def listing(module: str, name: str) -> str:
    """A function of the engine as a highlighted Markdown fence, titled with its file."""
    function = getattr(importlib.import_module(f"calc.{module}"), name)
    source, first = inspect.getsourcelines(function)
    return f'```python title="calc/{module}.py" linenums="{first}"\n{"".join(source)}```'


def whole_file(path: str) -> str:
    """A file of the project as a highlighted Markdown fence, titled with its path."""
    source = (ROOT / path).read_text(encoding="utf-8")
    return f'```python title="{path}" linenums="1"\n{source.rstrip()}\n```'
