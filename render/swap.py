"""Put a finished folder in the place of another, so that a kill at any moment leaves one of the two whole."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path


def aside(site: Path) -> Path:
    """Where this process builds what takes the place of `site`: beside it, a rename away."""
    return site.with_name(f".{site.name}.building-{os.getpid()}")


def swap(new: Path, site: Path) -> None:
    """Put `new` in the place of `site`.

    A kill between the two renames leaves the old site aside; the next build's `clear_up` brings it back.
    """
    old = site.with_name(f".{site.name}.old-{os.getpid()}")
    try:
        if site.exists():
            site.rename(old)
        new.rename(site)
    finally:
        if old.exists() and not site.exists():
            old.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def clear_up(site: Path) -> None:
    """Bring back a site that a killed build left aside, and remove what dead builds left."""
    for kind in ("old", "building"):
        for left in sorted(site.parent.glob(f".{site.name}.{kind}-*")):
            if _running(left):
                continue
            if kind == "old" and not site.exists():
                left.rename(site)
            else:
                shutil.rmtree(left, ignore_errors=True)


def _running(folder: Path) -> bool:
    """Whether the process that made this folder, by the number in its name, still runs."""
    number = folder.name.rpartition("-")[2]
    if not number.isdigit() or int(number) == os.getpid():
        return False
    if sys.platform == "win32":  # os.kill would end it there
        return time.time() - folder.stat().st_mtime < 3600
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
