"""What a proof found: a line a check with its counts, and every fault with its page and place."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: `where` is the page, with an anchor where there is one, `what` names the place on it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class Check:
    """One way of looking for wrong numbers: what was held against what, as a sentence, as counts, and the faults."""

    name: str
    says: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    pages: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, where: str, what: str) -> None:
        self.faults.append(Fault(where, what))

    def __str__(self) -> str:
        return f"{self.name}: {self.says}; {counted(len(self.faults), 'fault')}"


@dataclass(frozen=True)
class Report:
    """All checks of one site. `digest` is its configuration's name."""

    digest: str
    pages: int
    checks: tuple[Check, ...]

    @property
    def faults(self) -> list[Fault]:
        return [fault for check in self.checks for fault in check.faults]

    @property
    def holds(self) -> bool:
        return not self.faults

    def __getitem__(self, name: str) -> Check:
        return next(check for check in self.checks if check.name == name)

    def __str__(self) -> str:
        """One closing line."""
        verdict = "no fault" if self.holds else counted(len(self.faults), "fault")
        return f"configuration {self.digest}, {counted(self.pages, 'page')}, {len(self.checks)} checks: {verdict}"


def counted(number: int, singular: str, several: str = "") -> str:
    """`1 page`, `40,018 numbers`."""
    return f"{number:,} {singular if number == 1 else several or singular + 's'}"
