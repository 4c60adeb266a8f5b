# Each target does its own set-up: on a fresh machine, `make demo` needs Python 3.11 or newer and
# nothing else. Another interpreter: `make demo PYTHON=python3.13`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Two processes halve the time that tests take on two cores; more gain little, since each one
# imports JAX for itself. `make test PYTEST_ARGS="-x tests/nn"` runs some of them, in one process.
PYTEST_ARGS ?= -n 2 --dist loadfile

# `make bench BENCH_ARGS=--quick` takes minutes instead of an hour, for figures that are rougher.
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test thorough lint parity bench clean
# Installing twice at once into one environment would break it.
.NOTPARALLEL:

help:
	@echo "make demo     train, save, load and draw a model"
	@echo "make test     run the tests"
	@echo "make thorough every row of the tables of operations on XLA too, which takes minutes"
	@echo "make lint     ruff, ruff format --check, mypy --strict"
	@echo "make parity   compare with PyTorch (installs it)"
	@echo "make bench    measure against PyTorch and JAX (installs them), and write docs/benchmarks.md"
	@echo "make clean    remove what was installed and what the tools left"

demo: $(VENV)/.installed-viz
	$(BIN)/python -m lucid demo

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

thorough: $(VENV)/.installed-test
	LUCID_TEST_ALL=1 $(BIN)/python -m pytest $(PYTEST_ARGS) tests/ops tests/nn/functional -k on_xla

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

parity: $(VENV)/.installed-test $(VENV)/.installed-parity
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m parity

bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/compare.py --write docs $(BENCH_ARGS)
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/elementwise.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each extra of pyproject.toml: installed once, and again when that file changes.
$(VENV)/.installed-%: pyproject.toml $(VENV)/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'
	@touch $@

# A stamp, and not the interpreter itself: an environment whose making was cut short has no stamp, nor
# pip. One that is whole, made by hand, is kept.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		found=$$($(PYTHON) --version 2>/dev/null) || found="not there"; \
		echo "Lucid needs Python 3.11 or newer; $(PYTHON) is $$found. Name another one:"; \
		echo "    make $(MAKECMDGOALS) PYTHON=python3.12"; \
		exit 1; }
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@touch $@
