"""A built site, held against its configuration's ledger in every way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from calc.config import Config, from_values
from calc.operations import Array
from render.proof import again, digits, equations, stored
from render.proof.reading import Page
from render.proof.report import Report


class NoSite(ValueError):
    """A folder that holds no built site."""


def prove(site: Path) -> Report:
    """Holds a built site against its configuration's ledger. Raises NoSite, and ConfigError where its configuration is
    none."""
    files = sorted(site.rglob("*.html"))
    for needed in (site / "data" / "config.json", site / stored.WHERE):
        if not needed.is_file():
            raise NoSite(f"{site}: is no built site, since it has no {needed.relative_to(site).as_posix()}")
    if not files:
        raise NoSite(f"{site}: is no built site, since it has no pages")
    config = configuration(site)
    truth = digits.Truth(config)
    pages = [Page(file.relative_to(site).as_posix(), file.read_text(encoding="utf-8")) for file in files]
    holder = digits.Holder(truth, lambda name: other_ledger(site, name))
    checks = (
        again.gradients(truth),
        stored.check(read_archive(site / stored.WHERE), truth),
        digits.check(pages, holder),
        equations.check(pages, holder.is_rounded),
        again.claims(truth),
    )
    return Report(config.digest(), len(pages), checks)


def configuration(site: Path) -> Config:
    """The configuration that a site was built from."""
    file = site / "data" / "config.json"
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NoSite(f"{file}: is no JSON ({error})") from None
    if not isinstance(values, dict):
        raise NoSite(f"{file}: holds no configuration")
    return from_values(values, source=str(file))


def read_archive(path: Path) -> Mapping[str, Array]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def other_ledger(site: Path, name: str) -> Mapping[str, Array] | None:
    """The values of another run that pages show, by the name in `data-ledger`."""
    path = site / "data" / f"{name}.npz"
    return read_archive(path) if path.is_file() else None
