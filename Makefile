# Every target depends on the virtual environment, so a fresh machine needs nothing but `make demo` or `make test`.
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: venv demo test lint format bench run worker
.DEFAULT_GOAL := help

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

venv: .venv/ready  ## make the virtual environment in .venv

.venv/ready: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --progress-bar off -r requirements-dev.txt
	touch .venv/ready

demo: venv  ## pictures → stimuli → votes → calibrated EC space, offline, then serve it (DEMO_SERVE=0: stop after the report)
	$(BIN)/python manage.py demo

test: venv  ## the whole test suite
	$(BIN)/python -m pytest

lint: venv  ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .

format: venv  ## put the code into its standard form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: venv  ## one JSON line per benchmark
	$(BIN)/python -m benchmarks

run: venv  ## the site at 127.0.0.1:8000
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/gunicorn config.wsgi --bind 127.0.0.1:8000 --workers 2 --threads 4

worker: venv  ## make what batches ask for
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py worker
