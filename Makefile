# make serve: everything from a fresh clone to http://127.0.0.1:8000; make test: the same set-up, then all tests,
# and some of them again on PostgreSQL and Chroma.
# make fast: the tests of under two minutes; make soak: kills, random cases, viewers and readers in great numbers; make coverage: what no test runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
KB := $(BIN)/kb
KILLS ?= 100
SECONDS ?= 600
PROBES ?= 1600
SERVED := tests/ingest/test_sync.py tests/ingest/test_intake.py tests/kb/index tests/kb/insight tests/kb/loop/test_judging.py \
  $(addprefix tests/app/,api pages signin mail mcp) $(addprefix tests/kb/test_,live.py views.py spelling.py synonyms.py) \
  $(addprefix tests/attack/test_,hidden.py masked.py saves.py viewers.py)

.PHONY: serve test fast soak coverage check fix bench docs sync clean

serve: $(READY)
	@$(KB) serve

test: $(READY)
	@$(BIN)/python -m pytest -n auto --maxprocesses 4
	@$(BIN)/python -m pytest --engines served -n auto --maxprocesses 2 --dist loadfile $(SERVED)

fast: $(READY)
	@$(BIN)/python -m pytest -m "not slow" -n auto

soak: $(READY)
	@$(BIN)/python -m pytest -m kills --kills $(KILLS)
	@$(BIN)/python -m pytest tests/attack/test_viewers.py --probes $(PROBES)
	@$(BIN)/python -m pytest -m hypothesis --hypothesis-profile soak
	@$(BIN)/python -m bench.soak $(SECONDS)
	@$(BIN)/python -m bench.fleet --seconds $(SECONDS)

coverage: $(READY)
	@$(BIN)/python -m coverage erase
	@$(BIN)/python -m coverage run -m pytest $(ARGS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

fix: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY)
	@$(BIN)/python -m bench $(ARGS)

docs: $(READY)
	@$(BIN)/python docs/regenerate.py

sync: $(READY)
	@$(KB) sync

clean:
	rm -rf $(VENV) var/index var/models var/bench

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; choose it with 'make serve PYTHON=python3.12'." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (once, some minutes)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch==2.13.0
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)
