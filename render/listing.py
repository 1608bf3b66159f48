"""The code that ran, taken from its source when a page is built."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from render.statement import statement

ROOT = Path(__file__).resolve().parent.parent
_MARK = re.compile(r"# (F\d+(?: (?:to|and) F\d+)?)")


@dataclass(frozen=True)
class Listing:
    """Lines of one file, as they stand there: `first` is the number of the first one, from 1."""

    path: str
    first: int
    lines: tuple[str, ...]

    def __contains__(self, line: int) -> bool:
        return self.first <= line < self.first + len(self.lines)

    def fence(self, identifier: str = "") -> str:
        """As a highlighted Markdown fence, titled with its file. Under an identifier, each line has an address."""
        head = f"{{.python #{identifier} " if identifier else "python "
        end = "}" if identifier else ""
        source = "\n".join(self.lines)
        return f'```{head}title="{self.path}" linenums="{self.first}"{end}\n{source}\n```'

    def mark(self, line: int) -> str:
        """What the comment on the statement that begins on this line calls it, such as F3; empty where it has none."""
        found = _MARK.search(statement(self.path, line).text)
        return found[1] if found else ""


def function(module: str, name: str) -> Listing:
    """A function of the engine. ModuleNotFoundError or AttributeError where there is none of that name."""
    found = getattr(importlib.import_module(f"calc.{module}"), name)
    lines, first = inspect.getsourcelines(found)
    return Listing(f"calc/{module}.py", first, tuple("".join(lines).rstrip().split("\n")))


def definitions(path: str, *names: str) -> Listing:
    """Functions and classes that stand one after the other in a file of the project. The file is read and not imported.
    KeyError for a name that it lacks, ValueError where others stand between."""
    text = (ROOT / path).read_text(encoding="utf-8")
    nodes = _definitions(text)
    places = {node.name: at for at, node in enumerate(nodes)}
    wanted = [places[name] for name in names]
    if wanted != list(range(wanted[0], wanted[0] + len(wanted))):
        raise ValueError(f"{path}: {', '.join(names)} do not follow each other there")
    first, last = nodes[wanted[0]].lineno, nodes[wanted[-1]].end_lineno
    return Listing(path, first, tuple(text.split("\n")[first - 1 : last]))


def defined(path: str) -> tuple[str, ...]:
    """The functions and classes of a file of the project, in order."""
    return tuple(node.name for node in _definitions((ROOT / path).read_text(encoding="utf-8")))


@cache  # pages ask for the same files again and again
def _definitions(text: str) -> tuple[ast.ClassDef | ast.FunctionDef, ...]:
    return tuple(node for node in ast.parse(text).body if isinstance(node, ast.ClassDef | ast.FunctionDef))


def listing(module: str, name: str) -> str:
    """A function of the engine as a highlighted Markdown fence, titled with its file."""
    return function(module, name).fence()


def whole_file(path: str) -> str:
    """A file of the project as a highlighted Markdown fence, titled with its path."""
    source = (ROOT / path).read_text(encoding="utf-8")
    language = "js" if path.endswith(".js") else "python"
    return f'```{language} title="{path}" linenums="1"\n{source.rstrip()}\n```'
