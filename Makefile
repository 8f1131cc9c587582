# Everything the project can do. `make` alone lists it.

SHELL := /bin/sh
BIN := .venv/bin
# The tests run in as many processes as the machine has cores and memory for, or in JOBS=1; all of
# a file in one of them. FAMILY=fusion, or ONLY="fusion tests/data", runs what belongs there.
JOBS ?= auto
ONLY ?= $(FAMILY)
PYTEST := $(BIN)/python -m pytest -p scripts.workers -n $(JOBS) --dist=loadfile \
	--no-loadscope-reorder -p scripts.selection $(addprefix --only=,$(ONLY))
MAKEFLAGS += --no-print-directory
# Or the debugger in each notebook's kernel warns about Python's own modules.
export PYDEVD_DISABLE_FILE_VALIDATION := 1

# One environment, filled in two steps: readers need the first, developers both.
# The marks are rebuilt whenever the requirements change.
BOOK_ENV := .venv/.ready-book
DEV_ENV := .venv/.ready-dev

.PHONY: help
help:
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## /  \1|/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

# ---- for readers ----

.PHONY: book
book: $(BOOK_ENV)  ## install what is missing, render the book from stored outputs, say where it is
	@sh scripts/render.sh
	@echo "The book: file://$$(pwd)/_build/html/index.html"

.PHONY: serve
serve: book  ## render the book and serve it on http://127.0.0.1:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

.PHONY: pdf
pdf: $(DEV_ENV)  ## print the rendered book into _build/mmref.pdf, in some minutes (needs Chromium)
	@test -f _build/html/index.html || $(MAKE) book
	@$(BIN)/python -m scripts.pdf

# ---- the proof: cheap stages first, and the first failure stops the run ----

STAGES := $(if $(ONLY),,lint) tests keras-on-torch keras-on-jax notebooks $(if $(ONLY),,pages)

.PHONY: test
test: $(DEV_ENV)  ## run every stage; FAMILY=fusion: what belongs to a family; JOBS=1: one process
	@for stage in $(STAGES); do $(MAKE) $$stage || exit 1; done

.PHONY: changed
changed: $(DEV_ENV)  ## run what the changes since the branch main touch
	@$(BIN)/python -m scripts.changed

.PHONY: lint
lint: $(DEV_ENV)  ## check style, import rules and types
	@echo "== lint =="
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m mypy --no-error-summary

.PHONY: tests
tests: $(DEV_ENV)  ## test the package, its docstring examples, the data and the project's tools
	@echo "== tests =="
	@KERAS_BACKEND=tensorflow $(PYTEST) --doctest-modules mmref tests --ignore=tests/book

.PHONY: keras-on-torch
keras-on-torch: $(DEV_ENV)  ## compare the implementations again, with Keras on PyTorch
	@echo "== what depends on Keras, on PyTorch =="
	@KERAS_BACKEND=torch $(PYTEST) tests -m each_backend --ignore=tests/book

# JAX compiles every operation for every shape, here with little optimization. So one precision, and
# without what takes longest; `make concordance-page` measures all of it. Nearly all stand in one
# file: its tests are dealt out one by one.
ON_JAX := tests/concordance/test_registry.py tests/penalty/test_values.py tests/gan/test_backends.py \
	tests/training/test_differentiate.py tests/dcgan/test_errors.py tests/layers/test_jax.py

.PHONY: keras-on-jax
keras-on-jax: $(DEV_ENV)  ## compare values and gradients once more, with Keras on JAX
	@echo "== what depends on Keras, on JAX =="
	@KERAS_BACKEND=jax JAX_DISABLE_MOST_OPTIMIZATIONS=1 $(PYTEST) $(ON_JAX) -m each_backend \
		--dist=load -k "not float64 and not 2d and not lstm and not cross_attention_fusion"

.PHONY: notebooks
notebooks: $(DEV_ENV)  ## check every notebook, re-run it and compare the stored outputs
	@echo "== notebooks =="
	@$(PYTEST) --nbval --nbval-current-env \
		--nbval-cell-timeout=1800 --nbval-kernel-startup-timeout=1800 \
		notebooks tests/book/notebooks

# On a GPU two notebooks at once would share its memory, so one process; Keras computes with the
# first backend that sees the GPU.
.PHONY: notebooks-gpu
notebooks-gpu: $(DEV_ENV)  ## re-run every notebook on a GPU, and fail where one trained without it
	@echo "== notebooks on the GPU =="
	@backend=$$($(BIN)/python -m scripts.gpu) && KERAS_BACKEND=$$backend $(BIN)/python -m pytest \
		-p scripts.gpu -p scripts.selection $(addprefix --only=,$(ONLY)) --nbval \
		--nbval-current-env --nbval-cell-timeout=1800 --nbval-kernel-startup-timeout=1800 notebooks

.PHONY: pages
pages: $(DEV_ENV)  ## render every page with warnings as errors, then test the pages
	@echo "== pages =="
	@sh scripts/render.sh --all -W -n --keep-going
	@$(PYTEST) tests/book --ignore=tests/book/notebooks -m "not browser"

.PHONY: test-browser
test-browser: $(DEV_ENV)  ## drive a real browser over the rendered pages (needs Chromium)
	@echo "== browser =="
	@sh scripts/render.sh
	@$(PYTEST) tests/book --ignore=tests/book/notebooks -m browser

.PHONY: accessibility
accessibility: $(DEV_ENV)  ## ask axe-core about every page, weigh it; half an hour (Chromium)
	@test -f _build/html/index.html || $(MAKE) book
	@EVERY_PAGE=1 $(PYTEST) --dist=load tests/book/test_accessibility.py tests/book/test_weight.py

# ---- for authors ----

.PHONY: execute
execute: $(DEV_ENV)  ## run chapters and store their outputs (NB=notebooks/fusion/weighted.md for one)
	@$(BIN)/python -m scripts.execute $(NB)

.PHONY: mirror
mirror: $(DEV_ENV)  ## rewrite the chapters' mirrored cells from the package
	@$(BIN)/python -m scripts.mirror

.PHONY: concordance-page
concordance-page: $(DEV_ENV)  ## measure the concordance again and store it as the book's page
	@$(BIN)/python -m mmref.concordance --markdown --output book/_generated/concordance.md

.PHONY: differences
differences: $(DEV_ENV)  ## write the text of the page of differences from its registry
	@$(BIN)/python -m scripts.differences

.PHONY: study
study: $(DEV_ENV)  ## repeat a study over many seeds (NAME=... for one; without NAME, list them)
	@$(BIN)/python -m scripts.study $(NAME)

.PHONY: bench
bench: $(DEV_ENV)  ## measure the budgets and fail over one: import time, data, notebooks, rendering
	@$(BIN)/python -m benchmarks.budgets

.PHONY: constraints
constraints: $(DEV_ENV)  ## write the versions installed now to constraints.txt
	@$(BIN)/python -m scripts.constraints

.PHONY: test-lowest
test-lowest: $(DEV_ENV)  ## test in a second environment with the lowest versions pyproject.toml allows
	@$(BIN)/python -m scripts.constraints --lowest > .venv/lowest.txt
	@PYTHON="$(PYTHON)" VENV=.venv-lowest CONSTRAINTS=.venv/lowest.txt \
		sh scripts/install.sh torch,keras,data,pretrained,deploy,book,dev
	@KERAS_BACKEND=tensorflow .venv-lowest/bin/python -m pytest tests \
		--ignore=tests/book --ignore=tests/house
	@$(MAKE) keras-on-torch keras-on-jax BIN=.venv-lowest/bin

.PHONY: clean
clean:  ## remove what was built; the environments stay (remove .venv for that)
	rm -rf _build build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find mmref tests scripts benchmarks book notebooks \
		\( -name __pycache__ -o -name .ipynb_checkpoints -o -name .jupyter_cache \) \
		-prune -exec rm -rf {} + 2>/dev/null || true

# ---- the environment ----

$(BOOK_ENV): pyproject.toml constraints.txt
	@PYTHON="$(PYTHON)" sh scripts/install.sh torch,keras,data,book
	@touch $@

$(DEV_ENV): $(BOOK_ENV)
	@PYTHON="$(PYTHON)" sh scripts/install.sh torch,keras,data,pretrained,deploy,book,dev
	@touch $@
