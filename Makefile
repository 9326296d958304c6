# Builds its own environment in .venv from the pinned requirements; PIP_* settings are honoured.
# A recipe that needs only what production needs stays small: `demo` does not install the test tools.

SHELL := /bin/bash
PYTHON ?= python3
UV ?= uv
ARGS ?=
BIN := .venv/bin
REPORTS := .cache/reports
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCK := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo check test test-all simulate bench format lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.venv/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install -q --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.runtime
	$(PIP) install -q --require-hashes -r requirements/dev.txt
	@touch $@

demo: .venv/.runtime  ## one business day on a real Kafka, settled and proved
	@$(BIN)/gateway demo $(ARGS)

check: .venv/.dev  ## the quick half: format, lint, types, import contracts, pure tests
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -m "not kafka and not long and not faults" -n 2 --junitxml=$(REPORTS)/check.xml $(ARGS)

test: check  ## everything that protects a change: check, the long tests, the tests on a real broker
	$(BIN)/pytest -m "long and not kafka and not faults" -n 2 --junitxml=$(REPORTS)/long.xml $(ARGS)
	$(BIN)/pytest -m kafka --junitxml=$(REPORTS)/kafka.xml $(ARGS)

test-all: test  ## everything, and the faults of docs/faults.md on brokers of their own: up to 40 minutes
	$(BIN)/pytest -m faults --junitxml=$(REPORTS)/faults.xml $(ARGS)

simulate: .venv/.runtime  ## a thousand days under random faults, every law checked, a seed each
	@$(BIN)/gateway simulate $(ARGS)

bench: .venv/.runtime  ## lines a second of every part, beside a bare copy of the same bytes
	@$(BIN)/gateway bench $(ARGS)

format: .venv/.dev  ## put files in the house's format
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

lock:  ## pin the requirements again, with hashes (needs uv)
	$(LOCK) pyproject.toml requirements/build.in --extra test -o requirements/dev.txt
	$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/runtime.txt
	$(LOCK) requirements/build.in -c requirements/dev.txt -o requirements/build.txt

clean:  ## remove the environment, the caches and what was built
	rm -rf .venv .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
