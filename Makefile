# The workflow as commands. `make` prints them.

SHELL := /bin/sh
VENV := .venv
PYTHON := $(VENV)/bin/python
NEXT := .venv-next
NODE = "$$(bin/node $(VENV))"
# Options for pytest: make test ARGS="-k invoices"
ARGS :=

# Settings for the checks only: without them portal.settings does not load.
CHECK_ENV := SECRET_KEY=$(shell printf 'only-for-checks-%.0s' 1 2 3 4) VAULT_KEYS=check:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= \
  DEBUG=off HTTPS_ONLY=on ALLOWED_HOSTS=billing.example TRUSTED_PROXIES=127.0.0.1 LOCAL_LOGIN=on \
  DATABASE_URL=sqlite:///:memory: LOG_LEVEL=WARNING

.DEFAULT_GOAL := help
.PHONY: help run test test-next coverage check fix fuzz trial chaos bench lock clean install install-dev

help: ## print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## start the portal with a sandbox Altostrat and sign-in service; PORT=8000 by default
	@exec $(PYTHON) -m bin.demo

test: install-dev ## run all tests: on SQLite, and at the same time on PostgreSQL and Redis
	@bin/test-programs
	@$(PYTHON) -m bin.tests $(ARGS)

test-next: ## run all tests on the next Django, with Python 3.12 or newer
	@bin/install $(NEXT) requirements-next.txt 3.12
	@bin/test-programs
	@$(NEXT)/bin/python -m bin.tests $(ARGS)

coverage: install-dev ## run all tests and report the branch coverage of billing/; fails below 95 %
	@bin/test-programs
	@$(PYTHON) -m bin.tests --coverage $(ARGS)

check: install-dev ## format, lint, spelling, types, import contracts, migrations, deploy check
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/djlint templates --quiet
	$(NODE) node_modules/eslint/bin/eslint.js .
	$(NODE) node_modules/stylelint/bin/stylelint.mjs "static/**/*.css"
	$(VENV)/bin/codespell
	$(VENV)/bin/hadolint deploy/container/Containerfile
	$(VENV)/bin/check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/container/compose.yaml
	$(PYTHON) -m bin.chart
	$(PYTHON) -m bin.words
	$(CHECK_ENV) $(VENV)/bin/mypy
	$(CHECK_ENV) $(VENV)/bin/lint-imports
	$(CHECK_ENV) $(PYTHON) manage.py makemigrations --check --dry-run
	$(CHECK_ENV) $(PYTHON) manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(CHECK_ENV) $(PYTHON) manage.py check --deploy --fail-level WARNING

fix: install-dev ## format, and fix what the linters can fix
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .
	$(NODE) node_modules/eslint/bin/eslint.js --fix .
	$(NODE) node_modules/stylelint/bin/stylelint.mjs --fix "static/**/*.css"
	$(VENV)/bin/codespell --write-changes

fuzz: install-dev ## check the running API against its OpenAPI document with 10,000 requests; ARGS="--cases 1500" sends fewer
	@$(PYTHON) -m bin.fuzz $(ARGS)

trial: install-dev ## send 500 writes with faults, retries and killed workers, and count duplicates and lost outcomes
	@bin/test-programs
	@$(PYTHON) -m bench.trial $(ARGS)

chaos: install-dev ## break each part of a production topology under load, and count what was lost; ARGS=--quick takes a few minutes
	@bin/test-programs prometheus
	@$(PYTHON) -m bench.chaos $(ARGS)

bench: install-dev ## measure API, pages and search beside their peers; ARGS=--quick only shows that it runs
	@bin/test-programs
	@$(PYTHON) -m bench $(ARGS)

lock: install-dev ## pin the newest versions that requirements*.in allow; ARGS=--check compares only
	@bin/lock $(VENV) $(ARGS)

clean: ## remove what was installed and collected; the data under var/ stays
	rm -rf $(VENV) $(NEXT) node_modules staticfiles

install:
	@bin/install $(VENV) requirements.txt 3.11

install-dev:
	@bin/install $(VENV) requirements-dev.txt 3.11
