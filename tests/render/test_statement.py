"""The statement of the source that made an entry."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from calc.ledger import Ledger
from render.statement import ROOT, statement
from tests.configurations import computed


@pytest.fixture(scope="module")
def led() -> Ledger:
    return computed("two layers").ledger


def test_a_statement_that_makes_an_entry(led: Ledger) -> None:
    found = statement(*led["layers.1.attention.scores"].source)
    assert found.text.startswith('scores = led.put("scores", "S", "H T S", "dot", ')
    path, line = led["layers.1.attention.scores"].source
    assert (path, found.line) == ("calc/attention.py", line)


def test_a_statement_over_several_lines_is_whole(led: Ledger) -> None:
    found = statement(*led["token_embedding"].source)
    assert "led.given(" in found.text
    assert found.text.endswith(")")
    assert found.line <= led["token_embedding"].source[1] < found.line + len(found.text.splitlines())


def test_every_entry_was_made_by_a_statement_that_says_so(led: Ledger) -> None:
    for entry in led:
        text = statement(*entry.source).text
        assert len(text.splitlines()) < 12, entry.name
        tree = ast.parse(text if not text.rstrip().endswith(":") else text + "\n    pass")
        called = {node.func.attr for node in ast.walk(tree)
                  if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}  # fmt: skip
        assert called & {"put", "grad", "given"}, (entry.name, text)


def test_of_a_loop_the_head_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.py").write_text("def f(a):\n    for b in a.put(\n        1\n    ):\n        c = b\n        d = c\n")
    monkeypatch.setattr("render.statement.ROOT", tmp_path)
    assert statement("x.py", 3) == ("for b in a.put(\n    1\n):", 2)
    assert statement("x.py", 6) == ("d = c", 6)
    assert (ROOT / "calc").is_dir()
