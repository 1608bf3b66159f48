"""The ledger as a file: every value under its entry's name, and the configuration that they came from."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from calc.exact import Exact
from calc.ledger import Ledger
from calc.operations import Array

if TYPE_CHECKING:
    from calc.config import Config

CONFIG = "config"
Writer = Callable[[Ledger, "Config", IO[bytes]], None]
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip file can hold: equal runs give equal bytes


def write(led: Ledger, config: Config, file: IO[bytes], numbers: Mapping[str, Array] | None = None) -> None:
    """Writes the .npz to an open file: equal ledgers give equal bytes.

    A value that comes of decimal inputs by rational operations alone is written as the float64 nearest to its true
    value, so that the file says 0.46 where adding float64s gives 0.45999999999999996, and 0 where it leaves a
    residue. `numbers` are these values, where they are known already.
    """
    pack(dict(numbers or values(led)) | {CONFIG: np.array(config.to_json())}, file)


def values(led: Ledger) -> dict[str, Array]:
    """Every value as files hold it, by its entry's name: the float64 nearest to the true value where that is known."""
    exact = Exact(led)
    return {entry.name: exact.nearest(entry) for entry in led}


def pack(arrays: Mapping[str, Array], file: IO[bytes]) -> None:
    """Writes arrays under their names as .npz: equal arrays give equal bytes."""
    # numpy.savez leaves the date of each member to its version, and takes names only as keywords, such as
    # "file".
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system, member.external_attr = 3, 0o644 << 16  # as on Unix, on every system
            with archive.open(member, "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, version=(1, 0), allow_pickle=False)


def save(led: Ledger, config: Config, path: str | os.PathLike[str], writer: Writer = write) -> None:
    """Writes an .npz file, to be read as `numpy.load(path)["layers.0.attention.scores"]`; its `config` is
    the configuration as JSON text. Or what another writer makes of the ledger.

    The file is written beside its place and then moved there, so that a failure leaves an older file as it
    was, and no half of a new one. Raises OSError where it cannot be written.
    """
    target = Path(path)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with aside.open("wb") as file:
            writer(led, config, file)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
