"""The pages as text: templates hold no numbers, and what comes of them is true to the configuration, whatever it is."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import nodes

import render.compiled
import render.pages
from calc.config import Config
from calc.ledger import Ledger
from calc.step import training_step
from render.digits import Digits
from render.pages import PageError, Site
from render.places import layer_of
from render.proof import kept
from render.tables import Tables
from render.verified import Result, Trained
from render.words import inert, token
from render.worked import Worker
from tests.configurations import CONFIGURATIONS, ODD, computed, configured

Drawn = Callable[[str], dict[str, "str | bytes"]]
ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.j2"))
NAV = re.findall(r":\s+(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)


# --- templates hold no numbers ---------------------------------------------------------------------------------------

NAMES = re.compile(
    r"(?:GPT|UTF)-\d"  # models, encodings
    r"|[A-Za-z_]\w*(?:\.\w+)*"  # a word with digits in it: float64, w_1, F6, layers.0.attention.scores
    r"|(?<=, )(?:19|20)\d\d(?=[,)])"  # the year of a citation: (Ba, Kiros and Hinton, 2016)
)
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
UNTABLED = ("bias", "join", "layer_norm", "residual")
HALVES = re.compile(r"\\[td]?frac\s*\d\d")  # \tfrac12 is two digits of one each
MEASURED = re.compile(r"\d\d|\d\.\d|10\^")  # 16, 0.01, 10^{-5}: no exponent or index, but a value


def environment() -> jinja2.Environment:
    """The delimiters of the templates."""
    return render.pages.environment(render.pages.TEMPLATES)


def typed_numbers(source: str, jinja: jinja2.Environment) -> Iterator[tuple[int, str]]:
    """The lines of a template that hold a number that somebody typed, and that number with what stands around it."""
    words, line, called = "", 1, ""
    for number, kind, text in jinja.lex(source):
        words += "\n" * (number - words.count("\n") - 1)  # what lstrip_blocks or a comment has swallowed
        called = "" if kind.endswith("_begin") else called or (text if kind == "name" else "")
        # Words in an expression are prose too, but for those of a claim, which no reader sees.
        hidden = kind == "string" and called != "claim" and " " in text
        if hidden and re.search(r"\d", NAMES.sub("", FORMULA.sub("", text))):
            yield number, text
        words += text if kind == "data" else re.sub(r"[^\n]", " ", text)

    def blank(found: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", found[0])

    for formula in FORMULA.finditer(words):
        if MEASURED.search(HALVES.sub("", formula[0])):
            yield words.count("\n", 0, formula.start()) + 1, formula[0]
    for line, text in enumerate(NAMES.sub(blank, FORMULA.sub(blank, words)).split("\n"), 1):
        for digit in re.finditer(r"\d[\d.,]*", text):
            yield line, words.split("\n")[line - 1][max(0, digit.start() - 40) : digit.end() + 20].strip()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda p: p.relative_to(ROOT / "templates").as_posix())
def test_no_template_holds_a_number(template: Path) -> None:
    found = [f"line {n}: {text}" for n, text in typed_numbers(template.read_text(encoding="utf-8"), environment())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("The model has 16 columns.", [1]),
        ("<% if n('H') > 1 %>\ntwo << n('H') >>\n<% else %>\na loss of 2.39\n<% endif %>", [4]),
        ("one\n<# a comment with a 7\nin it #>\n5 positions", [4]),
        ("weights sum to 1", [1]),
        ("A rate of $\\eta = 0.01$", [1]),
        ("$$\n10^{-5}\n$$", [1]),
        ("a\n<< '6 words' >>", [2]),
        ("<< spelled(2, 'of 2 heads') >>", [1]),
        ("- 3 steps", [1]),
        ("It has 3456 parameters (2016).", [1, 1]),
        ("`6`", [1]),
        ("x &#49;", [1]),
    ],
)
def test_a_planted_number_is_found(source: str, lines: list[int]) -> None:
    assert [line for line, _ in typed_numbers(source, environment())] == lines


@pytest.mark.parametrize(
    "source",
    [
        "GPT-2 keeps `float64` in w_1, AdamW; the lines F1 and F12 of `layers.0.attention.scores`.",
        r"$x^2$, $\frac{1}{2}$, $\tfrac12$, $W_1$, $e^{-x^2/2}$ and $-1$",
        "$$\n\\frac{1}{D} \\sum_d << sym(e('loss')) >>_d\n$$",
        "<< num(A, S=0) >> of << n('T') - 1 >><% set x = 16 %>",
        "<< claim(sums_to(A, 1, 'S'), 'every row of weights sums to 1') >>",
        "(Ba, Kiros and Hinton, 2016, section)",
    ],
)
def test_formulas_names_and_citations_may_hold_digits(source: str) -> None:
    assert not list(typed_numbers(source, environment()))


def silent(source: str, jinja: jinja2.Environment) -> list[int]:
    """The lines that say nothing where something is missing: `|default`, and an inline `if` without an `else`, which
    even StrictUndefined lets pass."""
    tree = jinja.parse(source)
    found = [node for node in tree.find_all(nodes.CondExpr) if node.expr2 is None]
    return [node.lineno for node in found + [n for n in tree.find_all(nodes.Filter) if n.name in ("default", "d")]]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda p: p.relative_to(ROOT / "templates").as_posix())
def test_no_template_is_silent_about_what_is_missing(template: Path) -> None:
    assert silent(template.read_text(encoding="utf-8"), environment()) == []


def test_a_planted_silence_is_found() -> None:
    source = "<< 'a' if x else '' >>\n<< 'a' if x >>\n\n<< x | default('') >>\n<% for y in x if y %><< y >><% endfor %>"
    assert silent(source, environment()) == [2, 4]


# --- pages of many configurations -------------------------------------------------------------------------------------

FENCE = re.compile(r"^( *)(~~~|```).*?^\1\2$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r'<span class="n" data-ref="([^"]+)"(?: data-index="([\d,]+)")?>([^<]*)</span>')
TOKEN = re.compile(r'<code class="token"[^>]*>(.*?)</code>')
DRAWN = re.compile(r'<tspan class="token">(.*?)</tspan>')  # in a picture
SPOKEN = re.compile(r"“([^“”]*)”")  # in a picture's text alternative
ELSEWHERE = re.compile(r'<span class="n" [^>]*data-ledger="[^"]+">[^<]*</span>')  # a number of another run
NO_VALUE = re.compile(r"\b(?:nan|NaN|None(?! of\b)|Undefined|undefined|inf|Infinity|True|False)\b|[−-]∞|object at 0x")
LEFT_OVER = re.compile(r"<<|>>|<%|%>|<#|#>")


def texts(files: dict[str, str | bytes]) -> dict[str, str]:
    return {path: text for path, text in files.items() if isinstance(text, str)}


def rendered(ledger: Ledger, config: Config) -> dict[str, str]:
    return texts(render.pages.render(ledger, config))


def markdown(pages: dict[str, str]) -> dict[str, str]:
    """The pages of the nav; the reference's pages have tests of their own."""
    return {path: pages[path] for path in NAV}


def prose(page: str) -> str:
    """What is left of a page without its fences, formulas, code and numbers: the sentences."""
    page = FENCE.sub("", page)
    page = re.sub(r'<figure.*?</figure>|<code(?: class="path")?>.*?</code>', "", page, flags=re.DOTALL)
    return FORMULA.sub("", re.sub(r"(?<!`)`[^`\n]+`", "", ELSEWHERE.sub("", NUMBER.sub("", page))))


def fences(page: str, kind: str) -> list[str]:
    """The bodies of a page's fences of one kind, without what indents them in a folded note."""
    found = re.finditer(rf"^( *)~~~{kind}\n(.*?)^\1~~~$", page, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{m[1]}", "", m[2], flags=re.MULTILINE) for m in found]


def shown(pages: dict[str, str], ledger: Ledger) -> set[str]:
    """The entries that the pages show: every cell of a table (or a shortened one), or a single number."""
    tables: dict[str, set[str]] = {}
    single = set()
    for page in pages.values():
        for fence in fences(page, "matrix"):
            name, cut, *options = fence.split("\n")[0].split()
            if not any(option.startswith("ledger=") for option in options):  # of another run
                tables.setdefault(name, set()).add(cut)
        for fence in fences(page, "worked"):
            own = [line for line in fence.split("\n") if line.startswith("r = ") and "@" not in line]
            single |= {line.removeprefix("r = ") for line in own}
        single |= {name for name, index, _ in NUMBER.findall(page) if not index}
    scalars = {name for name in single if not ledger[name].axes}
    return scalars | {name for name, cuts in tables.items() if len(cuts) == max(1, len(list(heads(ledger, name))))}


def heads(ledger: Ledger, name: str) -> Iterator[int]:
    entry = ledger[name]
    return iter(range(entry.shape[0] if len(entry.axes) > 2 else 1))


def listed(summary: str) -> set[str]:
    """The names under the summary's last heading."""
    folded = summary.partition("\n## Where the rest is\n")[2]
    return {name for line in folded.split("\n") if line.startswith("    ") for name in re.findall(r"`([\w.]+)`", line)}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_pages_of_a_configuration(name: str, drawn: Drawn) -> None:
    config, ledger = computed(name)
    pages = markdown(texts(drawn(name)))
    digits = Digits(ledger, config)
    known = {inert(word) for word in (*config.text.sentence.split(), *Tables(digits, config).words)}
    assert set(pages) == set(NAV)
    for path, page in pages.items():
        words = prose(page)
        for rule in (NO_VALUE, LEFT_OVER):
            found = rule.search(words)
            assert not found, f"{path}: {found[0]} in “{words[max(0, found.start() - 60) : found.end() + 40]}”"
        for ref, index, text in NUMBER.findall(page):
            cell = tuple(map(int, index.split(","))) if index else ()
            assert text == digits.text(ledger[ref], cell), f"{path}: {ref}[{index}]"
        assert set(TOKEN.findall(page)) <= known, path
        assert page.startswith("---\ndescription: "), path
        assert len(re.findall(r"^# ", FENCE.sub("", page), re.MULTILINE)) == 1, path
    missing = {entry.name for entry in ledger} - shown(pages, ledger) - listed(pages["summary.md"])
    # A large table of another layer than the worked one stands whole in the reference.
    others = {name for name in missing if layer_of(ledger[name]) not in (None, config.worked.layer)}
    missing -= others & shown({path: text for path, text in texts(drawn(name)).items() if path not in NAV}, ledger)
    assert not missing, f"on no page, and not listed in the summary: {sorted(missing)[:10]}"


def test_every_value_of_the_worked_layer_is_on_a_page(drawn: Drawn) -> None:
    """The summary lists what the update and the second forward pass repeat; the rest is shown where it is made."""
    _, ledger = computed("default")
    rest = listed(texts(drawn("default"))["summary.md"])
    elsewhere = {
        entry.name for entry in ledger if entry.stage.startswith(("adamw", "after", "facts", "account", "blame"))
    }
    # Tables on the way to a Jacobian, which pages explain by rule and one cell; the reference has them whole.
    elsewhere |= {name for name in rest if name.startswith(tuple(f"unfolded.{part}." for part in UNTABLED))}
    assert not rest - elsewhere, sorted(rest - elsewhere)


def test_words_that_look_like_markup_appear_only_escaped_or_in_fences() -> None:
    """The pages of odd words are those of plain words with other tokens, and differ in nothing else. Those that speak
    of the signs in a word are left to their own test."""
    plain = [f"w{i}" for i in range(len(ODD))]
    pages = {}
    for words in (plain, list(ODD)):
        text = " ".join(words)
        same = {"text.corpus": (text,), "text.sentence": text, "worked.token": words[1]}
        config = configured(CONFIGURATIONS["odd words"] | same)
        made = markdown(rendered(training_step(config), config))
        pages[words[0]] = {path: text.replace(config.digest(), "…") for path, text in made.items()}
    for path in NAV:
        if path.startswith("tokens/"):
            continue
        neutral = [numbered(pages[words[0]][path], words) for words in (plain, list(ODD))]
        if path == "trust.md":  # it counts the numbers of all pages
            neutral = [re.sub(r"\| [\d,]+ \|$", "| … |", text, flags=re.MULTILINE) for text in neutral]
        if path == "training/embeddings.md":  # a word beside its dot gives way to others as far as it is long
            neutral = [re.sub(r'<text x="[^>]*" class="strong">(?=‹)', "<text>", text) for text in neutral]
        for one, other in zip(*(text.split("\n") for text in neutral), strict=True):
            assert one == other, path


def test_no_number_reaches_a_page_but_through_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value is printed as a sentinel: what numerals are left, nobody took from the ledger.

    They are whole: sizes, indices, ids, counts of things on the page, the seed. The only decimal is the spread of the
    configuration, which is no ledger value.
    """
    monkeypatch.setattr(Digits, "text", lambda *_: "◊")
    monkeypatch.setattr(Worker, "fence", lambda *_: "~~~worked\n◊\n~~~")
    monkeypatch.setattr(kept, "hold", lambda *_: 0)  # which reads digits, too
    monkeypatch.setattr(render.pages.verified, "result", lambda _: None)  # its counts, where `make verify` has run
    config, ledger = computed("two layers")
    pages = markdown(rendered(ledger, config))
    limit = max(len(ledger), *ledger.sizes.values())
    counted = {f"{site_count:,}" for site_count in counts(pages["trust.md"])}
    for path, page in pages.items():
        if path == "how-you-would-know.md":  # its runs have ledgers of their own, of a fixed configuration
            continue
        text = re.sub(r"```.*?```", "", prose(page), flags=re.DOTALL)
        text = re.sub(r"\]\([^)]*\)|<[^>]*>|&#\d+;|1×10⁻¹²", "", NAMES.sub("", text))
        for numeral in re.findall(r"\d[\d,.]*\d|\d", text):
            plain = numeral.rstrip(",.")
            known = plain in {str(config.init.spread), str(config.init.seed)} or plain in counted
            assert known or (plain.isdigit() and int(plain) <= limit), f"{path}: {numeral}"


def test_what_pytorch_found_stands_on_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for this configuration, it is a third way to the parameters' gradients; otherwise the pages say so."""
    config, ledger = computed("default")
    trained = Trained("constant", 0, 97, 97, 0, 9), Trained("cosine", 10, 31, 100, 13, 9)
    errors = {"grad.w_out": 1e-16, "loss": 0.0}
    found = Result(config.digest(), "code", "2", 1e-12, 1e-11, 3, 1234567, 4, 5, 6, 7, 8, 1e-9, trained, errors)
    for result, ways, says in (
        (found, "three ways", "was run for this configuration"),
        (None, "two ways", "was not run for this configuration"),
    ):
        monkeypatch.setattr(render.pages.verified, "result", lambda _, result=result: result)
        site = Site(ledger, config)
        lines = [line for line in site.page("backward/output.md").split("\n") if "✓" in line]
        assert [ways in line for line in lines if "`grad.w_out`" in line] == [True]
        assert all("two ways, within 1×10⁻¹²" in line for line in lines if "`grad.w_out`" not in line)
        trust = site.page("trust.md")
        assert says in trust
        assert ("arrays of 1,234,567 numbers" in trust and "new parameters within $10^{-11}$" in trust) == bool(result)
        assert ("- 97 steps at a constant learning rate.\n" in trust) == bool(result)
        short = "- 31 steps with a learning rate that falls along a cosine after a warm-up, the gradient clipped in 13"
        assert (short in trust and "within $10^{-9}$ of each array" in trust) == bool(result)


def counts(trust: str) -> list[int]:
    """The counts in the table of the page that says what was checked, and of the values held at fifty digits."""
    rows = re.findall(r"\| ([\d,]+) \|$", trust, re.MULTILINE) + re.findall(r"All ([\d,]+) values", trust)
    return [int(row.replace(",", "")) for row in rows]


def numbered(page: str, words: list[str]) -> str:
    """The page with a number in place of each word, as a token and as a label, and no run of spaces."""

    def as_token(found: re.Match[str]) -> str:
        word = unescape(found[1])
        return f"‹{words.index(word)}›" if word in words else found[0]

    def as_label(found: re.Match[str]) -> str:
        return f"{found[1]}‹{words.index(found[2])}›" if found[2] in words else found[0]

    for word in (TOKEN, DRAWN, SPOKEN):
        page = word.sub(as_token, page)
    page = re.sub(r"(?<!\S)(\d+·)(\S+)", as_label, page)
    return re.sub(" +", " ", page)


def test_two_configurations_share_no_word_and_no_size() -> None:
    """Nothing of one configuration is typed into the pages: it would be found on the other's."""

    def more(start: str) -> str:
        """Words that make the vocabulary larger than what a page may count of other things."""
        return " ".join(start + letter * 2 for letter in string.ascii_lowercase[: 8 if start < "m" else 18])

    one = {
        "text.corpus": ("red ants dig deep holes under old stones all night and rest when bright days", more("am")),
        "text.sentence": "red ants dig deep holes",
        "model.d_model": 58, "model.heads": 2, "model.d_ff": 79, "model.positions": 97, "init.seed": 1009,
    }  # fmt: skip
    other = {
        "text.corpus": ("my uncle sells blue hats near each big lake while it rains hard outside but", more("zu")),
        "text.sentence": "my uncle sells blue hats near each",
        "model.d_model": 123, "model.heads": 3, "model.d_ff": 73, "model.positions": 89, "init.seed": 2003,
    }  # fmt: skip
    words: list[set[str]] = []
    said: list[set[str]] = []
    sizes: list[set[str]] = []
    numbers: list[set[tuple[str, str, str]]] = []
    for overrides in (one, other):
        config = configured(overrides)
        ledger = training_step(config)
        pages = markdown(rendered(ledger, config))
        del pages["how-you-would-know.md"]  # has a fixed configuration of its own
        del pages["tokens/byte-pairs.md"]  # the ids of the bytes are the same everywhere
        # Where a line of code stands is the same for both, and the names of links are nobody's words.
        lines = re.compile(r"<a [^>]*>(?:line\u00a0\d+|calc/\w+\.py:\d+)</a>|calc/\w+\.py:\d+")
        text = lines.sub("", " ".join(map(prose, pages.values())))
        words.append(set(" ".join(config.text.corpus).split()))
        said.append({unescape(word) for word in TOKEN.findall(text)})
        sizes.append({str(n) for n in (*ledger.sizes.values(), config.init.seed) if n > 20})
        # With the words beside it: 41 as a size of the one and as a feature of the other are two things.
        numbers.append(set(re.findall(r"(\w*\W+)(\d\d+)(?=(\W+\w*))", TOKEN.sub("", text))))
        assert said[-1] & words[-1]
        assert sizes[-1] <= {number for _, number, _ in numbers[-1]}
    assert not said[0] & words[1]
    assert not said[1] & words[0]
    assert not {found for found in numbers[0] & numbers[1] if found[1] in sizes[0] | sizes[1]}


def test_rendering_twice_gives_the_same_bytes() -> None:
    config = configured(CONFIGURATIONS["narrow"])
    assert render.pages.render(training_step(config), config) == render.pages.render(training_step(config), config)


def test_another_seed_changes_every_page_that_shows_a_value(drawn: Drawn) -> None:
    first, second = (
        {path: text.rpartition("\nConfiguration `")[0] for path, text in markdown(texts(drawn(name))).items()}
        for name in ("default", "seed")
    )
    same = [path for path in first if first[path] == second[path] and NUMBER.search(first[path])]
    assert same == ["tokens/byte-pairs.md"]  # of the corpus, which no seed draws


# --- what a template may say ------------------------------------------------------------------------------------------


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """page("text of a template"): what is rendered of it, in the default configuration."""
    monkeypatch.setattr(render.pages, "TEMPLATES", tmp_path)
    monkeypatch.setattr(render.compiled, "CACHE", tmp_path / "compiled")
    monkeypatch.setattr(kept, "hold", lambda *_: 0)  # of every page of this site; these are not about numbers
    config, ledger = computed("default")

    def of(source: str, path: str = "forward/try.md") -> str:
        render.pages.environment.cache_clear()  # two texts of one file within a tick of its clock
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / f"{path}.j2").write_text(source, encoding="utf-8")
        return Site(ledger, config).page(path)

    return of


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("# A\n\n<< attention >>", 3, "'attention' is undefined"),
        ("<< e('logit') >>", 1, "no entry 'logit'; nearest: logits"),
        ("a\n<< w('attention.wieghts').value >>", 2, "nearest: layers.0.attention.weights"),
        ("\n\n<< e('loss').colour >>", 3, "has no attribute 'colour'"),
        ("<< claim(false, 'the loss is 0') >>", 1, "false for these numbers: the loss is 0"),
        ("a\n<< claim(sums_to(w('attention.weights'), 1, 'T'), 'columns sum to 1') >>", 2, "columns sum to 1"),
        ("<< num(e('loss'), T=1) >>", 1, "loss has no axis T"),
        ("<< show(w('attention.scores'), T=99) >>", 1, "out of range"),
        ("<< tok(17) >>", 1, "out of range"),
        ("<< largest(w('attention.weights')) >>", 1, "3 axes are free"),
        ("text\n<< 1 + >>", 2, "unexpected"),
        ("<% if true %>\nnever closed", 2, "Unexpected end of template"),
        ("<< code('attention', 'forwards') >>", 1, "forwards"),
        ("<% for x in range(3) %>\n<< y >>\n<% endfor %>", 2, "'y' is undefined"),
    ],
)
def test_a_mistake_names_its_template_line_and_cause(page: Any, source: str, line: int, says: str) -> None:
    with pytest.raises(PageError) as raised:
        page(source)
    message = str(raised.value)
    assert message.startswith(f"templates/forward/try.md.j2, line {line}: "), message
    assert says in message


def test_formulas_with_braces_are_no_template_code(page: Any) -> None:
    source = r"$\frac{{a}}{{b}}_{#}$ {% x %} {{ y }} {# z #}"
    assert page(source) == source + "\n"


def test_a_number_in_a_sentence_is_bound_to_its_place(page: Any) -> None:
    text = page("<< num(w('attention.weights'), H=1, T=0, S=0) >> and << num(e('loss')) >>")
    weight, loss = text.strip().split(" and ")
    assert weight == '<span class="n" data-ref="layers.0.attention.weights" data-index="1,0,0">1.000</span>'
    assert re.fullmatch(r'<span class="n" data-ref="loss">\d\.\d{3}</span>', loss)


def test_words_are_inert_wherever_they_stand() -> None:
    assert token("<b>$x$") == '<code class="token">&#60;b&#62;&#36;x&#36;</code>'
    for word in ODD:
        assert unescape(inert(word)) == word
        assert re.fullmatch(r"(?:[^\W_]|&#\d+;|[^\x00-\x7f])*", inert(word))


def test_small_numbers_are_spelled_and_nouns_agree(page: Any) -> None:
    assert page("<< spelled(2, 'head') >>, << spelled(1, 'head') >>, << spelled(20, 'head') >>, << spelled(3) >>") == (
        "two heads, one head, 20 heads, three\n"
    )
    assert page("<< plural(1, 'entry', 'entries') >>, << plural(2, 'entry', 'entries') >>") == "1 entry, 2 entries\n"
    assert page("<< series(['a']) >>; << series(['a', 'b']) >>; << series('abc' | list) >>") == (
        "a; a and b; a, b and c\n"
    )


def test_the_rest_of_a_stage_is_what_the_page_left_out(page: Any) -> None:
    _, ledger = computed("default")
    stage = ledger["layers.0.attention.scores"].stage
    text = page(f"<< show(w('attention.scores')) >>\n\n<< rest_of('{stage}') >>")
    folded = re.findall(r'^\?\?\? note "`(.*)`"$', text, re.MULTILINE)
    assert folded == [e.name for e in ledger if e.stage == stage and e.name != "layers.0.attention.scores"]
