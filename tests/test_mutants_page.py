"""The page on planted errors: the same for every configuration, and every number that of the run it is bound to."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from html import unescape
from typing import Any

import mpmath
import numpy as np
import pytest

from calc import trials
from calc.mutants import MUTANTS
from render.digits import Digits
from render.pages import Site
from render.proof.precise import DIGITS, Replay
from tests.configurations import computed

PAGE = "how-you-would-know.md"
NUMBER = re.compile(
    r'<span class="n" data-ref="([^"]+)"(?: data-index="([\d,]+)")? data-ledger="([^"]+)">([^<]*)</span>'
)
POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def page_of(name: str) -> str:
    config, ledger = computed(name)
    return Site(ledger, config).page(PAGE)


@pytest.fixture(scope="module")
def page() -> str:
    return page_of("default")


def test_it_is_the_same_for_every_configuration(page: str) -> None:
    def without_colophon(text: str) -> str:
        return text.rsplit("\n\n", 1)[0]

    for name in ("seed", "narrow", "one word", "two layers"):
        assert without_colophon(page_of(name)) == without_colophon(page)


def test_every_number_is_that_of_its_run_and_stands_in_its_file(page: str) -> None:
    config, _ = computed("default")
    files = trials.files()
    arrays = {
        name: np.load(io.BytesIO(data), allow_pickle=False) for name, data in files.items() if name.endswith(".npz")
    }
    digits: dict[str, Digits] = {}
    found = NUMBER.findall(page)
    assert len(found) >= 8 * len(trials.trials())
    assert len(found) == page.count("data-ledger=") == page.count("data-ref=")
    for ref, index, ledger, text in found:
        cell = tuple(map(int, index.split(","))) if index else ()
        run = ledger.removeprefix("mutant_")
        led = trials.run(run)
        assert text == digits.setdefault(run, Digits(led, config)).text(led[ref], cell), (ref, ledger)
        assert arrays[f"data/{ledger}.npz"][ref][cell] == led[ref].value[cell]


class Truth:
    """What the runs' numbers truly are: their programs run at fifty digits, and the facts worked out from that."""

    def __init__(self) -> None:
        self.replay, self.runs = Replay(), dict[str, Any]()
        self.parameters = [p.name for p in trials.parameters(trials.right())]

    def run(self, name: str) -> Any:
        if name not in self.runs:
            program = trials.recorded().copy()
            for mutant in MUTANTS:
                if mutant.name == name:
                    mutant.plant(program)
            self.runs[name] = self.replay.values(program.run())
        return self.runs[name]

    def value(self, run: str, ref: str, cell: tuple[int, ...]) -> Any:
        values, right = self.run(run), self.run(trials.RIGHT)
        kind, _, name = ref.removeprefix("facts.").partition(".")
        if not ref.startswith("facts."):
            return values[ref][cell]
        if kind == "turned":
            return sum(np.sum(values[f"grad.{p}"] * right[f"grad.{p}"] < 0) for p in self.parameters)
        if kind == "cells":
            return sum(right[p].size for p in self.parameters)
        if kind == "downhill":
            return sum(np.sum(right[f"grad.{p}"] * (values[f"adamw.{p}.new"] - right[p])) for p in self.parameters)
        off = np.max(np.abs(values[name] - right[name]))
        return {"off": off, "share": off / np.max(np.abs(right[name]))}[kind]


def test_every_digit_is_right_at_fifty_digits(page: str) -> None:
    true = Truth()
    with mpmath.workdps(DIGITS):
        for ref, index, ledger, text in NUMBER.findall(page):
            run, cell = ledger.removeprefix("mutant_"), tuple(map(int, index.split(","))) if index else ()
            value = mpmath.mpf(str(true.value(run, ref, cell)))
            mantissa, _, power = text.replace("−", "-").partition("×10")
            printed = Decimal(mantissa).scaleb(int(power.translate(POWERS) or 0))
            half = mpmath.mpf(10) ** int(printed.as_tuple().exponent) / 2
            off = abs(value - mpmath.mpf(str(printed)))
            # A number without decimals is a count or a zero, and exact.
            assert off <= half if "." in text else off < mpmath.mpf(10) ** -40, (ref, ledger, text, value)


def test_each_error_has_its_section_with_its_code_its_file_and_the_checks_that_notice_it(page: str) -> None:
    sections = dict(re.findall(r"^### (.*?)\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))
    assert list(sections) == [t.mutant.title for t in trials.trials().values()]
    for name, trial in trials.trials().items():
        text = sections[trial.mutant.title]
        assert f"# right\n{trial.mutant.right}\n# wrong\n{trial.mutant.wrong}\n" in text
        assert f"(data/mutant_{name}.npz)" in text
        right, wrong = re.findall(r"^\$\$\n(.*?)\n\$\$$", text, re.MULTILINE | re.DOTALL)
        assert right != wrong
        noticed = re.search(r"\*\*Noticed by\*\* (.*?)\. Not noticed by (.*?)\.\n", text)
        assert noticed
        by, past = (re.split(", | and ", part) for part in noticed.groups())
        labels = {trials.CHECKS[check].label: caught for check, caught in trial.caught.items()}
        assert set(by) == {label for label, caught in labels.items() if caught}
        assert set(past) == {label for label, caught in labels.items() if not caught}
        for broken in trial.broken:
            assert unescape(broken) in text


def test_the_closing_table_is_the_computed_one(page: str) -> None:
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    shown = {first: rest for first, *rest in rows if len(rest) == len(trials.CHECKS)}
    assert shown["planted error"] == [check.label for check in trials.CHECKS.values()]
    for trial in trials.trials().values():
        assert shown[trial.mutant.title] == ["**noticed**" if caught else "no" for caught in trial.caught.values()]
    assert shown["*noticed in all*"] == [str(trials.catches(name)) for name in trials.CHECKS]
