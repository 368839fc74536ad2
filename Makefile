# Everything a developer runs. `make` alone says what there is.
SHELL := /bin/sh
PY := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help up test check chaos contracts bench knee soak lock browser clean venv venv-dev

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv:
	@scripts/bootstrap.sh run

venv-dev:
	@scripts/bootstrap.sh dev

up: venv ## the whole system on this machine; what is not configured is played by the sandbox
	@exec $(PY) -m cli up

test: venv-dev browser ## the tests, on real Postgres and real JetStream
	@$(PY) -m pytest -m "not chaos"

check: venv-dev ## lint, format, types, imports, architecture
	@$(PY) scripts/check.py

chaos: venv-dev ## faults under load: their tests, then CHAOS_SECONDS (1800) of all at once
	@$(PY) -m pytest -m chaos
	@$(PY) -m tests.chaos

contracts: venv-dev ## write the JSON schemas and the AsyncAPI document from the code
	@$(PY) -m scripts.contracts

bench: venv-dev ## each figure beside its floor
	@$(PY) -m bench

knee: venv-dev ## how many turns a second this machine takes, and what twice as many do to it
	@$(PY) -m bench.knee

soak: venv-dev ## memory after 100,000 turns beside that after 10,000: the better part of an hour
	@$(PY) -m bench.soak

lock: venv-dev ## newest versions within requirements*.in, with hashes
	@scripts/lock.sh

browser:
	@scripts/browser.sh

clean: ## removes what these commands made, the data of `make up` included
	@rm -rf .venv .tools .mededbot artifacts build dist .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
