"""Templates kept as an earlier process compiled them, since that takes longer than filling them.

A template is compiled anew when its text has changed, or anything else that its code is made of: Jinja, Python, the
options of its environment, what puts calls into its syntax tree. A cache that cannot be read or written is done
without: it only saves time.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from jinja2.bccache import Bucket, FileSystemBytecodeCache

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "templates"


class Compiled(FileSystemBytecodeCache):
    """Compiled templates on disk, one file each, for environments that agree in `made_of`."""

    def __init__(self, made_of: Iterable[str], folder: Path | None = None) -> None:
        super().__init__(str(folder or CACHE), "%s.bin")
        self._made_of = "\0".join([version("jinja2"), *made_of])

    def get_source_checksum(self, source: str) -> str:
        return hashlib.sha256(f"{self._made_of}\0{source}".encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # torn by a crash: whatever it holds is no template
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


def of_theme(env: jinja2.Environment, config: MkDocsConfig) -> jinja2.Environment:
    """The environment of MkDocs' theme, whose options are MkDocs' own."""
    env.bytecode_cache = Compiled([version("mkdocs"), str(config.theme.name), *sorted(env.extensions)])
    return env
