# Needs make, Python 3.11 or later, and the package registry that pip is set up for.
# Settings of pip (PIP_* in the environment, pip.conf) apply as they are.
#
#   make test ARGS="-k pushes"          options for the program behind demo, test, bench, pins …
#   make clean venv PYTHON=python3.12   another Python for .venv than the first that fits

SHELL := /bin/sh
.NOTPARALLEL:
.DEFAULT_GOAL := help

ARGS ?=
BIN := .venv/bin
READY := .venv/.ready
SPARK := .venv/.spark
TIMESKETCH := .venv/.timesketch

# Known versions first; python3 last, as it may be one that no wheel exists for yet.
PYTHONS := $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(READY) ## open the program on the sample incident
	@$(BIN)/ecr-investigate --demo $(ARGS)

.PHONY: test
test: $(READY) ## run the whole test suite
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

.PHONY: check
check: lint test ## format, lint, types, import contracts, then the tests: run it before a commit

.PHONY: lint
lint: $(READY) ## what check does before the tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: fmt
fmt: $(READY) ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only --exit-zero
	$(BIN)/ruff format

.PHONY: bench
bench: $(READY) ## run the benchmarks: by hand, on a quiet machine
	$(BIN)/python -m tests.bench $(ARGS)

.PHONY: snapshots
snapshots: $(READY) ## take what the screens show now as right; look at the difference before you commit
	$(BIN)/python -m pytest --snapshot-update $(ARGS)

.PHONY: screenshots
screenshots: $(READY) ## draw the pictures in docs/ anew
	$(BIN)/python docs/screenshots.py $(ARGS)

.PHONY: pins
pins: $(READY) ## write constraints.txt anew; ARGS=--upgrade for the newest versions
	$(BIN)/python .ci/pin.py $(ARGS)

.PHONY: dist
dist: $(READY) ## build the wheel and the sdist into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation

.PHONY: spark
spark: $(SPARK) ## install Spark for its tests: 800 MB, and Java 17 has to be there

.PHONY: timesketch
timesketch: $(TIMESKETCH) ## install Timesketch's importer for its test: 150 MB

.PHONY: venv
venv: $(READY) ## only install

.PHONY: clean
clean: ## remove .venv, caches and what was built
	rm -rf .venv dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -f snapshot_report.html
	find queries samples tests tui docs .ci -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The stamp is the last thing written, so an install that was cut off is done again. It is older
# than pyproject.toml or constraints.txt once either changes.
$(READY): pyproject.toml constraints.txt
	@set -eu; \
	if ! $(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    good=; bare=; \
	    for python in $(PYTHONS); do \
	        "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	        if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then good=$$python; break; fi; \
	        bare=$${bare:-$$python}; \
	    done; \
	    if [ -z "$$good" ] && [ -n "$$bare" ]; then \
	        echo "$$bare cannot make a virtual environment: its venv or ensurepip module is missing" \
	            "(on Debian and Ubuntu: apt-get install python3-venv)." >&2; \
	        exit 1; \
	    elif [ -z "$$good" ]; then \
	        echo "ecr-investigate needs Python 3.11 or later, and none of these is one: $(PYTHONS)." >&2; \
	        exit 1; \
	    fi; \
	    rm -rf .venv; \
	    "$$good" -m venv .venv; \
	fi
	@echo "Installing into .venv (a minute the first time) ..."
	@$(BIN)/python -m pip install -qq --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

$(SPARK): $(READY) constraints-spark.txt
	@echo "Installing Spark into .venv (some minutes the first time) ..."
	@$(BIN)/python -m pip install -qq --no-compile --require-hashes -r constraints-spark.txt
	@touch $@

$(TIMESKETCH): $(READY) constraints-timesketch.txt
	@echo "Installing Timesketch's importer into .venv ..."
	@$(BIN)/python -m pip install -qq --no-compile --require-hashes -r constraints-timesketch.txt
	@touch $@
