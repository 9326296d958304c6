PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed

.PHONY: help check test clean
help:  ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/'

$(STAMP): requirements/dev.txt pyproject.toml
	test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install -q --require-hashes -r requirements/dev.txt
	$(VENV)/bin/pip install -q --no-deps --no-build-isolation -e .
	touch $(STAMP)

check: $(STAMP)  ## the quick half: lint, types, import contracts, tests without a broker
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/pytest -m "not kafka"

test: $(STAMP)  ## everything that protects a change, on a real broker
	$(VENV)/bin/pytest

clean:  ## remove what the build made
	rm -rf $(VENV) .cache .hypothesis .pytest_cache .mypy_cache .ruff_cache
