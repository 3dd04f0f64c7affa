# `make` alone lists the targets. Needs Python 3.11 or newer with venv, and make; the rest comes by itself into .venv.
PYTHON ?= python3
# More words for pytest or payonce: make test ARGS="tests/unit -x", make up ARGS="--order-port 0 --payment-port 0"
ARGS ?=
# More words for docker build: make containers DOCKER_ARGS="--network host"
DOCKER_ARGS ?=
PYTHON_IMAGE ?= python:3.11-slim
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
REVISION = $(shell git rev-parse HEAD 2>/dev/null || echo unknown)

VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/pip install --quiet
SOURCES_OF_PROTOS := $(shell find protos -name '*.proto')
PIN = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' $(UPGRADE)
COMPILE = $(PIN) pyproject.toml --group build

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo up up-secure verify test screenshots check static guards model landed protos client docs guide sbom audit-dependencies lock bench bench-growth containers crash-points fuzz faults matrix soak recovery simulate storm clean

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: $(VENV)/runtime.done  ## lost replies, a crash, retries: and the count of double charges
	@$(BIN)/payonce demo

up: $(VENV)/runtime.done  ## both services, their PostgreSQL and the console, a web page; Ctrl-C stops them
	@$(BIN)/payonce up $(ARGS)

up-secure: $(VENV)/runtime.done  ## the same with TLS and tokens, made on the fly into .payonce/dev-certs
	@$(BIN)/payonce up --secure $(ARGS)

verify: $(VENV)/runtime.done  ## audit both databases, also beside a running `make up`; exit 1 on any violation
	@$(BIN)/payonce verify

test: $(VENV)/dev.done $(VENV)/guide.done  ## the tests; some of them with ARGS="tests/unit"
	$(BIN)/python -m pytest $(ARGS)

screenshots: $(VENV)/dev.done  ## docs/pictures anew: the demo, and by its tests the console (apt-get install chromium)
	$(BIN)/python -m guide.still
	SCREENSHOTS=docs/pictures $(BIN)/python -m pytest tests/console/test_browser.py

simulate: $(VENV)/dev.done  ## seeded runs of the protocol on a simulated world: make simulate SEEDS=1000000
	@$(BIN)/python -m simulation --seeds $(or $(SEEDS),5000) --first $(or $(FIRST),0) --steps $(or $(STEPS),400) $(ARGS)

check: static test guards simulate audit-dependencies  ## what must be green before a change is handed in; CI adds the model, 20 seeds of faults, PostgreSQL 15 and the demo

static: $(VENV)/dev.done  ## the part of check that runs nothing: ruff, mypy, import-linter, buf
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint protos
	$(BIN)/buf breaking protos --against protos/landed.binpb

guards: $(VENV)/dev.done  ## take each guard away in turn: a test must go red for every one
	$(BIN)/python -m tests.guards.remove_guards

model: $(BIN)/python  ## every order of the protocol's steps, by spin (apt-get install spin); ARGS="--stories" tells violations
	@$(BIN)/python -m model $(ARGS)

landed: $(VENV)/dev.done  ## what callers may count on from now on: the protos that `static` holds later ones to
	$(BIN)/buf build protos --output protos/landed.binpb

protos: $(VENV)/runtime.done  ## generate payonce/{order,payment,type} anew (an install does it too)
	$(BIN)/python hatch_build.py

client: $(VENV)/dev.done  ## write payonce/client/_sync, which is made of payonce/client/_async
	$(BIN)/python -m tests.client.generate

docs: $(VENV)/dev.done  ## write into docs/ what is generated: settings, commands, errors, pictures, the API, who may call what, licences
	$(BIN)/python -m guide
	$(BIN)/python -m tests.access.table
	$(BIN)/python -m supply licences

guide: $(VENV)/guide.done  ## dist/guide/index.html: docs/ as a site; a broken link fails
	$(BIN)/python -m sphinx -W --keep-going --quiet -b html docs dist/guide
	@echo dist/guide/index.html

sbom: $(VENV)/supply.done  ## dist/sbom.cdx.json: a bill of materials (CycloneDX) of what the lock names
	@$(BIN)/python -m supply sbom

audit-dependencies: $(VENV)/supply.done  ## known vulnerabilities of what the locks name, where the data can be had
	@$(BIN)/python -m supply audit

lock: $(VENV)/dev.done  ## write the locks after a change of pyproject.toml; UPGRADE=--upgrade for newer versions
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --group dev --constraints requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --group bench --constraints requirements-dev.lock --output-file requirements-bench.lock
	$(COMPILE) --group fuzz --constraints requirements-dev.lock --output-file requirements-fuzz.lock
	$(PIN) --group supply --constraints requirements-dev.lock --output-file requirements-supply.lock
	$(PIN) --group guide --constraints requirements-dev.lock --output-file requirements-guide.lock

bench: $(VENV)/bench.done  ## the figures of docs/performance.md; some of them with ARGS="--only echo,pay_spread"
	$(BIN)/python -m bench $(ARGS)

bench-growth: $(VENV)/bench.done  ## the same with 10 million payments in place: an hour, 30 GB of disk in TMPDIR
	$(BIN)/python -m bench --only growth --sizes 10_000,1_000_000,10_000_000 $(ARGS)

crash-points: $(VENV)/dev.done  ## a SIGKILL at every failpoint × every RPC that moves money; RPC=PayOrder ONLY=claim ARGS="--pairs all"
	$(BIN)/python -m crashpoints $(if $(RPC),--rpc "$(RPC)") $(if $(ONLY),--only "$(ONLY)") $(ARGS)
fuzz: $(VENV)/fuzz.done  ## random requests, guided by what they reach, for SECONDS=60; on Linux
	$(BIN)/python -m fuzz.requests -max_total_time=$(or $(SECONDS),60) -artifact_prefix=.fuzz- $(ARGS)

faults: $(VENV)/dev.done  ## faults under load, then the books: SEEDS=3 or 7-9, SECONDS=20, FAULTS=db_crash,… RATE=8 (docs/faults.md)
	@$(BIN)/python -m faults $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(FAULTS),--faults $(FAULTS)) $(if $(RATE),--rate $(RATE)) $(ARGS)

matrix: $(VENV)/dev.done  ## each kind of fault alone: docs/observed.md, held to docs/reliability.md; SEEDS=1 SECONDS=10, crash points as they are
	rm -f faults/out/alone/seeds.jsonl
	@status=0; $(BIN)/python -m faults --alone --seeds $(or $(SEEDS),1) --seconds $(or $(SECONDS),10) \
		--out faults/out/alone $(if $(FAULTS),--faults $(FAULTS)) $(ARGS) || status=$$?; \
	$(BIN)/python -m faults.matrix faults/out/alone/seeds.jsonl crashpoints/out/crash-points.jsonl && exit $$status

soak: $(VENV)/dev.done  ## load and healing faults for MINUTES=5, then all that is held must be back (docs/recovery.md)
	@$(BIN)/python -m faults.soak $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

storm: $(VENV)/dev.done  ## ATTEMPTS=100000 to pay while everything is killed in turn: millions can be afforded (docs/faults.md)
	@$(BIN)/python -m faults.storm $(if $(ATTEMPTS),--attempts $(ATTEMPTS)) $(ARGS)

recovery: $(VENV)/dev.done  ## how long until all is well again, and what callers notice of a restart (docs/recovery.md)
	@$(BIN)/python -m faults.recovery $(ARGS)

containers:  ## the images payonce/order_service and payonce/payment_service
	for service in order_service payment_service; do \
		docker build $(DOCKER_ARGS) --build-arg PYTHON_IMAGE=$(PYTHON_IMAGE) --file deploy/Dockerfile \
			--build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) \
			--target $$service --tag payonce/$$service . || exit 1; \
	done

clean:  ## remove what was made; the data of `make up` in .payonce stay
	rm -rf $(VENV) payonce/order payonce/payment payonce/type dist faults/out crashpoints/out simulation/out .fuzz-*
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"payonce needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	@echo "setting up $(VENV), once: about a minute"
	@$(PYTHON) -m venv $(VENV)

# The package is installed by reference, and its build generates the gRPC code.
$(VENV)/runtime.done: requirements.lock pyproject.toml hatch_build.py $(SOURCES_OF_PROTOS) | $(BIN)/python
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.done: requirements-dev.lock $(VENV)/runtime.done
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/bench.done: requirements-bench.lock $(VENV)/runtime.done
	@$(PIP) --require-hashes --requirement requirements-bench.lock
	@touch $@

$(VENV)/supply.done: requirements-supply.lock $(VENV)/dev.done
	@$(PIP) --require-hashes --requirement requirements-supply.lock
	@touch $@

$(VENV)/guide.done: requirements-guide.lock $(VENV)/dev.done
	@$(PIP) --require-hashes --requirement requirements-guide.lock
	@touch $@

$(VENV)/fuzz.done: requirements-fuzz.lock $(VENV)/dev.done
	@$(PIP) --require-hashes --requirement requirements-fuzz.lock
	@touch $@
