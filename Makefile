# Inledger's commands. `make` alone lists them. Nothing is needed but Python 3.11+, git and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
# Without bytecode the install is quicker; Python writes it as modules are used.
PIP := $(BIN)/python -m pip install --no-compile --disable-pip-version-check --quiet
hash = $(shell cat $(1) | cksum | cut -d' ' -f1)
RUN_STAMP := $(VENV)/run-$(call hash,requirements.txt constraints.txt)
DEV_STAMP := $(VENV)/dev-$(call hash,requirements.txt requirements-dev.txt constraints.txt)
SOURCES := accounts config extraction finance jobs mail_ingest notifications organizer tenancy
# How many test processes: as many as there are cores.
PROCESSES ?= auto
# What `make fuzz` runs, and for how long.
FUZZ_TESTS := tests/finance/test_machine.py tests/finance/matching/test_machine.py \
	tests/finance/statements/test_machine.py \
	tests/finance/test_recurrence.py tests/organizer/test_repeating.py \
	tests/mail_ingest/test_parsing_fuzz.py
EXAMPLES ?= 1000
STEPS ?= 50
MESSAGES ?= 1000000

CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))

.PHONY: help run test check bench fuzz soak gallery clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

run: $(RUN_STAMP) $(CATALOGUES) ## start Inledger with its demo on http://localhost:8000 (PORT=… for another)
	@exec $(BIN)/python manage.py serve --demo

test: $(DEV_STAMP) ## run all tests; TEST_DATABASE_URL and TEST_REDIS_URL add PostgreSQL and Redis
	@$(BIN)/python -m tests.run --processes $(PROCESSES)

check: $(DEV_STAMP) ## lint, formatting, types, import contracts, migrations, settings, API document
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES) benchmarks
	$(BIN)/lint-imports
	$(BIN)/djlint templates --quiet --lint --check
	$(BIN)/python manage.py makemigrations --check --dry-run
	HTTPS=true DATABASE_URL=sqlite:// $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

bench: $(DEV_STAMP) ## measure speed into benchmarks/results; TEST_DATABASE_URL adds PostgreSQL
	$(BIN)/python -m benchmarks.run

fuzz: $(DEV_STAMP) ## long runs of the ledger's state machine and of mutated messages
	INLEDGER_FUZZ_EXAMPLES=$(EXAMPLES) INLEDGER_FUZZ_STEPS=$(STEPS) INLEDGER_FUZZ_MESSAGES=$(MESSAGES) \
	INLEDGER_FUZZ_DATES=all \
	$(BIN)/python -m pytest -n $(PROCESSES) $(FUZZ_TESTS)

soak: $(DEV_STAMP) ## kill workers, a ledger before its peers, a month of notices; needs TEST_DATABASE_URL, redis-server, hledger, libfaketime
	$(BIN)/python -m tests.soak.jobs
	$(BIN)/python -m tests.soak.mail
	$(BIN)/python -m tests.soak.peers
	$(BIN)/python -m tests.soak.notices
	INLEDGER_FORWARDED=5000 $(BIN)/python -m pytest -q tests/mail_ingest/test_forwarded_again.py

gallery: $(DEV_STAMP) ## photograph every page, state and journey into var/gallery; needs Chromium
	GALLERY=var/gallery $(BIN)/python -m pytest -q tests/browser/test_every_page.py \
		tests/browser/test_journeys.py tests/browser/test_review_by_keys.py

clean: ## remove what the commands above made, but not your data in var/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@sh deploy/make-venv.sh $(VENV)

$(RUN_STAMP): $(VENV)/bin/python
	@echo "Installing what Inledger needs into $(VENV) …"
	@$(PIP) -r requirements.txt
	@touch $@

locale/%.mo: locale/%.po config/catalogues.py $(RUN_STAMP)
	@$(BIN)/python -m config.catalogues

$(DEV_STAMP): $(VENV)/bin/python
	@echo "Installing what the tests need into $(VENV) …"
	@$(PIP) -r requirements-dev.txt
	@touch $@
