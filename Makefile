# Everything a person or CI does with this project. `make help` lists it.

PYTHON ?= python3
BIN := .venv/bin
# The binary itself, of the one platform that is installed: the wrapper in node_modules/.bin exits 0 when tests fail.
FORGE := node_modules/@foundry-rs/forge-*/bin/forge

.DEFAULT_GOAL := help
.PHONY: help setup run test test-chain lint generate check-generated check-contracts simulate bench fuzz clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: .venv/installed node_modules/installed ## Install everything into .venv and node_modules

.venv/installed: setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

node_modules/installed: package.json package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --no-audit --no-fund --ignore-scripts --loglevel=error && touch $@; \
	else \
		echo "Node is not installed: the chain will run inside Python (slower), and contract tests are left out."; \
	fi

run: setup ## Replay four weeks of real purchases, show what came of them, serve until Ctrl-C
	$(BIN)/coalition demo

test: setup ## Run every test
	$(BIN)/pytest --numprocesses 2 --dist worksteal
	@if [ -e node_modules/installed ]; then \
		$(FORGE) test; \
	else \
		echo "left out: forge tests (Node is not installed)"; test -z "$$CI"; \
	fi

test-chain: setup ## Run the chain's tests on a network like a consortium's: free gas, blocks by the clock
	$(BIN)/python -m tests.network

lint: setup ## Check style, types and import directions
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

generate: setup ## Make the generated files anew: contract artifacts and snapshots, OpenAPI document, schema of rules
	$(BIN)/python -m scripts.compile_contracts
	$(BIN)/python -m scripts.snapshot_contracts
	$(BIN)/python -m scripts.export_openapi
	$(BIN)/python -m scripts.export_rule_schema

check-generated: setup ## Fail where a committed generated file is not what the code generates
	$(BIN)/python -m scripts.compile_contracts --check
	$(BIN)/python -m scripts.snapshot_contracts --check
	$(BIN)/python -m scripts.export_openapi --check
	$(BIN)/python -m scripts.export_rule_schema --check

check-contracts: setup .venv-slither/installed ## Fail where the contracts have a weakness that Slither holds for medium or high
	rm -rf var/slither
	$(FORGE) build contracts/*.sol --build-info --out var/slither/out --cache-path var/slither/cache
	PATH="$(CURDIR)/node_modules/.bin:$$PATH" .venv-slither/bin/slither . --fail-medium

# An environment of its own, because Slither needs an older web3 than we do.
.venv-slither/installed: constraints-slither.txt
	$(PYTHON) -m venv .venv-slither
	.venv-slither/bin/pip install --quiet --disable-pip-version-check --requirement constraints-slither.txt
	@touch $@

simulate: setup ## Drive the recorder through a simulated chain's faults: SEED=7 shows one run, SEEDS=1000 does many
	$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000))

bench: setup ## Measure speed beside the obvious way; writes var/bench.json
	$(BIN)/python -m scripts.bench

fuzz: setup ## Run property tests and contract fuzzing for longer
	HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest tests/property --numprocesses 2 --dist worksteal
	FOUNDRY_PROFILE=fuzz $(FORGE) test

clean: ## Remove what make made; your data in var/ stays
	rm -rf .venv .venv-slither node_modules
