# The tasks of this project; `make help` prints them. Needs Python >= 3.11 with its venv module, nothing else.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help setup bundle test serve build check bench clean

help: ## print this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

setup: .venv/.ready bundle ## make .venv, install the project and its test tools there, bundle the scripts of the pages

bundle: .venv/.ready ## bundle the scripts of the pages where they changed; without the bundle pages work, with a plain editor
	@$(BIN)/python hatch_build.py || echo 'The scripts of the pages were not bundled: the pages work without them, the query editor is a plain field.' >&2

.venv/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; for example: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

test: setup ## run every test
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

serve: setup ## build the graph where it is missing or old, and serve it (PORT=8000)
	$(BIN)/kg serve --port $(PORT)

build: setup ## build and publish a release in build/
	$(BIN)/kg build

check: setup ## check all files of the project against each other
	$(BIN)/kg check

bench: setup ## print the measured figures
	$(BIN)/python -m benchmarks

clean: ## remove what was made
	rm -rf .venv build dist .pytest_cache .hypothesis endpoint/static/bundle endpoint/frontend/node_modules
