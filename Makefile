# make run   the assistant on http://localhost:8080, with embedded Redis and shop (PORT=8081 make run for another port)
# make test  all tests that need no service and no browser download
# make test-peers the order journey against third-party servers, installed by name (network, npm)
# make conformance BASE_URL=… TOKEN=… [OPERATIONS_TOKEN=…]   whether a shop speaks the port; it places real orders (docs/own_backend.md)
# make check formatting, lint, types, import directions, tests (TESTED=yes leaves the tests out: they have just run)
SHELL := /bin/bash
UV_TARGET := .nochannel/tools
UV := $(shell command -v uv || echo $(UV_TARGET)/bin/uv)
PY := .venv/bin/python
export RASA_TELEMETRY_ENABLED := false
export UV_COMPILE_BYTECODE := 1
# bytecode is written even where the environment says otherwise: it halves the start
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run chat train test test-peers conformance check bench nlu-report format settings clean

run: train
	@$(PY) -m bot run

chat: train
	@$(PY) -m bot chat

train: .venv/.synced
	@$(PY) -m bot train

test: .venv/.synced
	@$(PY) -m bot train
	@$(PY) -m pytest

test-peers: train
	@bash deploy/test-peers.sh

conformance: export CONFORMANCE_URL = $(BASE_URL)
conformance: export CONFORMANCE_TOKEN = $(TOKEN)
conformance: export CONFORMANCE_OPERATIONS_TOKEN = $(OPERATIONS_TOKEN)
conformance: export CONFORMANCE_DOCUMENT = $(DOCUMENT)
conformance: .venv/.synced
	@[ -n "$$CONFORMANCE_URL" ] || { echo "make conformance BASE_URL=http://127.0.0.1:8090 TOKEN=… [OPERATIONS_TOKEN=…]"; exit 2; }
	@$(PY) -m pytest -q --strict-markers -o addopts= --confcutdir tests/conformance tests/conformance

check: .venv/.synced
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PY) -m bot lint-examples
	@$(if $(TESTED),echo "the tests have just run",$(MAKE) --no-print-directory test)

bench: train
	@$(PY) -m benchmarks

nlu-report: .venv/.synced
	@$(PY) -m benchmarks.nlu_report

format: .venv/.synced
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

settings: .venv/.synced
	@$(PY) -m bot settings > docs/settings.md

clean:
	rm -rf .venv .nochannel models .rasa

# The locked environment; uv is installed beside the project when there is none on PATH.
.venv/.synced: pyproject.toml uv.lock
	@command -v $(UV) > /dev/null || { echo "installing uv"; python3 -m pip install --quiet --disable-pip-version-check --target $(UV_TARGET) uv; }
	@echo "installing the locked environment"
	@$(UV) sync --locked --quiet
	@touch $@
