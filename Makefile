# make demo: from a fresh clone to a finished run and its report. make test: all that is tested.
# Both make their own virtual environment; VENV=folder names another one, PYTHON=program another Python.

VENV ?= .venv
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
OUT := runs/demo
TESTS ?=

.PHONY: demo test lint map clean help

help:
	@echo "make demo   build examples/demo into $(OUT) and say where its report is"
	@echo "make test   check the style, the types, the map, and run all tests (TESTS=tests/test_plan.py for one)"
	@echo "make lint   style and types alone"
	@echo "make map    write docs/map.md again"
	@echo "make clean  remove $(VENV), $(OUT) and caches"

demo: $(VENV)/.installed
	@$(BIN)/longgrain build examples/demo/plan.yaml --out $(OUT)
	@echo "open $(CURDIR)/$(OUT)/report.html in a browser"

test: lint
	@$(BIN)/python scripts/make_map.py --check
	$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src

map: $(VENV)/.installed
	$(BIN)/python scripts/make_map.py

clean:
	rm -rf $(VENV) $(OUT) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "longgrain needs Python 3.11 or later: install it, or name it with PYTHON="; exit 1; }
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || { echo "no virtual environment could be made: on Debian and \
	Ubuntu install python3-venv, then remove $(VENV) and try again"; exit 1; }

# fastokens has wheels for common machines only; without it the `tokenizers` library does its work.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing longgrain into $(VENV)"
	@$(PIP) install -c constraints.txt -e .
	@$(PIP) install -c constraints.txt --only-binary :all: fastokens \
		|| echo "no wheel of fastokens for this machine: going on without it"
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@echo "installing what tests need into $(VENV)"
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@$(PIP) install -c constraints.txt -e '.[train]' 'transformers[serving]' \
		|| echo "torch cannot be installed here: tests with a model of our own will be skipped"
	@touch $@
