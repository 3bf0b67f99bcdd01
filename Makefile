# Each target sets up what it needs: the environment in .venv is built on first use.
PYTHON ?= python3
BIN := .venv/bin
DEMO_DB := sqlite:///demo.db

# the tests start hundreds of processes: what they import is compiled once, whatever the shell says
test test-long: export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test test-long test-all check lint types contracts format bench bench-quick soak clean

help:  ## show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "newscrawl needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: .venv/installed  ## crawl the project's own seed files, offline, and show what was found
	$(BIN)/newscrawl replay crawl seeds rfi-cn --db $(DEMO_DB)
	@$(BIN)/newscrawl articles list --db $(DEMO_DB)
	@echo
	@echo 'Next, try:'
	@echo '  $(BIN)/newscrawl articles export --db $(DEMO_DB) | head -1'
	@echo '  $(BIN)/newscrawl inspect seed seeds/000_0acb96c3eeef2d29.txt'
	@echo '  $(BIN)/newscrawl replay serve seeds --port 8000    # then open http://127.0.0.1:8000/cn/'

test: .venv/installed-dev  ## run the tests, but for those that take long
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not long"

test-long: .venv/installed-dev  ## run the tests that take long: kills, services, whole corpora
	$(BIN)/python -m pytest -n 3 --dist worksteal -m long

test-all: test test-long  ## run all tests

check: lint types contracts  ## format, lint, types, import contracts

lint: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/installed-dev
	$(BIN)/mypy

contracts: .venv/installed-dev
	$(BIN)/lint-imports

format: .venv/installed-dev  ## format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# all are run, whichever misses a bound; the last line names those that do
define each_benchmark
missed=; for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file $(1) || missed="$$missed $$file"; done; \
[ -z "$$missed" ] || { echo "missed:$$missed"; exit 1; }
endef

bench: .venv/installed-dev  ## run every benchmark in full
	@$(call each_benchmark,)

bench-quick: .venv/installed-dev  ## run every benchmark at its smaller size
	@$(call each_benchmark,--quick)

soak: .venv/installed-dev  ## run a service for a quarter of an hour, and see that it stays as it is
	$(BIN)/python benchmarks/soak.py

clean:  ## remove what was built
	rm -rf .venv build *.egg-info demo.db demo.db-wal demo.db-shm .pytest_cache .mypy_cache .ruff_cache .hypothesis
