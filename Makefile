# polyloop: `make demo` shows a whole campaign, `make test` checks everything. Both build .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# One thread per core and no more: oversubscription halves the speed of small matrix products.
export TOKENIZERS_PARALLELISM := false

.PHONY: demo test install wheel weights clean

demo: $(VENV)/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/glass_transition/demo.sh demo

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

install: $(VENV)/.installed

# PyTorch goes first, alone and by its exact version, so that its CPU build is there before anything can ask for another one.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "polyloop needs Python 3.11 or newer; run make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --retries 1 --extra-index-url $(TORCH_INDEX) --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

wheel: $(VENV)/.installed-dev
	$(BIN)/python -m build --wheel

# Every bundled checkpoint made again, in the folder OUT. A short try: make weights OPTIONS="--size 2000 --polymers 500
# --text-steps 50 --geometry-steps 50 --align-steps 50".
# A variable OUT of the environment is not taken, since it may be there for something else.
OUT = weights
weights: $(VENV)/.installed
	$(BIN)/polyloop pretrain all --out "$(OUT)" $(OPTIONS)

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .ruff_cache .pytest_cache
