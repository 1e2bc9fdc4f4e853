# The verbs of this project, the same for people and for CI; `make` alone explains them.
.DEFAULT_GOAL := help
.PHONY: help setup demo up test unit system faults clusters long-run check lock schemas accuracy screenshots clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$p" && break; done)

help: ## this list
	@echo 'Nightjar: event-driven cameras over MQTT.'
	@echo
	@sed -nE 's/^([a-z]+(-[a-z%]+)?):[^#]*## (.*)/\1\t\3/p' $(MAKEFILE_LIST) | \
		while IFS='	' read -r verb does; do printf '  make %-10s %s\n' "$$verb" "$$does"; done

setup: $(READY) ## the environment alone, with .venv/bin/nightjar (PYTHON=… names another Python)
	@echo 'Ready: $(BIN)/nightjar'

demo: $(READY) ## all of Nightjar in one process with a demo camera (CAMERA=<url or file>: with that one)
	@exec $(BIN)/nightjar demo $(if $(CAMERA),--camera '$(CAMERA)') $(if $(LISTEN),--listen '$(LISTEN)')

up: ## all of Nightjar in containers, built from what is here
	@exec docker compose up --build

test: $(READY_DEV) ## unit and integration tests
	@exec $(BIN)/python -m pytest

unit: $(READY_DEV) ## the tests that start nothing
	@exec $(BIN)/python -m pytest tests/unit

system: $(READY_DEV) ## the whole of it, in containers and in one process
	@exec $(BIN)/python -m pytest tests/system

faults: $(READY_DEV) ## what dies in the midst of an event loses nothing (N=100 of each, SEED=…, FAULT=…, MINUTES=…)
	@exec $(BIN)/python -m pytest tests/faults --injections $(or $(N),100) $(if $(SEED),--seed $(SEED)) \
		$(if $(MINUTES),--minutes $(MINUTES)) \
		$(if $(FAULT),-k '$(FAULT)')

clusters: $(READY_DEV) ## the same on clusters of brokers, stores and replicas, in 18 containers (N=3 rounds of each, SEED=…)
	@exec $(BIN)/python -m pytest tests/cluster --rounds $(or $(N),3) $(if $(SEED),--seed $(SEED)) \
		$(if $(FAULT),-k '$(FAULT)')

check: $(READY_DEV) ## format, lint, types, who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

accuracy: $(READY_DEV) ## motion against the recorded and labelled clips
	@exec $(BIN)/python -m benchmarks.accuracy

long-run: $(READY_DEV) ## hours of 16 cameras and a fault every few minutes: does anything grow? (HOURS=2)
	@exec $(BIN)/python -m benchmarks.long_run $(if $(HOURS),--hours $(HOURS))

bench-%: $(READY_DEV) ## one measurement, such as bench-broker; its last line is JSON
	@exec $(BIN)/python -m benchmarks.$(subst -,_,$*)

screenshots: $(READY_DEV) ## take the README's pictures of the dashboard anew
	@exec $(BIN)/python -m tests.screenshots

schemas: $(READY_DEV) ## write the JSON Schemas and the AsyncAPI document anew
	@exec $(BIN)/python -m services.contract.generate

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

lock: $(READY_DEV) ## resolve the dependencies anew into requirements/*.txt (LOCK=--upgrade: the newest)
	@for extra in capture motion archiver gateway secrets all dev; do \
		echo "requirements/$$extra.txt"; \
		$(BIN)/$(COMPILE) $(LOCK) pyproject.toml --extra "$$extra" -o "requirements/$$extra.txt" || exit; \
	done
	@echo 'requirements/build.txt'
	@sed -nE 's/^requires = \["(.*)"\]/\1/p' pyproject.toml | \
		$(BIN)/$(COMPILE) $(LOCK) - -o requirements/build.txt

clean: ## forget the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build *.egg-info

# -- the environment: locked, with hashes, and made anew only when the lock changed ----------------------------

INSTALL := $(BIN)/python -m pip install --disable-pip-version-check

$(BIN)/python:
	@'$(PYTHON)' -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo 'Nightjar needs Python 3.11 or newer; name one: make setup PYTHON=python3.13' >&2; exit 1; }
	@'$(PYTHON)' -m venv $(VENV) || { rm -rf $(VENV); \
		echo 'This Python cannot make virtual environments (on Debian and Ubuntu: apt install python3-venv)' >&2; exit 1; }

$(READY): requirements/all.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo 'Nightjar: installing what it needs into $(VENV)'
	@$(INSTALL) --require-hashes -r requirements/all.txt -r requirements/build.txt
	@$(INSTALL) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEV): requirements/dev.txt $(READY)
	@echo 'Nightjar: installing what its tests need into $(VENV)'
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@
