"""Build the site: configuration -> ledger -> pages -> MkDocs. Also the hooks that mkdocs.yml names."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

# These matrices are small: a second thread of the BLAS costs more than it helps. NumPy asks when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from mkdocs.plugins import event_priority

from render import site

if TYPE_CHECKING:
    from jinja2 import Environment
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

EXAMPLES = """\
examples:
  python build.py                             the site of model.toml, in site/
  python build.py --seed 7                    other first weights
  python build.py --text "the dog sat"        another sentence, from words of the corpus
  python build.py --layers 2 --out /tmp/two   a site of its own; site/ is left as it is

Exit code 0: built. 1: a page, a formula or a link is at fault, and the last good site is left as it was.
2: the configuration or a flag is at fault, and nothing was written."""


def main(argv: list[str] | None = None) -> int:
    """Run the command; its exit code."""
    from calc.config import ConfigError
    from calc.flags import Arguments, add_arguments, load_from_args, overrides

    parser = Arguments(
        prog="build.py",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Compute one training step of the configured model and build the site that shows it.",
    )
    add_arguments(parser)
    parser.add_argument("--out", metavar="DIR", type=Path, help="build into DIR; site_src/ and site/ stay as they are")
    parser.add_argument("--strict", action="store_true", help="a warning fails the build (mkdocs.yml says so too)")
    parser.add_argument("--traceback", action="store_true", help="where a build fails, show the whole traceback")
    # For mkdocs serve: write site_src/ and stop.
    parser.add_argument("--pages", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    started = time.perf_counter()
    try:
        config = load_from_args(args)
        for note in config.notes:
            print(note, file=sys.stderr)
        count = site.build(config, overrides(args), args.out, pages_only=args.pages)
    except (ConfigError, site.SiteError) as error:
        if args.traceback:
            raise
        print(error, file=sys.stderr)
        return error.code if isinstance(error, site.SiteError) else 2
    except KeyboardInterrupt:
        print("interrupted; the last good site is as it was", file=sys.stderr)
        return 130
    if not args.pages:
        print(f"{args.out or 'site'}/: {count} pages in {time.perf_counter() - started:.1f} s")
    return 0


# Hooks. They make a build faster or live, never right: the pages on disk hold all that MkDocs needs.
# Each imports what it calls when it runs, since `mkdocs serve` keeps this module but loads render/ anew.


def on_startup(*, command: str, dirty: bool) -> None:
    """mkdocs from a shell: fix the dates it writes; for serve, bring the pages up to date."""
    site.prepare_environment()
    if command == "serve":
        from render import serving

        serving.start()


def on_serve(server: LiveReloadServer, *, config: MkDocsConfig, builder: Any) -> LiveReloadServer:
    """mkdocs serve: render again when a source changes, and show what fails."""
    from render import serving

    return serving.attach(server, config, builder)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    from render import site

    site.defer_drawing(config)
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    from render import styles

    styles.join(files, config)
    return files


def on_env(env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
    from render import compiled

    return compiled.of_theme(env, config)


@event_priority(-100)  # after the search plugin, which takes the page's text for its index here
def on_page_context(context: Any, *, page: Page, config: MkDocsConfig, nav: Any) -> Any:
    from render import site

    page.content = site.draw(page.content or "", page.file.src_uri)
    return context


def on_post_build(*, config: MkDocsConfig) -> None:
    from render import serving, site

    if not serving.is_serving(config):  # there, faults are shown on the pages instead
        site.look_over(Path(config.site_dir), config.site_url)


if __name__ == "__main__":
    sys.exit(main())
