# Short commands. The work is in scripts/; each target prepares what it needs by itself.
# Choices: PORT=8090, HOST=0.0.0.0, PYTHON=/path/to/python3.12, ARGS="-k angles" (passed on to the tool).

PY := .venv/bin/python
export PORT HOST PYTHON CHROMIUM

.PHONY: help run test check bench lock setup setup-dev bundles samples screenshots clean
.DEFAULT_GOAL := help

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

run: setup  ## set up what is missing, start, open the browser (PORT=8090 HOST=0.0.0.0)
	@$(PY) scripts/run.py

test: setup-dev  ## all tests, Chromium included (ARGS="-k angles" for some)
	@$(PY) -m pytest $(ARGS)

check: setup-dev  ## style, types and layers
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo

# The Benchmark page shows it until the visitor has measured.
RESOLUTION = $(if $(filter benchmarks/results,$(OUT:/=)),pose_core/benchmark/shipped.json,$(OUT)/resolution.json)

bench: setup  ## measure this machine, half an hour, the page too after setup-dev (OUT=benchmarks/results keeps the figures)
	@$(PY) -m benchmarks.photo $(if $(OUT),--out "$(OUT)/photo.json")
	@$(PY) -m benchmarks.page $(if $(OUT),--out "$(OUT)/page.json")
	@$(PY) -m benchmarks.drawing $(if $(OUT),--out "$(OUT)/drawing.json")
	@$(PY) -m benchmarks.smoothing $(if $(OUT),--out "$(OUT)/smoothing.json")
	@$(PY) -m benchmarks.encoder $(if $(OUT),--out "$(OUT)/encoder.json")
	@$(PY) -m benchmarks.resolution $(if $(OUT),--out "$(RESOLUTION)")
	@$(PY) -m benchmarks.live $(if $(OUT),--out "$(OUT)/live.json")

lock:  ## compile requirements*.in (ARGS=--upgrade for newer versions)
	@scripts/lock.sh $(ARGS)

setup:  ## only prepare for running
	@scripts/setup.sh

setup-dev:  ## only prepare for checks and tests
	@scripts/setup.sh dev

bundles: setup  ## build the model files again from Google's packages
	@$(PY) scripts/build_bundles.py $(ARGS)

samples: setup  ## draw the sample pictures again
	@$(PY) scripts/make_samples.py $(ARGS)

screenshots: setup-dev  ## take the pictures of the README again
	@$(PY) -m pytest -q tests/e2e/test_screenshots.py
	@mkdir -p docs/images && cp build/screenshots/*.png docs/images/

clean:  ## remove everything that can be made again, .venv included
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
