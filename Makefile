# Two commands on a fresh machine with Python 3.11+ and make: `make run` and `make test`.
# a distribution's own is built with profile-guided optimisation, and a tenth to a fifth faster than one that pyenv built
PYTHON ?= $(shell for each in /usr/bin/python3 python3; do \
	$$each -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; done; echo $$each)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
# journeys mostly wait, for a bot or for a post's turn: six times as many workers as cores
WORKERS ?= 12
# compiled files are kept, whatever the shell says: hundreds of processes would compile the whole house anew
export PYTHONDONTWRITEBYTECODE :=

# what is never imported need not be compiled: a third of the time
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes

# `nightporter` for whoever has the source and installs nothing else
COMMAND = printf '\#!/bin/sh\nPYTHONPATH="%s$${PYTHONPATH:+:$$PYTHONPATH}" exec "%s/python" -m bot "$$@"\n' \
	"$(CURDIR)" "$(CURDIR)/$(BIN)" > $(BIN)/nightporter && chmod 0755 $(BIN)/nightporter

.PHONY: run install test quick quick-checks quick-tests deep story check statics lint types imports bench pictures readme lock clean
.DEFAULT_GOAL := run

run: $(RUNTIME)  ## the bot with the sandbox around it, on http://127.0.0.1:8000/demo
	@$(BIN)/python -m bot demo

install: $(RUNTIME)  ## what a house needs, and .venv/bin/nightporter

story: $(RUNTIME)  ## the main job once, printed as it happens
	@$(BIN)/python -m bot demo --story

test: $(DEV)  ## the whole suite, in parallel
	@$(BIN)/python -m pytest --workers $(WORKERS)

quick: $(DEV)  ## the inner loop: lint, types, imports, and all tests that need no process and no whole bot
	@$(MAKE) --no-print-directory -j 2 --output-sync quick-checks quick-tests

quick-checks: lint types imports

quick-tests: $(DEV)
	@$(BIN)/python -m pytest -q --workers $(WORKERS) -m "not deep and not processes" --ignore tests/journeys --ignore tests/processes

deep: $(DEV)  ## the long judges, and many more examples for every property
	@PORTER_DEEP=1 $(BIN)/python -m pytest --workers 4 -m "deep or properties" --durations 20

check: $(DEV)  ## what a laptop and CI share; tells what each part took. The first minute of the tests leaves a core to the rest
	@( $(MAKE) --no-print-directory statics > $(VENV)/statics.log 2>&1; status=$$?; cat $(VENV)/statics.log; exit $$status ) & statics=$$!; \
	began=$$(date +%s); $(MAKE) --no-print-directory test; tested=$$?; \
	echo "== test: $$(($$(date +%s) - began)) s"; \
	wait $$statics && exit $$tested

statics: $(DEV)
	@for part in lint types imports; do \
	  began=$$(date +%s); $(MAKE) --no-print-directory $$part || exit 1; \
	  echo "== $$part: $$(($$(date +%s) - began)) s"; \
	done

lint: $(DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV)
	@$(BIN)/mypy

imports: $(DEV)
	@$(BIN)/lint-imports

bench: $(DEV)  ## the benchmark table
	@$(BIN)/python -m tests.bench

pictures: $(DEV)  ## the README's pictures (needs Chromium)
	@$(BIN)/python -m tests.pictures

readme: $(DEV)  ## renew what docs/ has from the code: settings, commands, refusals, alerts, states
	@$(BIN)/python tests/architecture/readme_parts.py

lock:  ## renew the locked requirements (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --extra dev pyproject.toml -o requirements-dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" -c requirements-dev.txt pyproject.toml -o requirements.txt

clean:  ## what was made can be made again; data is never touched
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Night Porter needs Python 3.11 or newer."; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt | $(VENV)/bin/python
	@echo "Installing the locked dependencies ..."
	@$(INSTALL) -r requirements.txt
	@$(COMMAND)
	@touch $@

$(DEV): requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing what tests need ..."
	@$(INSTALL) -r requirements-dev.txt
	@$(COMMAND)
	@touch $@ $(RUNTIME)
