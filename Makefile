# Short commands. The work is done in scripts/; each target sets up what it needs.
# Options: PORT=8090, HOST=0.0.0.0, PYTHON=/path/to/python3.12, ARGS="-k angles" (passed to the tool).

PY := .venv/bin/python
export PORT HOST PYTHON CHROMIUM

.PHONY: help run test nightly check bench lock setup setup-dev bundles browser-model samples films screenshots clean
.DEFAULT_GOAL := help

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

run: setup  ## set up what is missing, start the server, open the browser (PORT=8090 HOST=0.0.0.0)
	@$(PY) scripts/run.py

test: setup-dev  ## run all tests, including those in Chromium (ARGS="-k angles" for some)
	@$(PY) -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder $(ARGS)

nightly: setup-dev  ## the long runs, minutes each: load, soak, whole benchmarks (ARGS="-k soak" for some)
	@$(PY) -m pytest -m nightly $(ARGS)

check: setup-dev  ## check style, types and layers
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo

# The Benchmark page shows this one until the visitor has measured.
RESOLUTION = $(if $(filter benchmarks/results,$(OUT:/=)),pose_core/benchmark/shipped.json,$(OUT)/resolution.json)

bench: setup  ## measure this machine: half an hour; the page only after setup-dev (OUT=benchmarks/results keeps the figures)
	@$(PY) -m benchmarks.photo $(if $(OUT),--out "$(OUT)/photo.json")
	@$(PY) -m benchmarks.page $(if $(OUT),--out "$(OUT)/page.json")
	@$(PY) -m benchmarks.drawing $(if $(OUT),--out "$(OUT)/drawing.json")
	@$(PY) -m benchmarks.smoothing $(if $(OUT),--out "$(OUT)/smoothing.json")
	@$(PY) -m benchmarks.encoder $(if $(OUT),--out "$(OUT)/encoder.json")
	@$(PY) -m benchmarks.resolution $(if $(OUT),--out "$(RESOLUTION)")
	@$(PY) -m benchmarks.video --seconds 60 $(if $(OUT),--out "$(OUT)/video.json")
	@$(PY) -m benchmarks.live $(if $(OUT),--out "$(OUT)/live.json")
	@$(PY) -m benchmarks.live_browsers $(if $(OUT),--out "$(OUT)/live_browsers.json")

lock:  ## compile requirements*.in (ARGS=--upgrade for newer versions)
	@scripts/lock.sh $(ARGS)

setup:  ## set up for running only
	@scripts/setup.sh

setup-dev:  ## set up for checks and tests only
	@scripts/setup.sh dev

bundles: setup  ## rebuild the model files from Google's packages
	@$(PY) scripts/build_bundles.py $(ARGS)

browser-model: setup  ## fetch again what runs the model in a visitor's browser
	@$(PY) scripts/build_browser_model.py $(ARGS)

samples: setup  ## draw the sample pictures again
	@$(PY) scripts/make_samples.py $(ARGS)

films: setup-dev  ## make the films of the Home page again
	@$(PY) scripts/make_films.py

screenshots: setup-dev  ## take the README's pictures again
	@$(PY) scripts/make_screenshots.py

clean:  ## remove everything that can be rebuilt, including .venv
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
