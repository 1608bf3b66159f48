"""What the model wrote, as the terminal tells it: each word with its probability, and of what it was chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text

from calc.config import Config
from calc.generation import EOS, Written
from calc.ledger import Entry
from calc.sampling import Choice
from calc.tokenizer import Tokenizer
from calc.wording import counted
from render.digits import rounded
from render.terminal import console, headed, inert

MOST = 3  # runners-up that are named, and words that were cut
CUTS: dict[str, Callable[[int, Choice], range]] = {  # the ranks that each took away, with the vocabulary's size
    "top-k": lambda words, choice: range(choice.after_k, words),
    "top-p": lambda words, choice: range(choice.kept, choice.after_k),
}


class Told:
    """Prints one generation."""

    def __init__(self, config: Config, tokenizer: Tokenizer) -> None:
        self.out = console(wide=True)
        self._config, self._tokenizer, self._size = config, tokenizer, len(tokenizer)

    def all(self, written: Sequence[Written], whose: str) -> None:
        """`written` are the words in order, at least one; `whose` says which model wrote them."""
        self.out.print(f"{whose}: {self._how(written[0].choice)}", soft_wrap=True)
        cuts = [name for name, cut in CUTS.items() if any(cut(self._size, each.choice) for each in written)]
        drawn = [] if written[0].choice.u is None else ["drawn"]
        headings = ["", "word", "probability", *drawn, "runners-up", *(f"cut by {name}" for name in cuts)]
        table = headed(*headings, right=("probability", "drawn"))
        for number, each in enumerate(written, start=1):
            table.add_row(*self._row(number, each.choice, cuts))
        self.out.print()
        self.out.print(table)
        self.out.print()
        last = written[-1]
        ids = last.read if last.choice.token == EOS else (*last.read, last.choice.token)
        self.out.print(Text(self._words(ids), style="bold"), soft_wrap=True)
        self.out.print(self._end(last, len(written)), soft_wrap=True)

    def _how(self, choice: Choice) -> str:
        """How words are chosen."""
        g = self._config.generation
        if choice.u is None:
            return "always the likeliest word (temperature 0)"
        cuts = [f"top-k {g.top_k}"] * bool(g.top_k) + [f"top-p {g.top_p:g}"] * (g.top_p < 1)
        return ", ".join([f"temperature {g.temperature:g}", *cuts, f"sample-seed {g.seed}"])

    def _row(self, number: int, choice: Choice, cuts: Sequence[str]) -> list[str]:
        others = [rank for rank in range(choice.kept) if rank != choice.rank]
        drawn = [] if choice.u is None else [self._digits(choice.u)]
        word, probability = self._words([choice.token]), self._digits(choice.probs.value[choice.rank])
        left = self._named(choice, choice.probs, others)
        cut = [self._named(choice, choice.ranked, CUTS[name](self._size, choice)) for name in cuts]
        return [str(number), word, probability, *drawn, left, *cut]

    def _named(self, choice: Choice, probs: Entry, ranks: Sequence[int]) -> str:
        """The first few words of these ranks, each with its probability, and how many more there are."""
        ids = choice.order.value
        named = [f"{self._words([ids[rank]])} {self._digits(probs.value[rank])}" for rank in ranks[:MOST]]
        return " · ".join([*named, *([f"{len(ranks) - MOST} more"] if len(ranks) > MOST else [])])

    def _end(self, last: Written, number: int) -> str:
        words = counted(number, "word")
        match last.ends:
            case "eos":
                return f"{words}; the last is <eos>, the end."
            case "positions":
                rows = self._config.model.positions
                return f"{words}; the position table has no row for another (model.positions = {rows})."
            case _:
                return f"{words}, as many as were asked for (generation.tokens, --tokens)."

    def _words(self, ids: Sequence[int]) -> str:
        return inert(self._tokenizer.decode(ids))

    def _digits(self, value: float) -> str:
        return rounded(float(value), self._config.display.digits).text
