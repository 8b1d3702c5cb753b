# Every target depends on the virtual environment, so a fresh machine needs nothing but `make demo` or `make test`.
# The first of these that is installed; `make venv PYTHON=…` takes another one.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || echo python3)
BIN := .venv/bin

.PHONY: venv demo test chaos lint format bench validate run worker audit
.DEFAULT_GOAL := help

help:  ## show this list
	@echo "make TARGET, where TARGET is one of"
	@sed -nE 's/^([a-z]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

venv: .venv/ready  ## make the virtual environment in .venv

.venv/ready: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11: name a newer one, make venv PYTHON=…" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --progress-bar off -r requirements-dev.txt
	touch .venv/ready

demo: venv  ## pictures → stimuli → votes → calibrated EC space, offline, then serve it (DEMO_SERVE=0: stop after the report)
	$(BIN)/python manage.py demo

test: venv  ## the whole test suite, on all cores; tests that cannot run here are skipped with a reason
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

chaos: venv  ## outages in real time; takes minutes
	$(BIN)/python -m pytest -m chaos

lint: venv  ## ruff, mypy --strict, import-linter and bandit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml common config studies transfer metrics

audit: venv  ## known vulnerabilities of the packages in use; needs the network
	$(BIN)/pip-audit --strict --skip-editable --progress-spinner off || { code=$$?; \
		echo "make audit: either a package above has a known fault, or the list of faults (pypi.org) was not reached" >&2; exit $$code; }

format: venv  ## format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: venv  ## one JSON line per benchmark (NAMES="…": only these)
	$(BIN)/python -m benchmarks $(NAMES)

validate: venv  ## long checks: simulated studies fitted, boundaries of large pictures
	$(BIN)/python -m tests.validation.calibration
	$(BIN)/python -m tests.validation.large_pictures
	$(BIN)/python -m tests.validation.referee
	$(BIN)/python -m tests.validation.learnt

run: venv  ## the site at 127.0.0.1:8000
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/gunicorn config.wsgi --bind 127.0.0.1:8000 --no-control-socket

worker: venv  ## make and measure what waits: one process for each core or GPU, started again when killed
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py worker --respawn
