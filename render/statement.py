"""The statement of the source that made an entry."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Statement(NamedTuple):
    """Lines of source, and the number of the first one."""

    text: str
    line: int


@cache
def statement(path: str, line: int) -> Statement:
    """The innermost whole statement that holds a line of a file, its path taken from the project's root. Of a statement
    that holds others, such as a loop, the head alone is told."""
    lines, parents = _read(path)
    within = [node for node in parents if node.lineno <= line <= (node.end_lineno or node.lineno)]
    innermost = max(within, key=lambda node: (node.lineno, -(node.end_lineno or node.lineno)))
    body = getattr(innermost, "body", None)
    last = body[0].lineno - 1 if body else innermost.end_lineno or innermost.lineno
    text = "\n".join(lines[innermost.lineno - 1 : max(last, innermost.lineno)])
    return Statement(dedent(text), innermost.lineno)


@cache
def _read(path: str) -> tuple[list[str], list[ast.stmt]]:
    text = (ROOT / path).read_text(encoding="utf-8")
    return text.splitlines(), [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
