"""What can be wrong with a configuration, a line a mistake: single keys, what spans several of them, and the text."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from calc.sections import KEYS, SECTIONS
from calc.tokenizer import SPECIAL, Tokenizer, UnknownWord, shown
from calc.wording import EXAMPLES, allowed, counted, key_shown, nearest_value, value_shown

MOST_PARAMETERS = 20_000_000
LONGEST_WORD = 80
ABSENT = object()


class ConfigError(ValueError):
    """What is wrong with a configuration: `lines` holds one line a mistake, and str() joins them."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(lines))


@dataclass(frozen=True)
class Mistake:
    """One mistake: the key it is about, its value (or ABSENT), and what is allowed."""

    name: str
    value: object
    says: str


def line_of(mistake: Mistake, source: str, flags: Mapping[str, str]) -> str:
    where = flags.get(mistake.name, source)
    value = "" if mistake.value is ABSENT else f" = {value_shown(mistake.value)}"
    return f"{where}: {mistake.name}{value}: {mistake.says}"


def of_keys(table: str, error: ValidationError) -> Iterator[Mistake]:
    """The mistakes of one table's keys, from what pydantic found."""
    for found in error.errors(include_url=False):
        name = f"{table}.{found['loc'][0]}"
        if found["type"] == "extra_forbidden":
            yield unknown(table, str(found["loc"][0]), found["input"])
        elif found["type"] == "missing":
            says = f"is missing; must be {allowed(KEYS[name])}; nearest: {EXAMPLES[name]}"
            yield Mistake(name, ABSENT, says)
        elif len(found["loc"]) > 1:
            says = f"must be text in quotes; nearest: {shown(value_shown(found['input']))}"
            yield Mistake(f"{name}[{found['loc'][1]}]", found["input"], says)
        else:
            says = f"must be {allowed(KEYS[name])}; nearest: {nearest_value(name, found['input'])}"
            yield Mistake(name, found["input"], says)


def unknown(table: str, key: str, value: object) -> Mistake:
    """A table or key that does not exist, and the nearest that does. The top level is the table ""."""
    if isinstance(value, Mapping) and not table:
        near = difflib.get_close_matches(key, list(SECTIONS), n=1, cutoff=0.0)
        return Mistake(f"[{key_shown(key)}]", ABSENT, f"there is no such table; nearest: [{near[0]}]")
    keys = {name.partition(".")[2]: name for name in reversed(KEYS)}  # of two with one name, the first
    own = [k for k, name in keys.items() if name.startswith(f"{table}.")]
    # A slip of the pen in this table, else a key of another table, else whatever is most similar.
    close = difflib.get_close_matches(key, own, n=1, cutoff=0.7)
    close = close or difflib.get_close_matches(key, list(keys), n=1, cutoff=0.0)
    name = f"{table}.{key_shown(key)}" if table else key_shown(key)
    return Mistake(name, value, f"unknown key; nearest: {keys[close[0]]}")


def across(right: Mapping[str, Any], flags: Mapping[str, str]) -> Iterator[Mistake]:
    """The mistakes between keys. `right` holds the keys that are right by themselves."""
    d_model, heads = right.get("model.d_model"), right.get("model.heads")
    if d_model and heads and d_model % heads:
        # The flag is to blame where it changed a width that fitted the file's heads.
        if "model.d_model" in flags and "model.heads" not in flags:
            below = d_model - d_model % heads
            near = " or ".join(str(width) for width in (below, below + heads) if 4 <= width <= 1024)
            yield Mistake("model.d_model", d_model, f"must be a multiple of model.heads = {heads}; nearest: {near}")
        else:
            divisors = [h for h in range(1, d_model + 1) if d_model % h == 0]
            below, above = [h for h in divisors if h < heads][-1:], [h for h in divisors if h > heads][:1]
            says = f"must divide model.d_model = {d_model}; nearest: {' or '.join(map(str, below + above))}"
            yield Mistake("model.heads", heads, says)
    yield from _of_text(right)
    spread, decimals = right.get("init.spread"), right.get("init.decimals")
    if spread and decimals and spread < 10.0**-decimals:
        least = f"{10.0**-decimals:.{decimals}f}"
        says = f"rounds nearly every weight to 0; must be at least {least} for init.decimals = {decimals}"
        yield Mistake("init.spread", spread, f"{says}; nearest: {least}")
    yield from _of_training(right)
    yield from _of_generation(right)


def _of_training(right: Mapping[str, Any]) -> Iterator[Mistake]:
    """Refuses a warm-up that would not end before the run does."""
    keys = ("text.corpus", "model.positions", "training.epochs", "training.batch", "training.warmup")
    if not all(key in right for key in keys):
        return
    corpus, positions, epochs, batch, warmup = (right[key] for key in keys)
    steps = epochs * -(-rows_of(corpus, positions) // batch)
    if warmup and warmup >= steps:
        says = f"the whole run has {counted(steps, 'step')}, and the warm-up must end before it does"
        yield Mistake("training.warmup", warmup, f"{says}; nearest: {steps - 1}")


def _of_generation(right: Mapping[str, Any]) -> Iterator[Mistake]:
    """Refuses a prompt of no words, and more words to choose among than there are."""
    if "generation.prompt" in right and not right["generation.prompt"].split():
        says = f"must have at least one word; nearest: {EXAMPLES['generation.prompt']}"
        yield Mistake("generation.prompt", right["generation.prompt"], says)
    if "text.corpus" in right and "generation.top_k" in right and not list(_of_corpus(right["text.corpus"])):
        words, top_k = len(Tokenizer.from_corpus(right["text.corpus"])), right["generation.top_k"]
        if top_k > words:
            says = f"the vocabulary has {counted(words, 'word')}; 0 keeps them all; nearest: {words}"
            yield Mistake("generation.top_k", top_k, says)


def rows_of(corpus: Sequence[str], positions: int) -> int:
    """How many rows the corpus makes in training: a sentence of more words than positions is read in pieces."""
    return sum(-(-len(sentence.split()) // positions) for sentence in corpus)


def _of_text(right: Mapping[str, Any]) -> Iterator[Mistake]:
    """The mistakes of corpus and sentence, and of the sizes that follow from them."""
    tokenizer = None
    if "text.corpus" in right:
        mistakes = list(_of_corpus(right["text.corpus"]))
        yield from mistakes
        if not mistakes:
            tokenizer = Tokenizer.from_corpus(right["text.corpus"])
            yield from _of_size(right, len(tokenizer))
    if "text.sentence" in right:
        sentence = right["text.sentence"]
        for says in _of_sentence(sentence, right.get("model.positions"), tokenizer):
            yield Mistake("text.sentence", sentence, says)


def of_prompt(prompt: str, positions: int, tokenizer: Tokenizer) -> list[str]:
    """What is wrong with words that the model is to read and go on from."""
    return list(_of_sentence(prompt, positions, tokenizer))


def _of_sentence(sentence: str, positions: int | None, tokenizer: Tokenizer | None) -> Iterator[str]:
    """What is wrong with the sentence. Positions or tokenizer are None where they are mistakes themselves."""
    words = sentence.split()
    if not words:
        yield f"must have at least one word; nearest: {EXAMPLES['text.sentence']}"
        return
    if bad := _unprintable(sentence):
        yield bad
        return
    if positions and len(words) > positions:
        more = f"model.positions = {len(words)}, or " if len(words) <= 1024 else ""
        fits = shown(" ".join(words[:positions]))
        yield f"has {len(words)} words; at most model.positions = {positions}; nearest: {more}{fits}"
    for word in dict.fromkeys(words):
        if tokenizer and word not in tokenizer:
            yield str(UnknownWord(word, tokenizer.nearest(word)))


def _of_corpus(corpus: list[str]) -> Iterator[Mistake]:
    if not corpus:
        says = f"must hold at least one sentence; nearest: {EXAMPLES['text.corpus']}"
        yield Mistake("text.corpus", corpus, says)
    composed: dict[str, str] = {}
    for i, sentence in enumerate(corpus):
        name, words = f"text.corpus[{i}]", sentence.split()
        bad = _unprintable(sentence)
        if not words:
            yield Mistake(name, sentence, "must have at least one word; remove the sentence or fill it")
        elif bad:
            yield Mistake(name, sentence, bad)
        for word in dict.fromkeys(words) if not bad else ():
            if word in SPECIAL:
                says = f"{shown(word)} is a special token; a word must differ from {', '.join(SPECIAL)}"
                yield Mistake(name, sentence, f"{says}; nearest: {shown(word.strip('<>'))}")
            twin = composed.setdefault(unicodedata.normalize("NFC", word), word)
            if twin != word:
                says = f"{shown(word)} looks like a word before it but is made of other Unicode characters"
                yield Mistake(name, sentence, f"{says}; copy the one from the other")


# Fillers and blanks that count as letters or symbols, yet show nothing.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def _unprintable(text: str) -> str | None:
    """Why a text cannot be shown as it is: it holds characters that act or hide instead of showing."""
    for word in text.split():
        for c in word:
            kind = unicodedata.category(c)
            # Joiners shape visible text in some scripts and emoji; tag characters spell flags.
            joins = c in "\u200c\u200d" or "\U000e0020" <= c <= "\U000e007f"
            arabic = "\u0600" <= c <= "\u08e2" and c != "\u061c"  # signs of numbers and verses, which do show
            if kind in ("Cc", "Cs") or (kind == "Cf" and not joins and not arabic) or c in _BLANK:
                nameless = "half a character" if kind == "Cs" else "a control character"
                what = unicodedata.name(c, nameless)
                return f"holds U+{ord(c):04X} ({what}), which does not show; remove it"
        if all(unicodedata.category(c) == "Cf" or "\ufe00" <= c <= "\ufe0f" for c in word):
            return f"holds the word {shown(word)}, which does not show; remove it"
        if len(word) > LONGEST_WORD:
            cut = shown(word[:LONGEST_WORD], LONGEST_WORD)
            return f"holds a word of {len(word)} characters; at most {LONGEST_WORD}; nearest: {cut}"
    return None


def _of_size(right: Mapping[str, Any], vocabulary: int) -> Iterator[Mistake]:
    """Refuses a model too large to compute and show, and names the largest that is not."""
    keys = ("d_model", "layers", "d_ff", "positions")
    if not all(f"model.{key}" in right for key in keys):
        return
    d, layers, f, positions = (int(right[f"model.{key}"]) for key in keys)

    def count(d: int, layers: int) -> int:
        block = 4 * d * d + 2 * d * f + f + d + 4 * d
        return 2 * vocabulary * d + positions * d + layers * block + 2 * d

    if count(d, layers) <= MOST_PARAMETERS:
        return
    heads = right.get("model.heads", 1)
    fewer = [n for n in range(1, layers) if count(d, n) <= MOST_PARAMETERS]
    narrower = [w for w in range(4, d) if w % heads == 0 and count(w, layers) <= MOST_PARAMETERS]
    name, value = ("model.layers", layers) if fewer else ("model.d_model", d)
    says = f"makes about {count(d, layers):,} parameters; at most {MOST_PARAMETERS:,}"
    near = max(fewer or narrower, default=4)
    yield Mistake(name, value, f"{says}; nearest: {near}")
