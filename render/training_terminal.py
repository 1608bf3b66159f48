"""A training run as the terminal tells it: how the loss falls, where it ends, and what keeps it from ending lower."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from calc import batches
from calc.checkpoint import NAME
from calc.floor import Fork, floor, forks
from calc.learner import Learner
from calc.tokenizer import Tokenizer
from calc.training import Epoch, Losses
from calc.wording import counted
from render.digits import rounded, whole
from render.terminal import console, headed, inert

MOST_FORKS, MOST_ROWS = 5, 20
LONGEST = 60  # of a sentence, in characters


class Told:
    """Prints one run. `every` is the distance of the epochs printed; None prints a few, in steps of 1, 2, 5, 10."""

    def __init__(self, learner: Learner, every: int | None = None) -> None:
        self.out, self._learner, self._every = console(), learner, every
        config = learner.config
        self._tokenizer, self._rows = Tokenizer.from_corpus(config.text.corpus), batches.rows(config)
        self._first = learner.count // len(learner.epoch) + 1
        self._last, self._digits = config.training.epochs, config.display.digits
        self._bar: tuple[Progress, TaskID] | None = None

    @contextmanager
    def progress(self) -> Iterator[None]:
        """A bar while epochs come, on a terminal alone."""
        self._begin()
        columns = (TextColumn("epoch"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.out, transient=True, disable=not self.out.is_terminal) as progress:
            self._bar = progress, progress.add_task("", total=self._last, completed=self._first - 1)
            yield

    def epoch(self, epoch: Epoch) -> None:
        """One epoch is done; its loss is printed if it is among those to be."""
        if self._bar:
            progress, task = self._bar
            progress.update(task, completed=epoch.number)
        if self._printed(epoch.number):
            self.out.print(f"{epoch.number:>7}  {self._digit(epoch.losses.mean)}", soft_wrap=True)

    def end(self, losses: Losses) -> None:
        """The losses with the last weights, and the floor."""
        rows = [(self._sentence(row.tokens), loss) for row, loss in zip(self._rows, losses.rows, strict=True)]
        shown = rows if len(rows) <= MOST_ROWS else sorted(rows, key=lambda row: -row[1])[:MOST_ROWS]
        table = headed(f"after epoch {self._last}", "loss", right=("loss",))
        for sentence, loss in shown:
            table.add_row(sentence, self._digit(loss))
        if len(shown) < len(rows):
            table.add_row(f"… and {len(rows) - len(shown)} with less", "")
        table.add_row("all words", self._digit(losses.mean), style="bold")
        table.add_row("the least there can be", self._digit(floor(self._rows)))
        self.out.print()
        self.out.print(table)
        self.out.print()
        for line in self._why():
            self.out.print(line, soft_wrap=True)

    def kept(self, file: str, steps: int) -> None:
        """Where the run was saved, and what can be done next."""
        prompt, load = inert(self._learner.config.generation.prompt), "" if file == NAME else f" --load {file}"
        self.out.print()
        self.out.print(f"Saved in {file}, after {counted(self._last, 'epoch')} ({counted(steps, 'step')}).")
        self.out.print(f'Next: python -m calc generate "{prompt}"{load}', soft_wrap=True)

    def _begin(self) -> None:
        words = sum(len(row.tokens) for row in self._rows)
        sentences, pieces = len(self._learner.config.text.corpus), len(self._rows)
        read = f"{counted(sentences, 'sentence')}"
        if pieces > sentences:
            read += f", read in {pieces} pieces of at most {self._learner.config.model.positions} words"
        steps = f"{counted(words, 'word')} and {counted(len(self._learner.epoch), 'step')} an epoch"
        self.out.print(f"{read}, {steps}; {whole(len(self._learner.theta))} parameters", soft_wrap=True)
        if self._first > 1:
            self.out.print(f"going on after epoch {self._first - 1}", soft_wrap=True)
        self.out.print(Text("  epoch  loss, in nats a word", style="bold"), soft_wrap=True)

    def _printed(self, number: int) -> bool:
        if number in (self._first, self._last):
            return True
        if self._every:
            return number % self._every == 0
        return int(str(number)[0]) in (1, 2, 5) and not str(number)[1:].strip("0")

    def _why(self) -> Iterator[str]:
        """The floor in words."""
        found, words = forks(self._rows), sum(len(row.tokens) for row in self._rows)
        if not found:
            yield "Every word follows from those before it, so the loss can come as near to 0 as it likes."
            return
        least = self._digit(floor(self._rows))
        begun = "sentences that begin alike go on in several ways, and nothing before tells which"
        yield f"No model that reads from left to right can end below {least}: {begun}."
        for fork in found[:MOST_FORKS]:
            yield f"  {self._fork(fork)}"
        if len(found) > MOST_FORKS:
            yield f"  … and {len(found) - MOST_FORKS} more"
        mean = f"Over all {counted(words, 'word')} the mean is {least}."
        yield f"Every other word can be told from those before it. {mean}"

    def _fork(self, fork: Fork) -> str:
        ways = [f"“{self._sentence((word,))}” ({n} of {fork.times})" for word, n in fork.following.items()]
        cost, again = f"at best {self._digit(fork.entropy)} each time", self._again(fork)
        text = f"after “{self._sentence(fork.words)}”: {' or '.join(ways)}, {cost}"
        return f"{text} ({again})" if again else text

    def _again(self, fork: Fork) -> str:
        """Where a first word in doubt stands again and is not: the position tells it from itself."""
        forked = {other.words for other in forks(self._rows)}
        places = sorted(
            {
                i
                for row in self._rows
                for i, word in enumerate(row.tokens)
                if i and fork.words == (word,) and row.tokens[: i + 1] not in forked
            }
        )
        if not places:
            return ""
        where = " and ".join(filter(None, [", ".join(map(str, places[:-1])), str(places[-1])]))
        noun = "position" if len(places) == 1 else "positions"
        return f"its position tells it from “{self._sentence(fork.words)}” at {noun} {where}"

    def _sentence(self, ids: tuple[int, ...]) -> str:
        text = inert(self._tokenizer.decode(ids))
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

    def _digit(self, loss: float) -> str:
        return rounded(loss, self._digits).text
