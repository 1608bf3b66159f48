"""What a template can say of the byte pairs: pieces and pairs in words, counts bound to their ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from calc.bpe import ALPHABET, Learned, Pair, Pieces, Round
from calc.ledger import Entry
from render import markup
from render.digits import Digits
from render.pieces import FILE, spelled
from render.words import inert, token
from render.worked import Worker

if TYPE_CHECKING:
    from render.page import Page

MOST_PAIRS, MOST_TERMS, MOST_ROUNDS = 24, 8, 24  # on the page; the file has all
FEWER_PAIRS = 10  # of a later round that has more than MOST_PAIRS
MOST_WORDS, MOST_STEPS = 40, 8  # that a new word is put together from, and on its way to its pieces


class Counted(NamedTuple):
    """A pair with its number in its round, and the places (their numbers) at which it stands."""

    pair: Pair
    number: int
    places: list[int]


class BytePairPage:
    """What templates call as bpe.NAME. Rounds are told by how many merges came before them."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @cached_property
    def learned(self) -> Learned:
        """The encoding, with the rounds that it came of."""
        return self._page.site.learned

    @property
    def rounds(self) -> Sequence[Round]:
        return self.learned.rounds

    @property
    def merges(self) -> Sequence[Pair]:
        return self.learned.encoding.merges

    @property
    def last(self) -> int:
        """How many merges there are, which is the last round's number."""
        return len(self.merges)

    @property
    def shown(self) -> int:
        """Of how many merges the page has a table of their pairs."""
        return min(self.last, MOST_ROUNDS)

    @property
    def alphabet(self) -> int:
        """How many bytes there are."""
        return len(ALPHABET)

    @property
    def samples(self) -> list[str]:
        """Texts that no list of words has: of another script, of other signs, with a joining accent, and a word of the
        corpus written larger."""
        return ["猫", "<script>", "e\u0301", self.learned.words[0].upper() + "."]

    def e(self, name: str) -> Entry:
        """An entry of the counts' ledger."""
        return self.learned.ledger[name]

    @cached_property
    def _digits(self) -> Digits:
        return self._page.site.runs.setdefault(FILE, Digits(self.learned.ledger, self._page.config))

    # --- numbers ---

    def text(self, name: str, *index: int) -> str:
        """A count's digits."""
        return self._digits.text(self.e(name), index)

    def num(self, name: str, *index: int) -> str:
        """A count in a sentence."""
        return markup.number(self.text(name, *index), name, index, FILE)

    def val(self, name: str, *index: int) -> int:
        """A count, to decide what a sentence says."""
        return int(self.e(name).value[index])

    def worked(self, name: str, *index: int) -> str:
        """A count with the numbers that it is the sum or the largest of."""
        worker = Worker(self._digits, self._page.config.display.longest_sum, FILE)
        return worker.fence(self.e(name), index)

    # --- pieces and pairs in words ---

    def pair(self, pair: Pair) -> str:
        """A pair in a sentence."""
        return f'<span class="pair">{self.pieces(pair)}</span>'

    def piece(self, piece: bytes | str) -> str:
        """A piece in a sentence."""
        return f'<code class="piece">{inert(spelled(piece))}</code>'

    def pieces(self, pieces: Iterable[bytes | str]) -> str:
        """Pieces one after another."""
        return " ".join(map(self.piece, pieces))

    def id(self, piece: bytes) -> int:
        return self.learned.encoding.id(piece)

    def joined(self, k: int) -> bytes:
        """What merge k makes."""
        return self.merges[k][0] + self.merges[k][1]

    def top(self, k: int) -> str:
        """The count of the most frequent pair of a round."""
        return self.num(f"rounds.{k}.counts", self.counted(k)[0].number)

    def counted(self, k: int) -> list[Counted]:
        """The pairs of a round, the most frequent first, equal ones by their ids."""
        found = self.rounds[k]
        if found.counts is None:
            return []
        which, counts = self.e(f"rounds.{k}.pair_at").value, found.counts.value
        places: dict[int, list[int]] = {}
        for place, number in enumerate(which.tolist()):
            places.setdefault(number, []).append(place)
        order = self.learned.encoding.order
        rank = sorted(range(len(found.pairs)), key=lambda r: (-counts[r], order(found.pairs[r])))
        return [Counted(found.pairs[r], r, places[r]) for r in rank]

    def tied(self, k: int) -> list[Counted]:
        """The pairs of a round that occur as often as the most frequent one."""
        counts = self.counted(k)
        return [c for c in counts if self._count(k, c) == self._count(k, counts[0])]

    def pair_table(self, k: int) -> str:
        """Every pair of a round with its count, and the words that it stands in; of many the most frequent."""
        rows = ["| pair | occurs | in the words |", "| --- | --- | --- |"]
        counts = self.counted(k)
        shown = FEWER_PAIRS if k and len(counts) > MOST_PAIRS else MOST_PAIRS
        for c in counts[:shown]:
            terms = [f"{self.word(self._word(k, place))} {self.num(f'rounds.{k}.times', place)}" for place in c.places]
            many = [f"{len(terms) - MOST_TERMS} more"] if len(terms) > MOST_TERMS else []
            sum_of = " + ".join([*terms[:MOST_TERMS], *many])
            rows.append(f"| {self.pair(c.pair)} | {self.num(f'rounds.{k}.counts', c.number)} | {sum_of} |")
        table = "\n".join(rows)
        left = len(counts) - shown
        up = "../" * self._page.path.count("/")
        more = f"\n\nAnd {self._page.plural(left, 'more pair')}, all in [the file of the counts]({up}data/{FILE}.npz)."
        return table + (more if left > 0 else "")

    def folded(self, text: str) -> str:
        """The body of a folded note."""
        return markup.indented(text)

    def word(self, number: int) -> str:
        """A word of the corpus."""
        return token(self.learned.words[number])

    def uses(self, k: int, piece: bytes) -> list[int]:
        """The words that have a piece after k merges."""
        return [w for w, pieces in enumerate(self.rounds[k].words) if piece in pieces]

    def whole(self, k: int) -> list[int]:
        """The words that are one piece after k merges."""
        return [w for w, pieces in enumerate(self.rounds[k].words) if len(pieces) == 1]

    def steps(self, word: str) -> list[Pieces]:
        """A word's way from its bytes to its pieces."""
        return self.learned.encoding.steps(word)

    def first(self, pieces: Pieces) -> int | None:
        """Which merge leads from these pieces of a word to the next ones."""
        return self.learned.encoding.first(pieces)

    def back(self, text: str) -> bool:
        """Whether a text comes back from its ids, its white space as single spaces."""
        encoding = self.learned.encoding
        return encoding.decode(encoding.encode(text)) == " ".join(text.split())

    def to_count(self, k: int) -> Counted:
        """The pair of a round that stands in the most places that are still few enough to count by hand."""
        few = [c for c in self.counted(k) if len(c.places) <= MOST_TERMS]
        return max(few or self.counted(k), key=lambda c: len(c.places))

    def uses_of(self, k: int, counted: Counted) -> list[int]:
        """The words that a pair stands in."""
        return sorted({self._word(k, place) for place in counted.places})

    @property
    def new_word(self) -> str:
        """A word that the corpus lacks, to be encoded: two of its words in one, in which many merges join something."""
        words = self.learned.words[:MOST_WORDS]
        made = {one + other for one in words for other in words} - set(self.learned.words)
        short = [word for word in made if len(self.steps(word)) <= MOST_STEPS]
        return min(short or made or {words[0] * 3}, key=lambda word: (-len(self.steps(word)), len(word), word))

    @property
    def other_word(self) -> str:
        """Another, of few pieces: the first sign of one of its words before the others of another."""
        words = self.learned.words[:MOST_WORDS]
        made = {one[0] + other[1:] for one in words for other in words if other[1:]} - set(self.learned.words)
        rest = made or {words[-1] * 2}
        return min(rest, key=lambda word: (len(self.steps(word)[-1]), -len(self.steps(word)), word))

    def _word(self, k: int, place: int) -> int:
        return int(self.e(f"rounds.{k}.place_in").value[place])

    def _count(self, k: int, counted: Counted) -> int:
        return self.val(f"rounds.{k}.counts", counted.number)
