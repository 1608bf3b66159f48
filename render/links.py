"""Links that a page can draw only when it is whole: to an entry, which may be shown further down, and to the line of
code that made it, which may be listed further down or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from calc.ledger import Entry
from render.listing import Listing

if TYPE_CHECKING:
    from render.page import Page

_LATER = re.compile(r"\[([^\[\]\n]*)\]\(later:(entry|line):([^()\s]+)\)")
LINES = "line"  # how the addresses of lines begin; mkdocs.yml tells pymdownx.highlight so


class Links:
    """One page's links of these kinds, and the listings that stand on it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._listed: dict[str, Listing] = {}

    def fence(self, listing: Listing, name: str) -> str:
        """A listing as a fence whose lines can be linked to. One that the page has already comes without addresses."""
        identifier = f"{listing.path.rpartition('/')[2].removesuffix('.py')}.{name}"
        if identifier in self._listed:
            return listing.fence()
        self._listed[identifier] = listing
        return listing.fence(identifier)

    def entry(self, entry: Entry) -> str:
        """An entry's name, linked to its caption on this page or else to its place in the reference."""
        return f"[`{entry.name}`](later:entry:{entry.name})"

    def line(self, entry: Entry, words: str) -> str:
        """The words, linked to the line that made the entry, if this page lists it."""
        return self.place(*entry.source, words)

    def place(self, path: str, number: int, words: str) -> str:
        """The words, linked to a line of a file, if this page lists it."""
        return f"[{words}](later:line:{path}:{number})"

    def drawn(self, text: str) -> str:
        """The whole page's text with its links drawn; without a link where nothing can be linked to."""
        return _LATER.sub(self._drawn, text)

    def _drawn(self, found: re.Match[str]) -> str:
        words, kind, target = found.groups()
        if kind == "entry":
            address = self._entry(target)
            return f"[{words}]({address})" if address else words
        # As HTML: MkDocs does not see the anchors inside of listings and would call the link dead. render.audit does.
        path, _, number = target.rpartition(":")
        address = self.address(path, int(number))
        return f'<a href="{address}">{words}</a>' if address else words

    def _entry(self, name: str) -> str:
        return f"#{name}" if name in self._page.anchored else self._page.place(self._page.ledger[name])

    def address(self, path: str, number: int) -> str:
        """The address of a line of a file on this page; empty where the page does not list it."""
        for identifier, listing in self._listed.items():
            if listing.path == path and number in listing:
                return f"#{LINES}-{identifier}-{number}"
        return ""
