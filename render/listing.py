"""The code that ran, taken from its source when a page is built."""

from __future__ import annotations

import importlib
import inspect


def listing(module: str, name: str) -> str:
    """A function of the engine as a highlighted Markdown fence, titled with its file."""
    function = getattr(importlib.import_module(f"calc.{module}"), name)
    source, first = inspect.getsourcelines(function)
    return f'```python title="calc/{module}.py" linenums="{first}"\n{"".join(source)}```'
