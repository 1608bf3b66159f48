"""Whole sites: the default one and many others hold, and whatever is changed in a built page is found."""

from __future__ import annotations

import copy
import functools
import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import render.pages
from calc.export import CONFIG
from calc.step import training_step
from render import claims
from render.proof import again, digits, equations, stored
from render.proof.__main__ import main
from render.proof.digits import Holder, Truth
from render.proof.equations import Evaluator
from render.proof.reading import Number, Page, draw
from render.proof.report import Report
from render.proof.site import NoSite, prove, read_archive
from tests.configurations import CONFIGURATIONS, computed, configured

Drawn = Callable[[str], dict[str, "str | bytes"]]
CHECKS = ["gradients", "data", "digits", "equations", "claims"]
SHORT = {"display.longest_sum": 8, "display.largest_table": 64, "display.digits": 3}
OTHERS = {name: overrides for name, overrides in CONFIGURATIONS.items() if name != "default"} | {
    "shortened": SHORT,
    "eight digits": {"display.digits": 8, "model.layers": 2, "init.seed": 11} | CONFIGURATIONS["narrow"],
    "no decay": {"optimizer.weight_decay": 0, "optimizer.beta1": 0.8, "init.decimals": 4, "worked.position": 4},
}


@functools.cache
def proven(site: Path) -> Report:
    return prove(site)


@functools.cache
def truth() -> Truth:
    return Truth(*computed("default"))


@functools.cache
def pages(site: Path) -> tuple[Page, ...]:
    return tuple(
        Page(file.relative_to(site).as_posix(), file.read_text(encoding="utf-8")) for file in site.rglob("*.html")
    )


def numbers(site: Path) -> Iterator[Number]:
    for page in pages(site):
        yield from page.numbers
        for table in page.tables:
            if not table.ledger:
                yield from placed(table)


def placed(table: Any) -> Iterator[Number]:
    """The cells of a table as numbers that name their own place."""
    if table.slice is None:
        yield from table.cells
        return
    shape = truth().values[table.ref].shape
    for index, cell in zip(digits.sliced(table.slice, shape), table.cells, strict=True):
        named = copy.copy(cell)
        named.index = ",".join(map(str, index))
        yield named


def test_the_default_site_holds(site: Path, figure: Callable[[str], None]) -> None:
    report = proven(site)
    figure("\n".join(map(str, (*report.checks, report))))
    assert report.holds, "\n".join(map(str, report.faults[:20]))
    assert report.digest == computed("default").config.digest()
    assert report["data"].counts["entries"] == len(computed("default").ledger)
    assert report["digits"].counts["numbers"] > 35_000
    assert report["digits"].counts["ties"] > 0
    assert report["equations"].counts["lines"] > 150
    assert report["equations"].counts["elided"] == 0


def test_nothing_that_is_bound_escapes_it(site: Path) -> None:
    """As many numbers and lines as the pages' text has marks of them."""
    text = [file.read_text(encoding="utf-8") for file in site.rglob("*.html")]
    tables = [table for html in text for table in re.findall(r"<table[^>]*data-ref=.*?</table>", html, re.DOTALL)]
    cells = sum(len(re.findall(r"<td\b", table)) for table in tables)
    singles = sum(len(re.findall(r"<(?!table)[^<>]*data-ref=", html)) for html in text)
    assert proven(site)["digits"].counts["numbers"] == cells + singles
    assert proven(site)["equations"].counts["lines"] == sum(html.count('<p class="line"') for html in text)


@pytest.mark.parametrize("name", OTHERS)
def test_other_configurations_hold(name: str, drawn: Drawn) -> None:
    """Their pages' Markdown, drawn without the site around it."""
    config = configured(OTHERS[name])
    ledger = computed(name).ledger if name in CONFIGURATIONS else training_step(config)
    files = drawn(name) if name in CONFIGURATIONS else render.pages.render(ledger, config)
    pages = [Page(path, draw(text)) for path, text in files.items() if isinstance(text, str) and path.endswith(".md")]

    def archive(name: str) -> dict[str, np.ndarray]:
        data = files[f"data/{name}.npz"]
        assert isinstance(data, bytes)
        return dict(np.load(io.BytesIO(data)))

    holder = Holder(Truth(config, ledger), archive)
    held, closed = digits.check(pages, holder), equations.check(pages, holder.is_rounded)
    faults = [*held.faults, *closed.faults]
    assert not faults, "\n".join(map(str, faults[:20]))
    assert held.counts["numbers"] > 5_000
    assert closed.counts["lines"] > 150
    assert (closed.counts["elided"] > 0) == (name == "shortened")


def test_drawing_the_markdown_loses_nothing_that_a_build_shows(site: Path, drawn: Drawn) -> None:
    made = {path: Page(path, draw(text)) for path, text in drawn("default").items() if isinstance(text, str)}
    for page in pages(site):
        path = page.name.replace("/index.html", ".md").replace("index.html", "index.md")
        if path in made:
            for kind in ("numbers", "tables", "lines"):
                assert len(getattr(page, kind)) == len(getattr(made[path], kind)), (path, kind)


# --- planted errors ---------------------------------------------------------------------------------------------------


def test_every_change_of_one_digit_of_any_number_is_found(site: Path) -> None:
    """All of them, once each: the last digit moves by one."""
    found, planted = Holder(truth()), 0
    for number in numbers(site):
        changed = re.sub(r"(\d)(?=\D*$|×)", lambda m: str((int(m[1]) + 1) % 10), number.text, count=1)
        if changed != number.text and not number.ledger:
            planted += 1
            number = copy.copy(number)
            number.text = changed
            found.single(number)
            assert len(found.check.faults) == planted, (number, changed)
    assert planted > 35_000


def test_every_lost_or_added_sign_is_found(site: Path) -> None:
    found, planted = Holder(truth()), 0
    for number in numbers(site):
        if number.text != "0" and not number.ledger:
            planted += 1
            number = copy.copy(number)
            number.text = number.text[1:] if number.text.startswith("−") else f"−{number.text}"
            found.single(number)
            assert len(found.check.faults) == planted, number
    assert planted > 30_000


def test_every_rounded_line_that_says_equal_is_found(site: Path) -> None:
    holder, evaluator, planted, escaped = Holder(truth()), Evaluator(), 0, list[str]()
    for page in pages(site):
        for line in page.lines:
            if any(n.attributes.get("data-ledger") for n in line.element.walk()):
                continue
            element = copy.deepcopy(line.element)
            element.children = [c.replace("≈", "=") if isinstance(c, str) else c for c in element.children]
            if element.text != line.element.text:
                planted += 1
                if not evaluator.line(element, holder.is_rounded).wrong:
                    escaped.append(" ".join(line.element.text.split()))
    assert planted > 100
    assert all(equal_indeed(text) for text in escaped), escaped


def equal_indeed(line: str) -> bool:
    """Whether a line says that a rounded number is itself: 0 − x ≈ −x, or a sum of products with zeros and one one."""
    left, right = line.split(" ≈ ")
    if re.fullmatch(r"0 − (\S+)", left):
        return left.removeprefix("0 ").replace(" ", "") == right
    terms = [term for term in left.split(" + ") if not re.fullmatch(r"0 · \S+|\S+ · 0", term)]
    kept = [re.sub(r"^1 · | · 1$", "", term).strip("()") for term in terms]
    return kept == [right]


SCORES = "layers.0.attention.scores"


def edited(edit: Callable[[str], str], html: str) -> list[str]:
    """The faults of a page of which one piece was changed."""
    changed = edit(html)
    assert changed != html
    holder, page = Holder(truth()), Page("attention/index.html", changed)
    checks = [digits.check([page], holder), equations.check([page], holder.is_rounded)]
    return [str(fault) for check in checks for fault in check.faults]


def line_of(name: str, html: str) -> str:
    """The worked cell's line; exercises work other cells."""
    (line,) = (
        line for line in re.findall(r'<p class="line">.*?</p>', html)
        if re.search(rf'data-ref="{re.escape(name)}" data-index="0,2,1">[^<]*</span>$', line.removesuffix("</p>"))
    )  # fmt: skip
    return str(line)


def test_one_digit_of_a_table_names_page_place_and_cell(site: Path) -> None:
    html = (site / "forward" / "attention" / "index.html").read_text(encoding="utf-8")

    def edit(html: str) -> str:
        before, mark, table = html.partition(f'data-ref="{SCORES}" data-slice="1,:,:"')
        cells = list(re.finditer(r"<td[^>]*>[^<]*\d(?=<)", table))
        at = cells[8].end() - 1  # the second row's third of six cells
        return before + mark + table[:at] + str(9 - int(table[at])) + table[at + 1 :]

    (fault,) = edited(edit, html)
    assert fault.startswith(f"attention/index.html#{SCORES}: {SCORES}[1,1,2]: prints ")
    assert "but the value is" in fault


def test_one_operand_of_a_worked_line_is_found_twice(site: Path) -> None:
    html = (site / "forward" / "attention" / "index.html").read_text(encoding="utf-8")
    line = line_of(SCORES, html)
    changed = re.sub(r"(\d)(?=</span>)", lambda m: str(9 - int(m[1])), line, count=1)
    changed = re.sub(r"(?<=\.)0*([1-9])", lambda m: m[0][:-1] + str(10 - int(m[1])), changed, count=1)
    faults = edited(lambda html: html.replace(line, changed), html)
    place = f"attention/index.html#{SCORES}: "
    assert [fault.startswith(place) for fault in faults] == [True, True]
    assert re.search(r"q_heads\[0,2,0\]: prints .*, but the value is", faults[0])
    assert re.search(r"attention\.scores\[0,2,1\]: “.*the left side is .*, farther than half a unit", faults[1])


@pytest.mark.parametrize(("old", "new"), [("≈\u00a0", "=\u00a0"), (" +\u00a0", " −\u00a0")])
def test_another_sign_in_a_worked_line_is_found(site: Path, old: str, new: str) -> None:
    html = (site / "forward" / "attention" / "index.html").read_text(encoding="utf-8")
    line = line_of(SCORES, html)
    (fault,) = edited(lambda html: html.replace(line, line.replace(old, new, 1)), html)
    assert fault.startswith(f"attention/index.html#{SCORES}: {SCORES}[0,2,1]: “")
    assert "the left side is" in fault


@pytest.fixture
def copied(site: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(site, tmp_path / "site"))


def test_the_command_says_what_it_held_and_what_is_wrong(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = copied / "forward" / "attention" / "index.html"
    html = page.read_text(encoding="utf-8")
    line = line_of(SCORES, html)
    page.write_text(html.replace(line, line.replace("≈", "=")), encoding="utf-8")
    for other in {*copied.rglob("*.html")} - {page}:
        other.unlink()
    assert main([str(copied)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert [text.split(":")[0] for text in out if not text.startswith(" ")][:-1] == CHECKS
    assert out[4].startswith(f"  forward/attention/index.html#{SCORES}: {SCORES}[0,2,1]: “")
    assert re.fullmatch(r"configuration [0-9a-f]{12}, 1 page, 5 checks: 1 fault, in \d+\.\d s", out[-1])


def test_the_command_says_that_a_site_holds(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("render.proof.__main__.prove", proven)
    assert main([str(site)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [text.split(":")[0] for text in out[:-1]] == CHECKS
    assert all(text.endswith("; 0 faults") for text in out[:-1])
    assert "5 checks: no fault" in out[-1]


def test_a_wrong_gradient_and_a_false_claim_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    config, ledger = computed("default")
    wrong = copy.copy(ledger["grad.w_out"])
    wrong.value = wrong.value * (1 + 1e-9)
    entries = [wrong if entry.name == "grad.w_out" else entry for entry in ledger]
    monkeypatch.setattr(type(ledger), "__iter__", lambda self: iter(entries))
    (fault,) = again.gradients(Truth(config, ledger)).faults
    assert str(fault).startswith("data/ledger.npz: grad.w_out: off by ")
    monkeypatch.undo()
    monkeypatch.setattr(claims, "sums_to", lambda *_: False)
    faults = again.claims(Truth(config, ledger)).faults
    assert any("forward/attention.md" in fault.where and "sums to" in fault.what for fault in faults)


def test_a_folder_that_is_no_site_is_refused(copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nothing")]) == 2
    assert capsys.readouterr().err.endswith("is no built site, since it has no data/config.json\n")
    config = copied / "data" / "config.json"
    mistakes = {"{": "is no JSON", "[]": "holds no configuration", '{"model": {"heads": 0}}': "model.heads"}
    for text, says in mistakes.items():
        config.write_text(text, encoding="utf-8")
        assert main([str(copied)]) == 2
        assert says in capsys.readouterr().err
    for file in copied.rglob("*.html"):
        file.unlink()
    with pytest.raises(NoSite, match="no pages"):
        prove(copied)


def test_a_data_file_of_another_run_is_found(copied: Path) -> None:
    path = copied / "data" / "ledger.npz"
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["logits"] = arrays["logits"] + 1e-8
    arrays["loss"] = arrays["loss"].reshape(1)
    arrays["extra"] = arrays.pop("layers.0.attention.scores")
    arrays[CONFIG] = np.array("{}")
    with path.open("wb") as file:
        np.savez(file, **arrays)
    faults = [fault.what for fault in stored.check(read_archive(path), truth()).faults]
    assert [fault.split(":")[0] for fault in faults] == [
        "layers.0.attention.scores", "logits", "loss", "extra", "its configuration is not the one in data/config.json",
    ]  # fmt: skip
