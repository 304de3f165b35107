# Two commands for a stranger: `make demo` and `make test`. Needs only Python 3.11+, pip, make and git.
PY ?= python3
BIN := .venv/bin
export UV_SYSTEM_CERTS ?= 1
UV := $(BIN)/uv --quiet pip
COMPILE := $(UV) compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml

.PHONY: help demo preview test lint types tests docs bench lock build clean

help:  ## what each target does
	@grep -hE '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 10

demo: .venv/.ready  ## articles in this folder -> a digest and posts in outbox/
	@test -f .publisher/books.sqlite3 || { \
	  echo '$$ publisher subscribers import subscribers.csv --list weekly'; \
	  $(BIN)/publisher subscribers import subscribers.csv --list weekly; echo; }
	@echo '$$ publisher send weekly-digest'
	@$(BIN)/publisher send weekly-digest
	@echo; echo 'Try next: make preview, or edit something in articles/ and'
	@echo '  $(BIN)/publisher send weekly-digest --again'

preview: .venv/.ready  ## the preview page of the example campaign
	@$(BIN)/publisher preview weekly-digest

test: lint types tests  ## lint, types and the test suite

lint: .venv/.ready-dev  ## ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: .venv/.ready-dev  ## mypy, strict
	@$(BIN)/mypy

tests: .venv/.ready-dev  ## pytest, the default lane
	@$(BIN)/pytest -n auto

docs: .venv/.ready-dev  ## write what is generated: .env.example, docs/commands.md, docs/providers.md
	@$(BIN)/python docs/generate.py

bench: .venv/.ready-dev  ## ratios against a named baseline, in the same run
	@$(BIN)/python bench/run.py

build: .venv/.ready-dev  ## wheel and sdist in dist/
	@$(BIN)/python -m hatchling build

lock: .venv/bin/uv  ## renew the three lock files
	@$(COMPILE) --upgrade --group build -o requirements.lock
	@$(COMPILE) --upgrade --group dev -o requirements-dev.lock
	@$(UV) compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --group bootstrap -o bootstrap.lock

clean:  ## remove the environment, the caches and what the demo made
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis dist outbox .publisher

.venv/bin/uv: bootstrap.lock
	@$(PY) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"publisher needs Python 3.11 or newer; this is {v[0]}.{v[1]}. Try: make PY=python3.12")'
	@echo "making .venv ..."
	@$(PY) -m venv --clear --without-pip .venv
	@$(PY) -m pip --python $(BIN)/python --quiet --disable-pip-version-check install --require-hashes -r bootstrap.lock \
	  || { $(PY) -m venv --clear .venv && $(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes -r bootstrap.lock; }
	@touch $@

.venv/.ready: .venv/bin/uv requirements.lock pyproject.toml
	@echo "installing what publisher needs ..."
	@$(UV) install --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	@$(UV) install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q publisher
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.lock
	@echo "installing what its tests need ..."
	@$(UV) install --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@
