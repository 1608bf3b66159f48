"""The ledgers of the run over the corpus (calc/course.py), with what the explorer says of their axes and inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from calc import clipping, curve, kin, padding, trained
from calc.ledger import Ledger

if TYPE_CHECKING:
    from render.pages import Site

LEARNT = "As the run over the corpus left it."
OF_THE_RUN = "Taken of the run over the corpus."
DRAWN = "As it was drawn, before the first step."
Own = Mapping[str, Any]


def _training(site: Site) -> tuple[Ledger, Own]:
    led = curve.of(site.others.course)
    places = {axis: {"word": word, "labels": _from_one(led, axis)} for axis, word in (("E", "epoch"), ("M", "step"))}
    places |= {axis: {"word": word} for axis, word in (("B", "row"), ("G", "way"), ("U", "way")) if axis in led.sizes}
    origins = dict.fromkeys((e.name for e in led if e.op == "given"), OF_THE_RUN)
    counted = {n: "Counted in the corpus." for n in origins if n.startswith("floor.") or n == "course.words"}
    told = "As calc/schedule.py gives it, or a number of the schedule."
    rates = {n: told for n in origins if n.startswith("schedule.")}
    return led, {"places": places, "origins": origins | counted | rates}


def _clipping(site: Site) -> tuple[Ledger, Own]:
    led = clipping.of(site.others.course)
    names = [e.name for e in led if e.op == "given"]
    origins = dict.fromkeys(names, "A number of the formula itself.")
    origins |= {n: "The gradient of the run's first step." for n in names if n.startswith("grad.")}
    limit = "The configuration's training.clip, or an example where it has none."
    return led, {"places": {"Q": {"word": "place"}}, "origins": origins | {"clip.limit": limit}}


def _padding(site: Site) -> tuple[Ledger, Own]:
    two = padding.pair(site.config)
    assert two is not None  # pages ask for it where there is one
    led = padding.of(site.config, two)
    words = "Two rows of the corpus." if two.real else "Two rows of the corpus, one of them cut."
    names = [e.name for e in led if e.op == "given"]
    origins = dict.fromkeys(names, words) | {"output.nll": "The costs that the drawn parameters have."}
    return led, {"places": {"B": {"word": "row"}, "T": {"word": "position"}}, "origins": origins}


def _trained(site: Site) -> tuple[Ledger, Own]:
    led = trained.of(site.others.course, site.ledger)
    origins = {e.name: LEARNT for e in led if e.attrs.get("parameter")}
    origins |= {e.name: "Of the walk's step." for e in led if e.name.startswith("before.")}
    return led, {"origins": origins | {"patterns.one": "A number of the formula itself."}}


def _words(site: Site) -> tuple[Ledger, Own]:
    led = kin.of(site.others.course)
    names = [e.name for e in led if e.op == "given"]
    origins = {n: LEARNT if n.endswith(".after") else DRAWN if n.endswith(".before") else OF_THE_RUN for n in names}
    places = {"Q": {"word": "direction"}, "M": {"word": "step", "labels": _from_one(led, "M")}}
    return led, {"places": places, "origins": origins}


def _from_one(led: Ledger, axis: str) -> list[str]:
    return [str(n + 1) for n in range(led.sizes[axis])]


MAKERS: dict[str, Callable[[Site], tuple[Ledger, Own]]] = {
    "training": _training, "clipping": _clipping, "padding": _padding, "trained": _trained, "words": _words,
}  # fmt: skip
