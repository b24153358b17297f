PYTHON ?= python3
TEST_JOBS ?= 2

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
INSTALL := $(PIP) install -c constraints.txt --build-constraint constraints.txt

# More BLAS threads than cores stall small solves.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 VECLIB_MAXIMUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help reproduce test lint bench browser docs clean
.DELETE_ON_ERROR:

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

reproduce: .venv/.package ## run the paper's simulation and write results/lee2021_figure1/
	$(BIN)/testbed reproduce lee2021

test: .venv/.dev ## run the tests in TEST_JOBS processes
	$(ONE_THREAD) PYTHONWARNDEFAULTENCODING=1 $(BIN)/python -m pytest -n $(TEST_JOBS) --dist worksteal --ignore=tests/browser

browser: .venv/.dev ## run the tests of the explorer in the system's chromium
	$(ONE_THREAD) PYTHONWARNDEFAULTENCODING=1 $(BIN)/python -m pytest tests/browser

lint: .venv/.dev ## check style, format, types, spelling and declared dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/deptry .

bench: .venv/.dev ## check against independent loops and measure timings, written to results/benchmarks/
	$(BIN)/python -m benchmarks.reference_lee2021
	$(BIN)/python -m benchmarks

docs: .venv/.docs ## build the site into build/docs and check its links; open build/docs/index.html
	$(ONE_THREAD) PYTHONPATH=docs/_ext $(BIN)/python -m sitepages.blocks
	$(ONE_THREAD) PYTHONPATH=docs/_ext $(BIN)/python -m sitepages.howto
	$(ONE_THREAD) $(BIN)/python -m sphinx -W --keep-going -q -j 2 -d build/doctrees docs build/docs
	PYTHONPATH=docs/_ext $(BIN)/python -m sitepages.check build/docs
	PYTHONPATH=docs/_ext $(BIN)/python -m sitepages.browser build/docs

clean: ## remove the environment, caches and builds; results stay
	rm -rf .venv .venv-lowest .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks .coverage htmlcov build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: a second call installs nothing; a change of a pin or of pyproject.toml installs again.
.venv/.pip: constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "testbed: no $(PYTHON) found; try make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("testbed: needs Python 3.11 or newer, but $(PYTHON) is %d.%d; try make PYTHON=python3.11" % v[:2])'
	$(PYTHON) -m venv .venv
	$(PIP) install -c constraints.txt --upgrade pip # an older pip knows neither --group nor --build-constraint
	@touch $@

.venv/.package: .venv/.pip pyproject.toml
	$(INSTALL) --editable .
	@touch $@

.venv/.dev: .venv/.package
	$(INSTALL) --editable '.[dask,fast]' --group dev --group browser
	@touch $@

.venv/.docs: .venv/.package
	$(INSTALL) --editable '.[dask,fast]' --group docs --group browser
	@touch $@
