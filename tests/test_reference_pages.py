"""The built reference: every gradient leads back to the words by links alone, the files agree, the examples run."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from calc import export_json
from render.katex import node

HEAVIEST = 400_000  # bytes: a parameter's update has five letters, each printed whole
IDS = ("inputs.tokens", "inputs.targets")  # the sentence's words as numbers, and the same moved by one
PLACE = re.compile(r'<h2 class="entry"[^>]* id="([^"]+)"')
MADE_OF = re.compile(r"<dt>Made of</dt><dd>(.*?)</dd>", re.DOTALL)


def places(site: Path) -> dict[str, tuple[Path, str]]:
    """Each entry's page and the HTML of its place there."""
    found: dict[str, tuple[Path, str]] = {}
    for page in sorted((site / "ledger").glob("*/index.html")):
        html = page.read_text(encoding="utf-8")
        heads = [*PLACE.finditer(html)]
        for head, end in zip(heads, [*(h.start() for h in heads[1:]), len(html)], strict=True):
            assert head[1] not in found, f"{head[1]} has two places"
            found[head[1]] = (page, html[head.start() : end])
    return found


def operands(page: Path, html: str) -> Iterator[tuple[Path, str]]:
    """Where the operands' links of a place lead: a page and an anchor on it."""
    made = MADE_OF.search(html)
    for link in re.findall(r'href="([^"]+)"', made[1] if made else ""):
        path, _, anchor = unescape(link).partition("#")
        yield (page.parent / path / "index.html").resolve(), anchor


def unreached(site: Path, *targets: str) -> list[str]:
    """The gradients from which no chain of operands' links leads to a target."""
    here = places(site)
    pages = {name: page.resolve() for name, (page, _) in here.items()}
    leads: dict[str, list[str]] = {}
    for name, (page, html) in here.items():
        for to, anchor in operands(page, html):
            assert pages.get(anchor) == to, f"{name}: a link to {to}#{anchor}, where no entry stands"
            leads.setdefault(name, []).append(anchor)
    reach, todo = set(targets), list(targets)
    users: dict[str, list[str]] = {}
    for name, to in leads.items():
        for operand in to:
            users.setdefault(operand, []).append(name)
    while todo:
        for user in users.get(todo.pop(), []):
            if user not in reach:
                reach.add(user)
                todo.append(user)
    return sorted(name for name in here if name.startswith("grad.") and name not in reach)


def test_from_every_gradient_links_lead_back_to_the_words(site: Path) -> None:
    here = places(site)
    assert sum(name.startswith("grad.") for name in here) > 50
    assert unreached(site, *IDS) == []
    # One over the number of positions: that number is read off the targets, and nothing else is in it.
    assert unreached(site, "inputs.tokens") == ["grad.output.log_probs", "grad.output.nll"]


def test_a_gradient_that_leads_nowhere_is_found(site: Path) -> None:
    """The same search finds no way to an entry that is made later."""
    assert len(unreached(site, "after.loss")) == sum(name.startswith("grad.") for name in places(site))


def test_every_entry_has_a_place_that_names_its_code_and_its_file(site: Path) -> None:
    here = places(site)
    with np.load(site / "data" / "ledger.npz") as archive:
        assert set(here) == {name for name in archive.files if name != "config"}
    for name, (page, html) in here.items():
        assert re.search(r'<dt>Code</dt><dd><code>calc/\w+\.py</code>, line \d+<code class="lines"', html), name
        assert f'href="../../data/csv/{name}.csv"' in html, name
        assert 'class="later"' not in html, name
        assert (page.parent / f"../../data/csv/{name}.csv").resolve().is_file()


def test_pages_stay_light_and_out_of_the_search(site: Path) -> None:
    heavy = {page.parent.name: page.stat().st_size for page in (site / "ledger").glob("*/index.html")}
    assert not {name: size for name, size in heavy.items() if size > HEAVIEST}
    found = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    locations = {doc["location"].partition("#")[0] for doc in found if doc["location"].startswith("ledger/")}
    assert locations == {"ledger/"}


def test_archive_json_and_csv_hold_the_same_values(site: Path) -> None:
    stored = export_json.read((site / "data" / "ledger.json").read_bytes())
    with np.load(site / "data" / "ledger.npz") as archive:
        assert [entry["name"] for entry in stored["entries"]] == [name for name in archive.files if name != "config"]
        assert stored["configuration"] == json.loads(str(archive["config"]))
        for entry in stored["entries"]:
            value = archive[entry["name"]]
            np.testing.assert_array_equal(entry["value"], value, err_msg=entry["name"])
            file = site / "data" / "csv" / f"{entry['name']}.csv"
            labels = max(value.ndim - 1, min(value.ndim, 1))
            rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))[1:]
            cells = np.array([[float(x) for x in row[labels:]] for row in rows]).reshape(value.shape)
            np.testing.assert_array_equal(cells, value, err_msg=entry["name"])


def listing(site: Path, word: str) -> str:
    """The example of the index that has a word in it, as the page shows it."""
    html = (site / "ledger" / "index.html").read_text(encoding="utf-8")
    blocks = re.findall(r"<pre>.*?<code[^>]*>(.*?)</code></pre>", html, re.DOTALL)
    (found,) = [text for text in (unescape(re.sub(r"<[^>]+>", "", block)) for block in blocks) if word in text]
    return found


def test_the_python_example_runs_as_it_stands(site: Path) -> None:
    command = [sys.executable, "-c", listing(site, "numpy")]
    done = subprocess.run(command, cwd=site / "data", capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "True"
    assert "layers.0.attention.q_heads" in done.stdout


def test_the_javascript_example_runs_as_it_stands(site: Path, tmp_path: Path) -> None:
    """In node, where `fetch` reads the site's files as a page at ledger/ would."""
    program = tmp_path / "example.mjs"
    fetch = (
        'import { readFileSync } from "node:fs";\n'
        f"const base = {json.dumps((site / 'ledger').as_uri())} + '/';\n"
        "const read = (path) => JSON.parse(readFileSync(new URL(path, base), 'utf-8'));\n"
        "const fetch = async (path) => ({ json: async () => read(path) });\n"
    )
    program.write_text(fetch + listing(site, "await fetch"), encoding="utf-8")
    done = subprocess.run([str(node()), str(program)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    op, again, value = done.stdout.split()
    assert op == "dot"
    assert float(again) == pytest.approx(float(value), rel=1e-12)
