# The user's commands; `make` alone lists them. Everything runs in .venv, which `make install` makes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
ASSIGNMENT := vaes_and_gans
export MPLBACKEND := agg
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help install demo pictures test test-release test-lab lint check bench prove bench-symbolic clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED)  ## Make .venv with the package and everything that the commands need

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "vaegan needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: install  ## Build the tutorial, grade a class of sixty, mark some of it, say where to look
	$(BIN)/vaegan build $(ASSIGNMENT) -o dist
	$(BIN)/python -m tests.demo_class dist/$(ASSIGNMENT) dist/demo_class
	$(BIN)/vaegan grade dist/demo_class -a dist/$(ASSIGNMENT)/autograder.zip -o grades
	$(BIN)/vaegan written grades
	$(BIN)/python -m tests.demo_class --marks grades
	$(BIN)/vaegan written grades --marks grades/marks.csv
	$(BIN)/vaegan decide grades darwin.ipynb q1b 7 --reason "Swapped the two densities, and the rest follows." --by "Demo TA"
	@echo
	@echo "What students get:   dist/$(ASSIGNMENT)/student/"
	@echo "What they handed in: dist/demo_class/"
	@echo "Their grades:        grades/final_grades.csv"
	@echo "What they get back:  grades/feedback/"
	@echo "For the TA:          grades/report.html, grades/marking.html"

pictures: demo  ## Take the pictures of the README from the demo's pages, with Chromium
	$(BIN)/python -m tests.pictures grades docs

test: install lint  ## Run ruff, mypy and every test (8 to 14 minutes on 2 cores, as fast as they are)
	$(BIN)/python -m pytest

test-release: install  ## Run the tests that take minutes: the zip in a new environment
	$(BIN)/python -m pytest -m release

test-lab: install  ## Work as a student in JupyterLab, in a headless Chromium: see a wrong line, mend it, export
	$(BIN)/python -m pytest -m lab --numprocesses=0

lint: install  ## Run ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: install  ## Run the author's gate on the assignment
	$(BIN)/vaegan check $(ASSIGNMENT)

bench: install  ## Grade a class of 200 beside otter run (and another checkout: BESIDE=../old), write benchmarks/farm.json
	$(BIN)/python -m benchmarks.farm $(if $(BESIDE),--beside $(BESIDE))

prove: install  ## Examine the graders: right answers, misconceptions, mutants, rewrites (about 3 minutes)
	$(BIN)/python -m benchmarks.prove

bench-symbolic: install  ## Measure the symbolic judge on the tables of two other systems, where they are
	$(BIN)/python benchmarks/symbolic.py

clean:  ## Remove what the other targets made
	rm -rf $(VENV) dist grades .mypy_cache .pytest_cache .ruff_cache .hypothesis
