"""The notation page: every symbol has a row, every row a symbol, and the foreign names exist."""

from __future__ import annotations

import ast
import re
from fnmatch import filter as matching
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

from render.notation import WHOLE, _breakable, composed, patterns, table
from render.order import in_nav
from render.pages import PageError, Site
from tests.configurations import CONFIGURATIONS, computed

ROOT = Path(__file__).resolve().parent.parent.parent
TORCH = ROOT / "verify" / "torch_step.py"
# Entries that are made only where the numbers allow it: a direction of a vector that is not zero, a remainder that
# float64 can tell.
SOMETIMES = {"primer.vectors.cosine", "primer.vectors.lengths", "account.remainder"}


# --- the table against the ledger -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_letter_of_the_ledger_has_a_row_and_no_pattern_is_idle(name: str) -> None:
    ledger, known = computed(name).ledger, list(patterns())
    unknown = [e.name for e in ledger if not composed(e) and not any(fnmatchcase(e.name, p) for p in known)]
    assert not unknown, "put these into templates/notation.toml"
    idle = {pattern for pattern in known if not matching([entry.name for entry in ledger], pattern)}
    assert not idle - SOMETIMES
    assert len(set(known)) == len(known)


def test_rows_show_letters_and_not_formulas() -> None:
    """A symbol that is only its operation's formula needs no row: the letters in it have theirs."""
    ledger = computed("default").ledger
    for rows in table().values():
        for row in rows:
            shown = [ledger[name] for pattern in row.names for name in matching([e.name for e in ledger], pattern)]
            assert not [e.name for e in shown if composed(e) and not e.name.startswith(("grad.", "after."))], row.names


def test_a_planted_symbol_without_a_row_is_found() -> None:
    entry = computed("default").ledger["loss"]
    assert not composed(entry)
    assert not any(fnmatchcase("stage.of.tomorrow", pattern) for pattern in patterns())


# --- the page against all other pages -------------------------------------------------------------------------------

FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", re.DOTALL)
TOKEN = re.compile(r"\\[A-Za-z]+|[A-Za-z]")
# What arranges symbols and is none: fractions, braces, spaces, sizes, and the words of a rule.
LAYOUT = {
    "frac", "tfrac", "dfrac", "left", "right", "quad", "qquad", "text", "begin", "end", "cases", "aligned", "array",
    "operatorname", "mathrm", "mathbf", "mathcal", "displaystyle", "underbrace", "overbrace", "lvert", "rvert", "vert",
    "bigl", "bigr", "Bigl", "Bigr", "big", "Big", "cdots", "dots", "ldots", "vdots", "ddots", "pmatrix", "bmatrix",
    "matrix", "substack", "hspace", "phantom", "boxed",
}  # fmt: skip
WORDS = re.compile(r"\\(?:text|begin|end|operatorname\*?|htmlClass|htmlData)\{[^{}]*\}|\\mathrm\{[A-Za-z]{2,}\}")


def letters(markdown: str) -> set[str]:
    """Every letter and every command of a page's formulas, but for those that only arrange."""
    plain = re.sub(r"^( *)(~~~|```).*?^\1\2$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    plain = re.sub(r"<figure.*?</figure>|(?<!`)`[^`\n]+`", "", plain, flags=re.DOTALL)
    found: set[str] = set()
    for display, inline in FORMULA.findall(plain):
        found |= {token.lstrip("\\") for token in TOKEN.findall(WORDS.sub("", display or inline))}
    return found - LAYOUT


@cache
def pages(name: str) -> dict[str, str]:
    config, ledger = computed(name)
    here = Site(ledger, config)
    made = {}
    for path in sorted(in_nav(), key=lambda path: path == "notation.md"):
        try:
            made[path] = here.page(path)
        except PageError as error:  # another page's fault is another test's
            pytest.fail(str(error))
    return made


@pytest.mark.parametrize("name", ["default", "two layers"])
def test_every_letter_and_sign_of_every_page_is_on_the_notation_page(name: str) -> None:
    made = pages(name)
    known = letters(made["notation.md"])
    unknown = {path: sorted(letters(text) - known) for path, text in made.items()}
    assert not {path: found for path, found in unknown.items() if found}


@pytest.mark.parametrize("name", ["default", "two layers"])
def test_where_a_symbol_comes_first_is_the_first_page_of_the_walk_that_shows_it(name: str) -> None:
    notation = pages(name)["notation.md"].replace("<wbr>", "")
    for symbol, path in (("layers.0.attention.scores", "forward/attention.md"), ("w_out", "forward/output.md"),
                         ("adamw.lr", "adamw.md"), ("loss", "index.md")):  # fmt: skip
        row = next(line for line in notation.split("\n") if f"<code>{symbol}</code>](ledger/" in line)
        first = re.search(r"first on \[[^\]]+\]\(([\w/-]+\.md)", row)
        assert first
        assert in_nav().index(first[1]) <= in_nav().index(path), row


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_page_stands_alone(name: str) -> None:
    config, ledger = computed(name)
    text = Site(ledger, config).page("notation.md")
    for axis, length in ledger.sizes.items():
        line = rf"^\| {axis}, \${axis.lower()}\$ \| [^|]+ \| {length} \|"
        assert "'" in axis or re.search(line, text, re.MULTILINE), axis
    assert ("belongs to layer" in text) == (config.model.layers > 1)
    assert "{i}" not in text
    assert all(line.count("|") in (5, 6, 3, 4) for line in text.split("\n") if line.startswith("| "))


# --- the foreign names ----------------------------------------------------------------------------------------------


def modules() -> dict[str, set[str]]:
    """The names of modules and parameters that the step in PyTorch has, as `GPT.named_parameters` gives them."""
    classes = {n.name: n for n in ast.parse(TORCH.read_text()).body if isinstance(n, ast.ClassDef)}

    def inside(name: str, prefix: str) -> None:
        for node in ast.walk(classes[name]):
            if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute)):
                continue
            called = [c for c in ast.walk(node.value) if isinstance(c, ast.Call)]
            full = prefix + node.targets[0].attr
            for call in called:
                made = ast.unparse(call.func)
                if made in classes:
                    inner = f"{full}.0." if "Sequential" in ast.unparse(node.value) else f"{full}."
                    found["modules"].add(inner.rstrip("."))
                    inside(made, inner)
                if made in ("nn.Linear", "nn.LayerNorm", "nn.Embedding"):
                    bias = made == "nn.LayerNorm" or (made == "nn.Linear" and "bias=False" not in ast.unparse(call))
                    found["parameters"] |= {f"{full}.weight"} | ({f"{full}.bias"} if bias else set())
            found["modules"] |= {full, node.targets[0].attr}

    found: dict[str, set[str]] = {"modules": set(), "parameters": set()}
    inside("GPT", "")
    return found


def test_pytorchs_names_exist() -> None:
    source = TORCH.read_text()
    used = {ast.unparse(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name | ast.Attribute)}
    used |= {node.arg for node in ast.walk(ast.parse(source)) if isinstance(node, ast.keyword) and node.arg}
    there = modules()
    assert "layers.0.attention.w_q.weight" in there["parameters"]
    assert "layers.0.ffn.w_1.bias" in there["parameters"]
    assert "w_out.bias" not in there["parameters"]
    state = {"exp_avg", "exp_avg_sq", "step", ".grad"}  # the optimizer's, held below, and every parameter's
    named = set()
    for rows in table().values():
        for row in rows:
            named |= set(re.findall(r"`([^`]+)`", row.torch.replace("{i}", "0")))
    assert not named - there["parameters"] - there["modules"] - used - state
    assert there["parameters"] - named == set(), "these parameters have no row"


def test_the_optimizers_state_is_named_so() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch belongs to make verify")
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.AdamW([weight])
    weight.sum().backward()
    optimizer.step()
    assert set(optimizer.state[weight]) >= {"exp_avg", "exp_avg_sq", "step"}
    assert set(optimizer.param_groups[0]) >= {"lr", "betas", "eps", "weight_decay"}


def test_a_shape_stays_whole_and_only_the_longest_names_break() -> None:
    site = Site(computed("default").ledger, computed("default").config)
    lines = [line for _, rows in site.notation.sections for line in rows]
    shapes = [part for line in lines for part in site.notation.shape(line).split(", ") if part != "a number"]
    assert shapes
    assert not [shape for shape in shapes if " " in shape]
    assert _breakable("`a.b`") == "<code>a.<wbr>b</code>"
    assert _breakable(f"`a.{'b' * WHOLE}`").startswith('<code class="path">')
