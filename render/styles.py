"""One style sheet for all that mkdocs.yml names: each further one would keep a phone waiting before it draws a page.

mkdocs.yml's list stays as it is, so that a tool that runs no hooks links the sheets one by one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

JOINED = "assets/every-number.css"
_COMMENT = re.compile(r"/\*(?!!).*?\*/", re.S)  # a licence stands in /*! */
_URL = re.compile(r"url\(\s*([\"']?)(?!data:|[a-z]+:|/|#)([^\"')]+)\1\s*\)", re.I)


def joined(sheets: Mapping[str, str], target: str = JOINED) -> str:
    """The sheets, by their paths and in order, as one at `target`, which the paths in them are made to fit."""

    def css(path: str, text: str) -> str:
        def moved(match: re.Match[str]) -> str:
            file = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[2]))
            return f"url({posixpath.relpath(file, posixpath.dirname(target) or '.')})"

        return _URL.sub(moved, _COMMENT.sub("", text)).strip()

    return "\n".join(css(path, text) for path, text in sheets.items()) + "\n"


def join(files: Files, config: MkDocsConfig) -> None:
    """on_files: put the joined sheet in place of those that mkdocs.yml names."""
    from mkdocs.structure.files import File

    found = [(path, files.get_file_from_path(path)) for path in map(str, config.extra_css)]
    sheets = {path: file for path, file in found if file is not None}
    if len(sheets) < len(found):  # one is missing or lies elsewhere: MkDocs has its own words for that
        return
    text = joined({path: file.content_string for path, file in sheets.items()})
    for file in sheets.values():
        files.remove(file)
    files.append(File.generated(config, JOINED, content=text))
    config.extra_css = [JOINED]
