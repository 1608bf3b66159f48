"""Words of the corpus on a page: nothing in them can be read as HTML, LaTeX, Markdown or Jinja."""

from __future__ import annotations


def token(word: str, position: int | None = None, of: str = "") -> str:
    """A word of the corpus in a sentence: nothing in it can be read as HTML, LaTeX, Markdown or Jinja. One that stands
    there because of its position says which that is, and `of` names the ids that it is one of, where they are not those
    of the text."""
    place = "" if position is None else f' data-at="{position}"' + (f' data-of="{of}"' if of else "")
    return f'<code class="token"{place}>{inert(word)}</code>'


def inert(text: str) -> str:
    """The text with every ASCII sign but letters, digits and spaces as an entity."""
    return "".join(c if c.isalnum() or c == " " or ord(c) > 127 else f"&#{ord(c)};" for c in text)
