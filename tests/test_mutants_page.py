"""The page on planted errors: the same for every configuration, and every number that of the run it is bound to."""

from __future__ import annotations

import io
import re
from html import unescape

import numpy as np
import pytest

from calc import trials
from render.digits import Digits
from render.pages import Site
from tests.configurations import computed

PAGE = "how-you-would-know.md"
NUMBER = re.compile(
    r'<span class="n" data-ref="([^"]+)"(?: data-index="([\d,]+)")? data-ledger="([^"]+)">([^<]*)</span>'
)


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
    arrays = {name: np.load(io.BytesIO(data), allow_pickle=False) for name, data in files.items()}
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


def test_each_error_has_its_section_with_its_code_its_file_and_the_checks_that_notice_it(page: str) -> None:
    sections = dict(re.findall(r"^### (.*?)\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))
    assert list(sections) == [t.mutant.title for t in trials.trials().values()]
    for name, trial in trials.trials().items():
        text = sections[trial.mutant.title]
        assert f"{trial.mutant.right}  # right\n{trial.mutant.wrong}  # wrong" in text
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
