# Every target sets up what it needs and is quick the second time. `make` prints this list.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUN_READY := $(VENV)/.ready-run
BEAM := .venv-beam
BEAM_READY := $(BEAM)/.ready
LOWEST := .venv-lowest
LOWEST_READY := $(LOWEST)/.ready
ATTACKS := tests/unit/views/test_web_attacks.py tests/unit/views/test_web_sessions.py tests/unit/views/test_web_server.py
RUN := run
PLAIN := tests/unit tests/golden tests/e2e/test_cli.py tests/e2e/test_issues.py tests/e2e/test_wheel.py
COMPILE := .venv-lock/bin/pip-compile --quiet --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header --strip-extras
# Test files run in as many processes at a time. One process leaves a core idle: the tests of real parts mostly wait.
WORKERS ?= 2
PARALLEL := --numprocesses $(WORKERS) --dist loadfile
STATE ?= sqlite:$(RUN)/garden.db
FILE ?= examples/export.json
SPEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup setup-beam run demo serve emulators dev test test-parts test-beam test-lowest test-all check audit lint types docs format check-terraform scan-terraform bench mutations fuzz sbom lock wheel clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with a working `gardener`

define MAKE_VENV
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
endef

# What the program needs on one machine: no cloud libraries, no tools of developers.
$(RUN_READY): requirements/local.txt pyproject.toml
	$(MAKE_VENV)
	@echo "setting up .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/local.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(READY): requirements/dev.txt pyproject.toml
	$(MAKE_VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@ $(RUN_READY)

setup-beam: $(BEAM_READY) ## Make .venv-beam, where `gardener beam` works

$(BEAM_READY): requirements/beam.txt requirements/beam-dev.txt pyproject.toml
	@test -x $(BEAM)/bin/python || $(PYTHON) -m venv $(BEAM)
	$(BEAM)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/beam.txt -r requirements/beam-dev.txt
	$(BEAM)/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

run: $(RUN_READY) ## Process FILE (default: the example): clusters, summary, issues as files
	@mkdir -p $(RUN)
	@$(BIN)/gardener replay $(FILE) --state $(STATE) --issues folder:$(RUN)/issues

demo: $(RUN_READY) ## Play five minutes of a made-up shop on the on-call page (SPEED=5: in one)
	@mkdir -p $(RUN)
	@$(BIN)/gardener demo --folder $(RUN)/demo --speed $(SPEED)

serve: $(RUN_READY) ## Open the on-call page on the state that `make run` left
	$(BIN)/gardener serve --state $(STATE)

test: $(READY) ## Run the tests that need nothing but Python
	$(BIN)/pytest -q $(PARALLEL) $(PLAIN)

test-parts: $(READY) ## Run the tests on real parts: emulators, browser, terminal, kills, Terraform
	$(BIN)/pytest -q $(PARALLEL) tests $(PLAIN:%=--ignore=%) --ignore=tests/beam

test-beam: $(BEAM_READY) ## Run the tests of the Beam pipeline, in .venv-beam
	$(BEAM)/bin/pytest -q tests/beam

test-lowest: $(LOWEST_READY) ## Attack the page on the lowest versions of everything that pyproject.toml admits
	PYTHONPATH=. $(LOWEST)/bin/python -m pytest -q -p no:cacheprovider $(ATTACKS)

$(LOWEST_READY): pyproject.toml scripts/lowest
	@test -x $(LOWEST)/bin/python || $(PYTHON) -m venv $(LOWEST)
	$(PYTHON) scripts/lowest >$(LOWEST)/lowest.txt
	$(LOWEST)/bin/pip install --quiet --disable-pip-version-check -r $(LOWEST)/lowest.txt pytest pytest-timeout
	@touch $@

audit: ## Hold the locks and the lowest versions against the advisories kept here; no network
	@$(PYTHON) scripts/audit

test-all: test test-parts test-beam ## Run every test

emulators: $(READY) ## Start both emulators with a queue and a publisher of example entries
	$(BIN)/python scripts/emulators

dev: $(READY) ## The same, with a worker and the on-call page
	$(BIN)/python scripts/emulators --dev

docs: $(READY) ## Rewrite the pages that are made from the code
	$(BIN)/python scripts/render_docs.py

lint: $(READY) ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## Check types
	$(BIN)/mypy

check-terraform: ## Check terraform/ without a cloud
	scripts/check-terraform

scan-terraform: ## Scan terraform/ with checkov
	scripts/check-terraform --policy

check: lint types audit check-terraform test-lowest test-all ## Everything that CI runs

format: $(READY) ## Rewrite the code in the project's style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## Measure accuracy, speed and memory
	$(BIN)/python bench/run.py

mutations: $(READY) ## Change one line of behaviour at a time and see whether a test fails
	$(BIN)/python bench/mutations.py
	scripts/check-terraform --setup && $(BIN)/python bench/deployment_mutations.py

fuzz: $(READY) ## Fuzz the steps for ten minutes
	@test -x .venv-fuzz/bin/python || $(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/pip install --quiet --disable-pip-version-check -r requirements/run.txt
	.venv-fuzz/bin/pip install --quiet --disable-pip-version-check atheris
	PYTHONPATH=. .venv-fuzz/bin/python bench/fuzz.py -max_total_time=600

wheel: $(READY) ## Build a wheel into dist/
	@rm -rf build
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

sbom: ## List what is in the image, into dist/sbom.cdx.json
	@rm -rf build/image && mkdir -p build dist
	scripts/build-image-root build/image
	cp build/image/sbom.cdx.json dist/

lock: $(READY) ## Renew requirements/*.txt from pyproject.toml
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet pip-tools
	$(COMPILE) --generate-hashes --all-extras --output-file requirements/dev.txt pyproject.toml
	$(COMPILE) --generate-hashes --extra gcp --extra github --extra web --constraint requirements/dev.txt --output-file requirements/run.txt pyproject.toml
	$(COMPILE) --generate-hashes --no-annotate --extra web --constraint requirements/dev.txt --output-file requirements/local.txt pyproject.toml
	$(COMPILE) --generate-hashes --output-file requirements/terraform.txt requirements/terraform.in
	$(COMPILE) --generate-hashes --output-file requirements/beam.txt requirements/beam.in
	$(COMPILE) --generate-hashes --output-file requirements/beam-dev.txt requirements/beam-dev.in
	sed -n '/^drain3==/,/^[^ ]/{/^drain3==/p;/--hash=/p;}' requirements/run.txt >>requirements/beam.txt

clean: ## Remove what can be made again, the state in run/ too
	rm -rf $(VENV) .venv-* build dist *.egg-info $(RUN) .pytest_cache .mypy_cache .ruff_cache
