# Parley needs Python 3.11+ and make; everything else comes from uv.lock into .venv. `make help` explains the targets.

PYTHON ?= python3
BIN := .venv/bin
MIGRATIONS := supabase/migrations
PYTEST_ARGS ?=
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup up test e2e check lint bench prove

help: ## Show this list.
	@echo "Parley — a message comes in, the right reply goes out."
	@echo
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)$$/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done
	@echo
	@echo "After \`make setup\` the command line is $(BIN)/parley; \`$(BIN)/parley --help\` explains itself."

setup: ## Create .venv from uv.lock (fast when nothing changed).
	@$(PYTHON) scripts/setup.py

up: setup ## Start everything: Postgres, API, workers, mail in and out. Ctrl-C stops it.
	@exec $(BIN)/parley up

# Many an image forbids Python to keep what it compiled: then each of the hundreds of processes of a run compiles all anew.
test e2e prove: export PYTHONDONTWRITEBYTECODE =

test: setup ## Set up, then run every test but the slow proofs. PYTEST_ARGS='-k threads' narrows it.
	@$(BIN)/python -m pytest -n 4 --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS) # they wait more than they work

e2e: setup ## Run supabase-js and supabase-py: against the local surface, or the Supabase that SUPABASE_URL names.
	@PARLEY_E2E=environment $(BIN)/python -m pytest tests/e2e $(PYTEST_ARGS)

lint: setup ## Check style and types of Python, SQL and TypeScript.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar $(MIGRATIONS) supabase/tests
	$(BIN)/squawk $(MIGRATIONS)/*.sql
	cd bridges/whatsapp && ../../$(BIN)/deno lint src ../../tests/channels/whatsapp && ../../$(BIN)/deno fmt --check src deno.json package.json
	cd tests/e2e && ../../$(BIN)/deno lint js && ../../$(BIN)/deno fmt --check js deno.json package.json
	cd supabase/functions && ../../$(BIN)/deno lint && ../../$(BIN)/deno fmt --check . ../../devstack/functions.ts

check: lint test ## lint, then test: what a change must pass.

bench: setup ## Measure the speed we claim, beside its floors and peers. BENCH_ARGS='queue --json' narrows it.
	@$(BIN)/parley bench $(BENCH_ARGS)

prove: setup ## Run the slow proofs: kills, storms, long random walks.
	@$(BIN)/python -m pytest -m prove --timeout 1800 $(PYTEST_ARGS)
