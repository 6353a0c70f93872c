# The two commands: `make demo` and `make test`. Both start from nothing but Python >= 3.11, pip and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SERVE  ?= 1
PORT   ?= 8000
PIP    := $(BIN)/python -m pip install --disable-pip-version-check --quiet

.PHONY: demo test test-thorough lint docs bench bench-strategies bench-http bench-import bench-lifecycle bench-api bench-limits clean

demo: $(VENV)/.run
	$(BIN)/wingtel demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve)

test: $(VENV)/.dev
	$(BIN)/python -m pytest $(ARGS)

test-thorough: $(VENV)/.dev
	WINGTEL_TEST_THOROUGH=1 $(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/squawk --no-error-on-unmatched-pattern 'src/wingtel/*/migrations/*.sql'

docs: $(VENV)/.docs
	$(BIN)/zensical build --clean --strict

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks $(ARGS)

bench-strategies: $(VENV)/.dev
	$(BIN)/python -m benchmarks.strategies $(ARGS)

bench-import: $(VENV)/.dev
	$(BIN)/python -m benchmarks.importing $(ARGS)

bench-http: $(VENV)/.dev
	$(BIN)/python -m benchmarks.http $(ARGS)

bench-lifecycle: $(VENV)/.dev
	$(BIN)/python -m benchmarks.lifecycle $(ARGS)

bench-api: $(VENV)/.dev
	$(BIN)/python -m benchmarks.api $(ARGS)

bench-limits: $(VENV)/.dev
	$(BIN)/python -m benchmarks.limits $(ARGS)

clean:
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Wingtel needs Python 3.11 or newer; name one with make PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing Wingtel into $(VENV) ..."
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.docs: requirements/docs.txt | $(BIN)/python
	$(PIP) --require-hashes -r requirements/docs.txt
	@touch $@
