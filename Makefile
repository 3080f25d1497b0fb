# Holdfast needs nothing but make and Python 3.11 or newer; the rest is set up here, in .venv and .web.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$python >/dev/null && $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& { echo $$python; break; }; done)
BIN := .venv/bin
INSTALLED := .venv/installed.stamp

.DEFAULT_GOAL := help
.PHONY: help run test chaos shots lint check settings lock clean

help: ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: $(INSTALLED) ## set up and start everything with demo data on http://127.0.0.1:3000
	@$(BIN)/holdfast up --demo --sandbox

test: $(INSTALLED) ## run all tests, in a real browser too
	@$(BIN)/python scripts/run_tests.py

chaos: $(INSTALLED) ## break everything on purpose, and count: nothing lost, nothing twice (ARGUMENTS="--experiment F01 --seed 7")
	@$(BIN)/python -m tests.chaos $(ARGUMENTS)

shots: $(INSTALLED) ## take pictures of every page, light and dark, wide and narrow (ARGUMENTS="--base http://127.0.0.1:3000")
	@$(BIN)/python -m scripts.take_shots $(ARGUMENTS)

lint: $(INSTALLED) ## check style, types, import directions and security
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml backend dashboard jobs

check: lint test ## everything that must be right before a change goes in

settings: $(INSTALLED) ## write docs/settings.md anew from the settings' own descriptions
	$(BIN)/python scripts/write_settings.py

lock: ## write requirements.lock anew (needs uv): versions and hashes, no registry addresses
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header -o requirements.lock

clean: ## remove what was set up and built; the data folder stays
	rm -rf .venv .web .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(INSTALLED): requirements.lock
	@test -n "$(PYTHON)" || { echo "Holdfast needs Python 3.11 or newer, and none was found. Install one, or name yours: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) scripts/set_up.py
