"""The generated files of docs_dir: those that changed are written, those no longer made are removed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "site_src"
SOURCES = ("calc", "render", "templates", "verify", ".proof", "model.toml")  # what the pages are made from
LIST = ".generated.json"  # which files of docs_dir were generated, and from what; MkDocs skips dot files


def sources_digest(overrides: Mapping[str, object]) -> str:
    """A digest of all that the pages are made from."""
    digest = hashlib.sha256(json.dumps(dict(overrides), sort_keys=True).encode())
    for name in SOURCES:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"\0{file.relative_to(ROOT).as_posix()}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _generated(docs: Path) -> dict[str, object]:
    try:
        listed = json.loads((docs / LIST).read_text(encoding="utf-8"))
        return listed if isinstance(listed, dict) and isinstance(listed.get("files"), list) else {"files": []}
    except (OSError, ValueError):
        return {"files": []}


def stale(docs: Path = DOCS) -> bool:
    """Whether the pages on disk were made from other sources, or with flags, or not at all."""
    listed = _generated(docs)
    files = listed["files"]
    assert isinstance(files, list)
    return listed.get("sources") != sources_digest({}) or not all((docs / str(f)).is_file() for f in files)


def write_pages(docs: Path, files: Mapping[str, bytes], sources: str) -> int:
    """Write the files whose content changed, remove those no longer generated; how many were written."""
    old = _generated(docs)["files"]
    assert isinstance(old, list)
    docs.mkdir(parents=True, exist_ok=True)
    # Listed before they are written: after an interruption the next build knows of them all.
    _replace(docs / LIST, _listing("", {*old, *files}))
    changed = 0
    for name, data in files.items():
        path = docs / name
        if path.is_file() and path.read_bytes() == data:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
        changed += 1
    for name in {*old} - {*files}:
        path = (docs / str(name)).resolve()
        if path.is_relative_to(docs.resolve()):
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()  # goes only when it is empty
    _replace(docs / LIST, _listing(sources, set(files)))
    return changed


def _listing(sources: str, files: set[str]) -> bytes:
    return (json.dumps({"sources": sources, "files": sorted(files)}, indent=1) + "\n").encode()


def _replace(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(data)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(docs: Path) -> Iterator[None]:
    """One build at a time writes into docs_dir; another waits for it."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    docs.mkdir(parents=True, exist_ok=True)
    with (docs / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
