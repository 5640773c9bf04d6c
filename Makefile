# Every command of the project. CI runs the same ones: .ci/run installs what is missing, then runs `make test` and, where
# Python 3.13 is at hand, `make deploy-test`; .github/workflows/ci.yml adds bench, build and audit.
#
#   make install   the command, .venv/bin/switchyard
#   make run       the whole system on this machine, with sample events sent through it: PORT=3001
#   make test      every check and every test
#   make chaos     more of the seeded storms that make test plays: SEEDS=0-999
#   make fuzz      more of the hostile requests that make test makes up
#   make bench     how fast the parts are, and what a million events cost
#   make build     what is deployed, built; a bad configuration ends here
#   make deploy    the same, deployed: ENV=dev, prod-us, prod-eu or prod-in (samconfig.toml)
#   make deploy-test  the same, deployed to an emulator of AWS on this machine, and events sent through it
#   make lock      what is deployed is pinned anew, with hashes
#   make audit     known vulnerabilities of whatever is pinned, by PyPI's database
#   make licences  the licences of what is deployed
#   make clean     takes away what the others made

PYTHON ?= python3
ENV ?= dev

BIN := .venv/bin
PIP := pip install --quiet --disable-pip-version-check
NODE_CLIENTS := tests/e2e/clients/node_modules
PYTHON_CLIENTS := $(patsubst tests/e2e/clients/%.txt,.venv-clients/%/bin/.ready,$(wildcard tests/e2e/clients/*.txt))

export SAM_CLI_TELEMETRY := 0
# What is built and validated needs no account; a region that is set already is kept.
export AWS_DEFAULT_REGION ?= eu-central-1

.PHONY: install run test check fix pytest fuzz clients validate build lock audit licences deploy clean
.DELETE_ON_ERROR:

install: $(BIN)/switchyard

run: install
	@$(BIN)/switchyard local --samples events $(if $(PORT),--port $(PORT))

test: check validate pytest

# ---- checks ----------------------------------------------------------------------------------------------------------

check: $(BIN)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy layers/core/switchyard cli tests benchmarks events/lambda/generate.py
	for app in functions/*/app.py; do $(BIN)/mypy $$app || exit 1; done
	$(BIN)/cfn-lint template.yaml
	$(BIN)/switchyard config check

fix: $(BIN)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

validate: .venv-sam/bin/.ready
	.venv-sam/bin/sam validate --lint

pytest: $(BIN)/.dev clients
	$(BIN)/pytest --numprocesses 2

# Ten thousand hostile requests of each kind against collect, and as many that schemathesis makes of docs/openapi.yaml,
# over HTTP, against the local stack; `make pytest` makes up a few.
fuzz: $(BIN)/.dev
	FUZZ_EXAMPLES=10000 $(BIN)/pytest --numprocesses 2 --hypothesis-show-statistics \
		tests/unit/collect/test_collect_hostile.py
	OPENAPI_EXAMPLES=400 $(BIN)/pytest --capture no tests/e2e/test_hostile_input.py

# ---- conformance -----------------------------------------------------------------------------------------------------

# Segment's own destination at work beside ours, on thousands of generated events. The program that runs it is no part
# of the repository: ORACLE_DIR is its folder (docs/differences.md).
ORACLE_DIR ?= ../shared/oracle
ORACLE := build/oracle

.PHONY: conformance oracle-needs

conformance: oracle-needs $(BIN)/.dev $(ORACLE)/node_modules
	ORACLE_DIR="$(CURDIR)/$(ORACLE)" $(BIN)/pytest --durations 3 --durations-min 1 tests/contract

oracle-needs:
	@command -v node >/dev/null && command -v npm >/dev/null || { echo \
		"Node and npm are missing: Segment's destination runs on them."; exit 1; }
	@test -f "$(ORACLE_DIR)/oracle.mjs" || { echo \
		"There is no oracle.mjs in $(ORACLE_DIR): name its folder, as in make conformance ORACLE_DIR=…"; exit 1; }

$(ORACLE)/node_modules: $(wildcard $(ORACLE_DIR)/*.json $(ORACLE_DIR)/*.mjs $(ORACLE_DIR)/lib/*) | oracle-needs
	rm -rf $(ORACLE)
	mkdir -p $(ORACLE)
	cp -R "$(ORACLE_DIR)/." $(ORACLE)
	chmod -R u+w $(ORACLE)
	npm install --prefix $(ORACLE) --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

# ---- conservation proof ----------------------------------------------------------------------------------------------

# More of what tests/delivery plays: SEEDS=first-last, or one seed to play it again.
SEEDS ?= 0-999

.PHONY: chaos

chaos: $(BIN)/.dev
	$(BIN)/python -m tests.delivery.chaos $(SEEDS)

# ---- benchmarks ------------------------------------------------------------------------------------------------------

BENCHMARKS := mapping directives conditions on_lambda cost
# Segment's code is measured beside ours where its folder is at hand: installed already, or to be installed by npm.
SEGMENT := $(or $(patsubst %/node_modules,%,$(wildcard $(ORACLE_DIR)/node_modules)),$(and \
	$(wildcard $(ORACLE_DIR)/bench.mjs),$(shell command -v npm),$(ORACLE)))

.PHONY: bench

bench: install
	@$(and $(SEGMENT),$(MAKE) --silent $(SEGMENT)/node_modules >&2)
	@$(MAKE) --silent $(BUILT) .venv-lambda/bin/.ready >&2 || true
	@for each in $(BENCHMARKS); do ORACLE_DIR="$(abspath $(SEGMENT))" $(BIN)/python -m benchmarks.$$each || exit 1; done

# ---- deployment ------------------------------------------------------------------------------------------------------

# Lambda's own version of Python: on the path, or else pyenv's (whose shims on the path need not run anything) or uv's.
LAMBDA_PYTHONS = python3.13 $(wildcard $(shell pyenv root 2>/dev/null)/versions/3.13.*/bin/python3.13 \
	$(HOME)/.local/share/uv/python/cpython-3.13.*/bin/python3.13)
LAMBDA_PYTHON ?= $(or $(firstword $(foreach each,$(LAMBDA_PYTHONS),$(shell \
	$(each) -c 'import sys; print(sys.executable)' 2>/dev/null))),python3.13)
BUILT := .aws-sam/build/template.yaml

build: install .venv-sam/bin/.ready
	LAMBDA_PYTHON="$(LAMBDA_PYTHON)" PATH="$(CURDIR)/$(BIN):$(dir $(LAMBDA_PYTHON)):$$PATH" .venv-sam/bin/sam build
	@$(BIN)/python layers/artefact_sizes.py $(dir $(BUILT))
	@$(if $(filter build,$(MAKECMDGOALS)),echo "Next: make deploy ENV=dev (not sam deploy: docs/deploy.md)")

# For the tests: built when something has changed.
$(BUILT): template.yaml $(shell find layers functions events cli/switchyard_cli -type f -not -name '*.pyc')
	@$(MAKE) build

lock: install
	$(BIN)/python layers/core/lock.py

# Known vulnerabilities of what is deployed, and of what it is built and tested with, by PyPI's database; what cannot be
# looked up is an error, too. Leave one out with a reason here: --ignore-vuln ID
audit: .venv-audit/bin/.ready
	.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement layers/core/requirements.txt
	for each in constraints*.txt; do \
		.venv-audit/bin/pip-audit --strict --disable-pip --no-deps --requirement $$each || exit 1; done

licences: $(BUILT)
	$(BIN)/python layers/core/licences.py .aws-sam/build/CoreLayer/python

deploy: build
	.venv-sam/bin/sam deploy --config-env $(ENV)

# An emulator of AWS on loopback takes the genuine deployment, with IAM enforced (docs/deploy-test.md).
.PHONY: deploy-test lambda-python

deploy-test: $(BIN)/.dev .venv-sam/bin/.ready .venv-emulator/bin/.ready
	$(BIN)/pytest --durations 5 --durations-min 5 tests/deployment

lambda-python:
	@"$(LAMBDA_PYTHON)" -c '' 2>/dev/null || { echo "There is no Python 3.13 here, which is Lambda's: install it, or" \
		"name it, as in make deploy-test LAMBDA_PYTHON=/path/to/python3.13"; exit 1; }

# ---- environments ----------------------------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Switchyard needs Python 3.11 or later")'
	@echo "Creating .venv (once; about half a minute) …"
	@$(PYTHON) -m venv .venv

$(BIN)/switchyard: pyproject.toml constraints.txt | $(BIN)/python
	@$(BIN)/$(PIP) --constraint constraints.txt --editable .
	@touch $@

$(BIN)/.dev: $(BIN)/switchyard
	@$(BIN)/$(PIP) --constraint constraints.txt --editable '.[dev]'
	@touch $@

# aws-sam-cli wants an older boto3, so it has an environment of its own.
.venv-sam/bin/.ready: constraints-sam.txt
	@echo "Creating .venv-sam (once; about a minute) …"
	@$(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/$(PIP) --constraint constraints-sam.txt aws-sam-cli
	@touch $@

.venv-audit/bin/.ready: constraints-audit.txt
	@$(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/$(PIP) --constraint constraints-audit.txt pip-audit
	@touch $@

# Lambda's runtime interface client, to run what was built as Lambda does: nothing else is in there, pip included.
.venv-lambda/bin/.ready: constraints-lambda.txt | $(BIN)/switchyard
	@$(LAMBDA_PYTHON) -m venv --without-pip .venv-lambda
	@$(BIN)/pip --python .venv-lambda/bin/python $(PIP:pip=) --constraint constraints-lambda.txt awslambdaric
	@touch $@

# The emulator wants an older boto3, too, and runs the functions on its own Python: so that must be Lambda's.
.venv-emulator/bin/.ready: constraints-emulator.txt | lambda-python
	@echo "Creating .venv-emulator (once; about half a minute) …"
	@"$(LAMBDA_PYTHON)" -m venv .venv-emulator
	@.venv-emulator/bin/$(PIP) --constraint constraints-emulator.txt aws-sam-translator cryptography ministack
	@touch $@

# Published SDKs, for the end-to-end tests; without Node those that need it are skipped, and say so.
clients: $(NODE_CLIENTS) $(PYTHON_CLIENTS)

$(NODE_CLIENTS): tests/e2e/clients/package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --prefix tests/e2e/clients --ignore-scripts --no-audit --no-fund --loglevel=error; \
	else echo "Node is not installed: the tests with SDKs for Node and browsers will be skipped."; mkdir -p $@; fi
	@touch $@

# An old SDK pins old versions of what others need, too, so each has an environment of its own.
.venv-clients/%/bin/.ready: tests/e2e/clients/%.txt
	@$(PYTHON) -m venv .venv-clients/$*
	@.venv-clients/$*/bin/$(PIP) --requirement $<
	@touch $@

clean:
	rm -rf .venv .venv-audit .venv-clients .venv-emulator .venv-lambda .venv-sam .aws-sam .switchyard build $(NODE_CLIENTS)
