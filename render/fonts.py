"""The site's typefaces, taken from npm like KaTeX: Source Sans for text, Source Serif for headings.

Only the Latin letters that site_src/assets/css/type.css names; what else a page needs, such as Greek letters, the
system's own fonts draw.
"""

from __future__ import annotations

from pathlib import Path

from render.katex import INSTALL, KatexMissing

MODULES = Path(__file__).resolve().parent.parent / "node_modules"
FACES = {
    "@fontsource-variable/source-sans-3": "source-sans-3-latin-wght-normal.woff2",  # every weight in one file
    "@fontsource/source-serif-4": "source-serif-4-latin-600-normal.woff2",
}


def assets() -> dict[str, bytes]:
    """The fonts and their licence, by their paths under assets/fonts/. Raises KatexMissing where npm did not run."""
    files: dict[str, bytes] = {}
    for package, face in FACES.items():
        folder = MODULES / package
        try:
            files[face] = (folder / "files" / face).read_bytes()
            files[f"LICENSE-{package.rpartition('/')[2]}"] = (folder / "LICENSE").read_bytes()
        except FileNotFoundError:
            raise KatexMissing(f"the typeface {package} is not installed in node_modules/; run: {INSTALL}") from None
    return files
