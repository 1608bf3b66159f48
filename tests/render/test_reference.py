"""The reference as text: every entry in one place, with its formula, its neighbours and its values."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from calc.operations import OPERATIONS
from render import latex
from render.digits import Digits
from render.pages import Site
from render.places import part
from render.record import MOST_CELLS, Record
from render.reference import Reference
from render.titles import heading, title
from tests.configurations import CONFIGURATIONS, computed

NUMBER = re.compile(r'<span class="n" data-ref="([^"]+)">([^<]*)</span>')
HEADING = re.compile(r'^## <code>(\S+)</code> \{ #(\S+) \.entry data-entry="([^"]+)" \}$', re.MULTILINE)
BREAK = "<wbr>"  # behind each dot of a name in a heading, for phones
LINK = re.compile(r"\[`([\w.]+)`\]\(\.\./([\w-]+)/#([\w.]+)\)")


def site(name: str) -> Site:
    config, ledger = computed(name)
    return Site(ledger, config)


@pytest.fixture(scope="module")
def default() -> Site:
    return site("default")


@pytest.fixture(scope="module")
def pages(default: Site) -> dict[str, str]:
    return default.reference.pages()


def section(pages: dict[str, str], name: str) -> str:
    """What one entry's place says."""
    for text in pages.values():
        if name in sections(text):
            return sections(text)[name].replace("\xa0", " ")  # a shape is not broken at the end of a line
    raise AssertionError(f"{name} has no place")


@cache
def sections(page: str) -> dict[str, str]:
    """A page's second-level parts, by the name in their headings."""
    parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    named = ((re.match(r"## <code>(\S+)</code> ", part), part) for part in parts)
    return {found[1].replace(BREAK, ""): part for found, part in named if found}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_entry_has_one_place_with_its_formula_values_and_neighbours(name: str) -> None:
    here = site(name)
    pages, users, digits = here.reference.pages(), here.ledger.users(), Digits(here.ledger, here.config)
    places = [(found, path) for path, text in pages.items() for found in HEADING.findall(text.replace(BREAK, ""))]
    assert Counter(names for names, _ in places) == Counter((e.name,) * 3 for e in here.ledger)
    assert all(path == f"ledger/{part(here.ledger[found[0]])}.md" for found, path in places)
    for entry in here.ledger:
        text = section({"": pages[f"ledger/{part(entry)}.md"]}, entry.name)
        rule = latex.rule(here.ledger, entry)
        if entry.op not in ("given", "count") and " = " in rule:
            assert f"$$\n{rule}\n$$" in text, entry.name
        else:
            assert f"${entry.symbol}$" in text, entry.name
        lines = dict(line.split(": ", 1) for line in re.findall(r"^[A-Z][\w ]*: .*$", text, re.MULTILINE))
        if entry.operands:
            assert [n for n, *_ in LINK.findall(lines["Made of"])] == [o.name for o in entry.operands]
        assert [n for n, *_ in LINK.findall(lines.get("Used by", ""))] == [u.name for u in users[entry.name]]
        for target, place, anchor in LINK.findall(text):
            assert (place, anchor) == (part(here.ledger[target]), target)
        if not entry.axes:
            assert NUMBER.findall(text) == [(entry.name, digits.text(entry))]
        cells = sum(len(row.split()) - 1 for fence in re.findall(r"^~~~matrix\n(.*?)^~~~$", text, re.DOTALL | re.M)
                    for row in fence.splitlines()[2:])  # fmt: skip
        assert bool(cells) == bool(entry.axes), entry.name
        most = entry.value.size if Record(here.reference, entry).whole else MOST_CELLS + 20
        assert cells <= max(most, entry.value.shape[-1] if len(entry.axes) == 1 else 0), entry.name


def test_a_place_in_full(pages: dict[str, str]) -> None:
    said = section(pages, "layers.0.attention.weights")
    assert "forward value · H × T × S = 2 × 6 × 6" in said
    assert "Axes: H head (2) × T position (6) × S key position (6)" in said
    assert "Made by: [`div`](../#div), quotient of two cells" in said
    assert "Gradient: [`grad.layers.0.attention.weights`](../backward-layer-0-attention/#grad.layers.0" in said
    assert "After the step: [`after.layers.0.attention.weights`]" in said
    assert re.search(r"Code: `calc/softmax.py`, line \d+\n    .*led\.put\(.*\bdiv\b", said)
    assert "Download: [`layers.0.attention.weights.csv`](../../data/csv/layers.0.attention.weights.csv)" in said
    assert said.count("~~~matrix") == 2
    assert "\nHead 1\n" in said


def test_a_parameter_leads_to_its_gradient_and_what_adamw_made_of_it(pages: dict[str, str]) -> None:
    said = section(pages, "w_out")
    assert "parameter · D × V" in said
    for line in ("Gradient: [`grad.w_out`]", "After AdamW: [`adamw.w_out.new`]", "Mean gradient: [`adamw.w_out.m`]"):
        assert line in said
    assert "Before the step: [`w_out`]" in section(pages, "adamw.w_out.new")
    assert "Gradient of: [`w_out`]" in section(pages, "grad.w_out")
    assert "Part of: [`grad.layers.0.residual_1`]" in section(pages, "grad.layers.0.residual_1.via.ln_2")


def test_gradients_say_how_they_were_found_and_nothing_else_does(default: Site, pages: dict[str, str]) -> None:
    for entry in default.ledger:
        said = section({"": pages[f"ledger/{part(entry)}.md"]}, entry.name)
        assert ("\nFound: [by hand" in said) == (entry.name in default.witnessed), entry.name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("inputs.tokens", "input"),
        ("layers.0.attention.mask", "mask of ones and zeros"),
        ("grad.w_out", "gradient"),
        ("grad.layers.0.residual_1.via.ln_2", "part of a gradient"),
        ("backward.ln_f.mean", "step of the backward pass"),
        ("after.logits", "forward value, after the step"),
        ("adamw.w_out.m", "update"),
        ("facts.vocabulary", "fact"),
    ],
)
def test_kinds(default: Site, name: str, kind: str) -> None:
    assert default.reference.record(default.ledger[name]).kind == kind


def test_zeros_by_mathematics_are_said_so(pages: dict[str, str]) -> None:
    assert "Zero: by mathematics, in 30 of its 72 cells" in section(pages, "grad.layers.0.attention.masked")
    assert "Zero: " not in section(pages, "layers.0.attention.scores")


def test_a_large_table_shows_its_corner_and_says_where_the_rest_is(default: Site, pages: dict[str, str]) -> None:
    said = section(pages, "layers.0.ffn.w_1")
    assert "shortened" in said
    assert "A corner of the table;\nall of it is in the CSV file." in said
    Site.page(default, "forward/embeddings.md")
    again = Reference(default).pages()
    assert "A corner of the table;" not in section(again, "token_embedding")
    place = "[Tokens and embeddings](../../forward/embeddings/#token_embedding)"
    assert f"On the walk: {place}" in section(again, "token_embedding")


def test_what_has_a_letter_and_no_page_of_the_walk_stands_here_whole(default: Site) -> None:
    """The averages of a parameter that the walk does not follow, but not what is on the way to them."""
    pages = Reference(default).pages()
    assert "shortened" not in section(pages, "adamw.layers.0.ffn.w_1.m")
    assert "shortened" in section(pages, "adamw.layers.0.ffn.w_1.m_kept")


def test_many_heads_show_the_first_ones() -> None:
    from calc.step import training_step
    from tests.configurations import configured

    config = configured({"model.d_model": 48, "model.heads": 12, "text.sentence": "the cat sat on the mat"})
    here = Site(training_step(config), config)
    here.page("forward/attention.md")  # has them all
    said = section(here.reference.pages(), "layers.0.attention.scores")
    assert said.count("~~~matrix") == MOST_CELLS // 36
    assert "The first four of twelve tables;" in said


def test_what_the_walk_cuts_short_for_its_size_stands_here_whole() -> None:
    """Of another layer: a corner, or the first head, with a link; of the worked layer everything."""
    here = site("four layers")
    walk = here.page("forward/qkv.md") + here.page("forward/attention.md")
    here.reference.parts = [part for part in here.reference.parts if part.name.startswith("layer-2-")]
    reference = here.reference.pages()
    for rest, said in (
        ("attention.w_q", "a corner of the table"),
        ("attention.scores", "the first of four tables"),
        ("attention.q_heads", "the first of four tables"),
    ):
        worked, other = (f"layers.{layer}.{rest}" for layer in (here.config.worked.layer, 2))
        (place,) = re.findall(rf"This is {said}; all of `{other}` is in \[the ledger\]\(([^)]*)\) and in ", walk)
        assert place == f"../ledger/{part(here.ledger[other])}.md#{other}"
        of = here.tables.fences(here.ledger[other])
        assert all(fence in section(reference, other).replace("\xa0", " ") for fence in of)
        assert not any(re.search(rf"^{re.escape(fence)}$", walk, re.MULTILINE) for fence in of[1:])
        assert walk.count(f"~~~matrix\n{worked} ") == len(of)
        assert f"all of `{worked}`" not in walk
    assert "all of `layers.2.ln_1.mean`" not in walk  # small


def test_a_large_ledger_offers_the_archive_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("render.reference.FILES", 1000)
    here = site("narrow")
    files = here.reference.files()
    assert list(files) == ["data/ledger.npz"]
    for text in [*here.reference.pages().values(), here.page("ledger/index.md")]:
        assert ".csv" not in text
        assert "CSV" not in text.split("---")[2] or "too large" in text


def test_files_hold_an_entry_each(default: Site) -> None:
    files = default.reference.files()
    assert set(files) == {"data/ledger.npz", "data/ledger.json"} | {f"data/csv/{e.name}.csv" for e in default.ledger}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_index_leads_everywhere(name: str) -> None:
    here = site(name)
    text = here.page("ledger/index.md")
    assert set(re.findall(r"\]\(([\w-]+)\.md\)", text)) == {part(entry) for entry in here.ledger}
    named = re.findall(r"\[([\w.]+)\]\(([\w-]+)/#([\w.]+)\)", text)
    assert {n for n, *_ in named} == {entry.name for entry in here.ledger}
    assert all(n == anchor and place == part(here.ledger[n]) for n, place, anchor in named)
    assert re.findall(r"^\| `(\w+)`\{ #(\w+) \}", text, re.MULTILINE) == [(op, op) for op in OPERATIONS]


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_way_back_goes_by_operands(name: str) -> None:
    way = site(name).reference.way_back
    assert (way[0].name.partition(".")[0], way[-1].name) == ("grad", "inputs.tokens")
    assert all(after in before.operands for before, after in pairwise(way))


@pytest.mark.parametrize(
    ("place", "name", "said", "under"),
    [
        ("layer-1-qkv", "layers.1.attention.q", "Layer 1: queries, keys, values", "Forward"),
        ("backward-layer-0-ln-2", "", "Backward, layer 0: layer norm before the feed-forward", "Backward"),
        ("adamw", "adamw.lr", "AdamW: rates", "AdamW"),
        ("adamw-w-out", "adamw.w_out.m", "AdamW: w_out", "AdamW"),
        ("after-output", "", "After the step: output and loss", "After the step"),
        ("a-stage-of-tomorrow", "", "A stage of tomorrow", "Forward"),
    ],
)
def test_titles(place: str, name: str, said: str, under: str) -> None:
    entry: Any = type("Named", (), {"name": name})()
    assert (title(place, entry), heading(place)) == (said, under)


def test_no_number_reaches_the_reference_but_through_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value is printed as a sentinel: what numerals are left in the prose are whole, and count something."""
    here = site("narrow")
    monkeypatch.setattr(Digits, "text", lambda *_: "◊")
    limit = max(len(here.ledger), max(entry.value.size for entry in here.ledger))
    for path, text in here.reference.pages().items():
        plain = re.sub(r"^    .*$|\$\$[^$]*\$\$|\$[^$\n]+\$|`[^`\n]*`|\([^)\s]*\)", "", text, flags=re.MULTILINE)
        assert "◊" in plain or not NUMBER.search(text), path
        for numeral in re.findall(r"(?<![\w.])\d[\d.,]*", plain.replace("1×10⁻¹²", "")):
            whole = numeral.rstrip(".,")
            assert whole.isdigit(), (path, numeral)
            assert int(whole) <= limit, (path, numeral)
