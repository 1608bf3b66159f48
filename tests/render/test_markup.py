"""What pages are written with: end tags that HTML lets be left out are left out of matrices, and of them alone."""

from __future__ import annotations

from pathlib import Path

from render.audit import audit
from render.fences import draw_matrix
from render.markup import leaner
from render.proof.reading import Page

MATRIX = "x :,:\nT\\D 0 1\n0·the 0.25 −1.5\n1·<b> −2 0"
PLAIN = '<table><tr><td class="a">1</td></tr></table>'


def test_a_lean_matrix_reads_as_the_full_one_does() -> None:
    full = draw_matrix(MATRIX)
    lean = leaner(PLAIN + full + PLAIN)
    assert lean.startswith(PLAIN)
    assert lean.endswith(PLAIN)
    assert "</td><td" not in lean.removeprefix(PLAIN)
    assert "<td class=n5>−2<td>0</table>" in lean
    (table,) = Page("x/index.html", lean).tables
    assert table.cells == Page("x/index.html", PLAIN + full).tables[0].cells
    assert [cell.text for cell in table.cells] == ["0.25", "−1.5", "−2", "0"]


def test_the_audit_reads_every_cell_of_a_lean_matrix(tmp_path: Path) -> None:
    page = "<!doctype html><title>x</title>" + leaner(draw_matrix(MATRIX))
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    assert audit(tmp_path) == []
    (tmp_path / "index.html").write_text(page.replace("<td>0<", "<td>nan<"), encoding="utf-8")
    assert audit(tmp_path) == ["index.html: no number: “nan” in “nan”"]
