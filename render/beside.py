"""The code that ran, beside the formulas that it computes and PyTorch's equivalent, as tabs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from calc.ledger import Entry
from render import latex
from render.listing import Listing, defined, definitions, function
from render.markup import indented
from render.places import layer_of

if TYPE_CHECKING:
    from render.page import Page

TORCH = ("verify/torch_forward.py", "verify/torch_backward.py", "verify/torch_step.py")
_MARKED = "The letter F and a number mark a line of the forward pass, here and in the code."
_LINES = "The letter F and a number mark a line, here and in the code."  # of what is no forward pass
_UNDOES = "The mark of a line of the backward pass is that of the forward line that it goes back through."
_CALLED = "A marked line without a formula calls another function, which has the formulas, under marks of its own."
_CALL = re.compile(r"\b(\w+\.(?:forward|backward))\(led\b")
_RAN = "[`make verify`]({}trust.md#pytorch) runs this code and compares what it returns with the ledger."
_CALLS = {
    "func.vjp": "`torch.func.vjp` runs a function and gives back its vector-Jacobian product, found by autograd, "
    "PyTorch's own automatic differentiation.",
    "func.jacrev": "`torch.func.jacrev` gives a function's whole Jacobian.",
}
# The parts of the step itself. Others run the same lines again: the forward pass with the new weights, comparisons.
_STEP = {"inputs", "embeddings", "layer_norm", "qkv", "attention", "multi_head", "feed_forward", "output", "backward"}
_STEP |= {"unfolded", "adamw"}


class Beside:
    """What templates call as beside(...)."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._told: set[str] = set()

    def __call__(
        self,
        module: str,
        name: str = "forward",
        *,
        stage: str | None = None,
        scope: str | None = None,
        torch: str | Sequence[str] | None = None,
    ) -> str:
        """Tabs: a row for each line of calc/MODULE.py's function that makes an entry, the function, PyTorch's.

        A function that runs more than once in the step, such as softmax.forward, needs `stage`, or `scope`: a part of
        its entries' names, such as ln_2. `torch` names functions of verify/ that follow each other in one file;
        without it they are those that are called like the module, or the module and the function, if there are any.
        ValueError where several runs of the function fit, or none of a named stage or scope.
        """
        code = function(module, name)
        entries = self._entries(code, f"{module}.{name}", stage, scope)
        tabs = [("Formula", self._formulas(code, entries))] if entries else []
        tabs.append((code.path, self._page.links.fence(code, name)))
        there = self._torch(module, name, torch)
        if there:
            tabs.append(("PyTorch", self._ran(there)))
        # The mark of exclamation begins a new set of tabs, apart from one right above.
        marks = ["===!", *["==="] * len(tabs)]
        return "\n\n".join(f'{m} "{label}"\n\n{indented(body)}' for m, (label, body) in zip(marks, tabs, strict=False))

    def _formulas(self, code: Listing, entries: list[Entry]) -> str:
        made = {entry.source[1] for entry in entries}
        calls = {number: name for number, name in _calls(code).items() if number not in made}
        rows = [(entry.source[1], self._row(code, entry)) for entry in entries]
        rows += [(number, self._call(code, number, name)) for number, name in calls.items()]
        first = code.lines[0]
        words = _UNDOES if first.startswith("def backward") else _MARKED if first.startswith("def forward") else _LINES
        said = [words] if any(code.mark(number) for number in made) else []
        said += [_CALLED] if calls else []
        new = [words for words in said if words not in self._told]
        self._told.update(new)  # once a page
        notes = [f"{' '.join(new)}\n{{ .rule-marks }}"] if new else []
        return "\n\n".join([*(row for _, row in sorted(rows, key=lambda row: row[0])), *notes])

    def _ran(self, code: Listing) -> str:
        """PyTorch's code, and once a page what is done with it, and what the pages' words do not explain."""
        text = "\n".join(code.lines)
        said = {"ran": _RAN.format("../" * self._page.path.count("/"))}
        said |= {name: words for name, words in _CALLS.items() if name in text}
        new = [name for name in said if name not in self._told]
        self._told.update(new)
        notes = [f"{' '.join(said[name] for name in new)}\n{{ .rule-marks }}"] if new else []
        return "\n\n".join([code.fence(), *notes])

    def _row(self, code: Listing, entry: Entry) -> str:
        links = self._page.links
        number = entry.source[1]
        mark = code.mark(number)
        rule = rf"$\displaystyle {latex.rule(self._page.ledger, entry)}$"
        places = f"<small>{links.entry(entry)} · {links.line(entry, _line(number))}</small>"
        return f'{f"**{mark}** " if mark else ""}{rule} {places}\n{{ .rule data-entry="{entry.name}" }}'

    def _call(self, code: Listing, number: int, name: str) -> str:
        """The row of a marked line that makes its entries by another function."""
        line = self._page.links.place(code.path, number, _line(number))
        return f"**{code.mark(number)}** <span>calls `{name}`</span> <small>{line}</small>\n{{ .rule .call }}"

    def _entries(self, code: Listing, what: str, stage: str | None, scope: str | None) -> list[Entry]:
        """The entries of the one run of the function that is asked for."""
        own = [e for e in self._page.ledger if e.source[0] == code.path and e.source[1] in code]
        runs = [run for run in _runs(own) if self._fits(run, stage, scope)]
        if len(runs) > 1:
            names = ", ".join(f"{run[0].name} (stage {run[0].stage})" for run in runs[:6])
            raise ValueError(f"{what} runs {len(runs)} times: name a stage or a scope; the runs begin with {names}")
        if not runs and own and (stage or scope):
            raise ValueError(f"{what} makes nothing in stage {stage}, scope {scope}")
        return runs[0] if runs else []

    def _fits(self, run: list[Entry], stage: str | None, scope: str | None) -> bool:
        layer = layer_of(run[0])  # its last entry may be the gradient of another layer's output
        if layer is not None and layer != self._page.layer:
            return False
        if stage is None and run[0].stage.partition(".")[0] not in _STEP:
            return False
        named = scope is None or any(f".{scope}." in f".{entry.name}." for entry in run)
        return named and (stage is None or run[0].stage == stage)

    def _torch(self, module: str, name: str, torch: str | Sequence[str] | None) -> Listing | None:
        if torch is None:
            stem = module if name == "forward" else f"{module}_{name}"
            wanted = [stem, f"{stem}_at_once", f"{stem}_autograd"]
        else:
            wanted = [torch] if isinstance(torch, str) else list(torch)
        for path in TORCH:
            names = [n for n in wanted if n in defined(path)]
            if names and (torch is None or len(names) == len(wanted)):
                return definitions(path, *names)
        if torch:
            raise KeyError(f"no file of verify/ has {', '.join(wanted)}")
        return None


def _calls(code: Listing) -> dict[int, str]:
    """The marked lines that call a layer's forward or backward pass, and what each calls."""
    found = {code.first + i: _CALL.search(line) for i, line in enumerate(code.lines)}
    return {number: call[1] for number, call in found.items() if call and code.mark(number)}


def _runs(entries: list[Entry]) -> list[list[Entry]]:
    """The entries of a function, apart by its runs: within one, lines only go down, and one line may make an entry and
    its operand."""
    runs: list[list[Entry]] = []
    for entry in entries:
        before = runs[-1][-1] if runs else entry
        further = entry.source[1] - before.source[1]
        if further < 0 or (further == 0 and before not in entry.operands):
            runs.append([])
        runs[-1].append(entry)
    return runs


def _line(number: int) -> str:
    """Its number stays with the word."""
    return f"line\u00a0{number}"
