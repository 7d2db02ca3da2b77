# One command each; `make` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name) >/dev/null 2>&1 && $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(name))) python3)
BIN := .venv/bin
WORKERS ?= 2
PYTEST_ARGS ?=
# Each command and each child of a test starts a third faster from compiled files.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test proof check bench format clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## virtual environment, packages and browser files for development
	@$(PYTHON) -m psa.environment dev

run: ## set up and serve the application with worker and scheduler until Ctrl-C
	@$(PYTHON) -m psa.environment run
	@exec $(BIN)/python -m psa.supervisor

test: setup ## all tests, browser tests too; the long ones with small counts
	@.ci/browser
	@nice $(BIN)/python -m pytest -n $(WORKERS) -m "not proof" $(PYTEST_ARGS)

proof: setup ## the long tests with full counts, and production on servers of its own
	@.ci/browser
	@.ci/servers
	@PSA_PROOF=1 $(BIN)/python -m pytest -m "proof and alone" $(PYTEST_ARGS)
	@PSA_PROOF=1 $(BIN)/python -m pytest -n $(WORKERS) -m "proof and not alone" $(PYTEST_ARGS)

check: setup ## lint, types, layers, migrations, templates
	@.ci/check

bench: setup ## measure against hand-written SQL; writes bench/results.json
	@$(BIN)/python -m bench

format: setup ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## remove what setup made; the data folder stays
	@rm -rf .venv node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
