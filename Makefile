# The workflow as commands. `make` alone prints them.

SHELL := /bin/sh
VENV := .venv
PYTHON := $(VENV)/bin/python
NEXT := .venv-next
# Much of a test is waiting for a slow or hostile upstream, so there are more processes than cores.
PARALLEL := -q -n 4 --dist loadgroup --no-loadscope-reorder

# What settings need to load, for the checks; nothing of it is used to serve anybody.
CHECK_ENV := SECRET_KEY=$(shell printf 'only-for-checks-%.0s' 1 2 3 4) VAULT_KEYS=check:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= \
  DEBUG=off HTTPS_ONLY=on ALLOWED_HOSTS=billing.example DATABASE_URL=sqlite:///:memory: LOG_LEVEL=WARNING

.DEFAULT_GOAL := help
.PHONY: help run test test-next check fix bench lock clean install install-dev

help: ## print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## start the portal with a sandbox Altostrat and sign-in service; PORT=8000 by default
	@exec $(PYTHON) -m bin.demo

test: install-dev ## run all tests: on SQLite, then on PostgreSQL and Redis
	@bin/test-programs
	$(PYTHON) -m pytest $(PARALLEL) -m "not postgresql_only"
	TEST_SERVICES=on $(PYTHON) -m pytest $(PARALLEL) -m "not sqlite_only"

test-next: ## run all tests on the next Django, with a Python >= 3.12
	@bin/install $(NEXT) requirements-next.txt 3.12
	@bin/test-programs
	$(NEXT)/bin/python -m pytest $(PARALLEL) -m "not postgresql_only"
	TEST_SERVICES=on $(NEXT)/bin/python -m pytest $(PARALLEL) -m "not sqlite_only"

check: install-dev ## format, lint, types, import contracts, migrations, deploy check
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(CHECK_ENV) $(VENV)/bin/mypy
	$(CHECK_ENV) $(VENV)/bin/lint-imports
	$(CHECK_ENV) $(PYTHON) manage.py makemigrations --check --dry-run
	$(CHECK_ENV) $(PYTHON) manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(CHECK_ENV) $(PYTHON) manage.py check --deploy --fail-level WARNING

fix: install-dev ## format, and mend what the linter can mend
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: install-dev ## measure the API against a naive passthrough, and a page against its reads one by one
	$(PYTHON) -m bench
	$(PYTHON) -m bench.pages

lock: install-dev ## pin anew what requirements*.in ask for
	$(VENV)/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate -o requirements.txt requirements.in
	$(VENV)/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate -o requirements-dev.txt requirements-dev.in
	$(VENV)/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate -o requirements-node.txt requirements-node.in
	$(VENV)/bin/uv pip compile -q --upgrade --universal --python-version 3.12 --generate-hashes --no-annotate --override requirements-next.in -o requirements-next.txt requirements-dev.in

clean: ## remove what was installed and collected; the data under var/ stays
	rm -rf $(VENV) $(NEXT) node_modules staticfiles

install:
	@bin/install $(VENV) requirements.txt 3.11

install-dev:
	@bin/install $(VENV) requirements-dev.txt 3.11
