# Every target prints itself in `make help`. The two that a newcomer needs: make demo, make test.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
RUN := $(BIN)/python manage.py

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): pyproject.toml requirements.lock
	@echo "Installing into .venv; torch is large, the rest is quick. Repeat \`make install\` if it breaks off."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Assay needs Python 3.11 or newer: make PYTHON=python3.11 …"; exit 1; }
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --retries 8 --constraint requirements.lock "setuptools>=75"
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --retries 8 --constraint requirements.lock --no-build-isolation --editable ".[postgres,train,dev]"
	@touch $@

install: $(INSTALLED) ## Make the virtual environment and install everything

model: $(INSTALLED) ## Fetch and convert the small real model (93 MB, once)
	$(RUN) fetch_model

demo: model ## Start Assay with a demo project on SQLite and print who can sign in
	$(RUN) demo

test: $(INSTALLED) ## Lint, types, contracts and all tests, on every database and broker that answers
	@BIN=$(BIN) tests/run

lint: $(INSTALLED) ## Only the quick gates: ruff, mypy, import contracts, migrations
	@BIN=$(BIN) tests/run gates

format: $(INSTALLED) ## Put the code into ruff's form
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

loop: $(INSTALLED) ## The whole loop on real labels, without a browser (about 20 minutes; SMALL=1: two)
	@$(if $(SMALL),,$(RUN) fetch_model)
	$(RUN) loop $(if $(SMALL),--small)

bench-agreement: $(INSTALLED) ## Alpha, its interval, consensus and strengths at a million labels, each beside a peer
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.agreement

simulate-raters: $(INSTALLED) ## How many simulated raters of each kind are seen, and how many honest ones are flagged
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.raters

# TRL, of which the project needs nothing, in an environment of its own: the last with PPO, and beside it a later one.
PEER := HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 PYTHONPATH=$(CURDIR) var/oracles/bin/python
TRL := 1.16.0
PIP := var/oracles/bin/python -m pip install --disable-pip-version-check --constraint requirements.lock

var/trl-$(TRL): $(INSTALLED)
	@test -x var/oracles/bin/python || { $(BIN)/python -m venv var/oracles && $(BIN)/python -c 'import site; print(site.getsitepackages()[0])' > "$$(var/oracles/bin/python -c 'import site; print(site.getsitepackages()[0])')/assay.pth"; }
	@var/oracles/bin/python -c 'import trl' 2>/dev/null || $(PIP) trl==1.12.0 datasets
	@test -d $@ || $(PIP) --no-deps --target $@ trl==$(TRL)
	@touch $@

oracles: var/trl-$(TRL) ## Losses, gradients and updates against TRL's trainers, two releases of it (fetches them, once)
	$(PEER) -m pytest -q -ra tests/oracles
	HF_HUB_OFFLINE=1 PYTHONPATH=var/trl-$(TRL):$(CURDIR) var/oracles/bin/python -m pytest -q -ra tests/oracles

mutants-oracles: var/trl-$(TRL) ## Spoil what the oracles guard, a break at a time: is each noticed?
	$(PEER) -m tests.oracles.mutants

BENCH = $(PEER) -m benchmarks.training $(if $(MODEL),--model $(MODEL)) $(BENCH_OPTIONS)

bench-training: var/trl-$(TRL) ## Every loop beside TRL and transformers, one JSON line (MODEL=folder, BENCH_OPTIONS="--precision bf16 --rounds 3")
	$(BENCH)

bench-reward: var/trl-$(TRL) ## Pairs a second of a reward model against TRL's trainer
	$(BENCH) reward

bench-dpo: var/trl-$(TRL) ## Pairs a second of DPO against TRL's trainer
	$(BENCH) dpo

bench-ppo: var/trl-$(TRL) ## Seconds of a PPO step against the last TRL that had PPO
	$(BENCH) ppo

bench-generation: var/trl-$(TRL) ## Tokens a second of generation against transformers' own
	$(BENCH) generation

bench-label-page: $(INSTALLED) ## How fast the label screen is answered
	$(BIN)/python -m benchmarks.label_page

gold-reward: $(INSTALLED) ## PPO against reward models whose gold is known: where it turns, an ensemble against one (SEEDS=5)
	OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.gold_reward --seeds $(or $(SEEDS),5) --plot docs/gold-reward.svg

# MODE is head, quick, lora or full; FOLDS=1 runs one missing fold and ends.
bench-convincing: model ## Reward models of SmolLM2 on real votes, topic by topic held out (DATA=folder, MODE, FOLDS)
	OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.convincing $(or $(DATA),../shared/data/ukpconvarg1) \
	  var/models/smollm2-135m-instruct --$(or $(MODE),quick) $(if $(FOLDS),--folds $(FOLDS))

gauntlet-label: $(INSTALLED) ## 500 items under faults in a real browser: none lost, none doubled
	CHAOS_ITEMS=500 $(BIN)/python -m pytest -q -s tests/e2e/test_many_faults.py

gauntlet-kill: $(INSTALLED) ## Kill every training loop again and again: the ending is equal to the last bit (KILLS, KILL_SEED)
	KILLS=$${KILLS:-40} $(BIN)/python -m pytest -q tests/rlhf/test_killed.py

# Each of these is a part that ends within ten minutes; FAULTS_SEED=1, 2, … are its parts. The last line adds up what is in var/.
PART = mkdir -p var && export FAULTS_SEED=$${FAULTS_SEED:-1} FAULTS_SECONDS=$${FAULTS_SECONDS:-420} FAULTS_REPORT=var/$@.jsonl
ADDED = code=$$?; $(BIN)/python -m tests.faults.total var/$@.jsonl && exit $$code

gauntlet-queue: $(INSTALLED) ## 50,000 operations of many raters at once (FAULTS_SEED=1, 2, …): none lost, none doubled
	@$(PART); QUEUE_OPERATIONS=$${QUEUE_OPERATIONS:-50000} $(BIN)/python -m pytest -q -s tests/faults/queue/test_storm.py; $(ADDED)

gauntlet-kills: $(INSTALLED) ## 100 web workers killed in the middle of answers (FAULTS_SEED=1, 2, …): none lost, none doubled
	@$(PART); WEB_KILLS=$${WEB_KILLS:-100} $(BIN)/python -m pytest -q -s tests/faults/test_web_kills.py; $(ADDED)

gauntlet-crashes: $(INSTALLED) ## PostgreSQL crashed 25 times in the middle of answers: none lost, none doubled
	@$(PART); DATABASE_CRASHES=$${DATABASE_CRASHES:-25} $(BIN)/python -m pytest -q -s tests/faults/test_database_crashes.py; $(ADDED)

mutants-queue: $(INSTALLED) ## Take each guard of the queue away in turn: the tests must notice
	@$(BIN)/python -m tests.faults.queue.mutate

mutants-access: $(INSTALLED) ## Remove every permission check in turn: is each removal noticed?
	$(BIN)/python -m tests.access.mutants

fuzz-api: $(INSTALLED) ## 300 generated calls of every operation of the API (FUZZ_ROLE=rater FUZZ_PART=1/3): no error of ours
	@mkdir -p var && rm -f var/fuzz-api.jsonl
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-300} FUZZ_REPORT=var/fuzz-api.jsonl $(BIN)/python -m pytest -q tests/fuzz; \
	  code=$$?; cat var/fuzz-api.jsonl; exit $$code

bench-label-screen: $(INSTALLED) ## In a real browser: next item painted, keys per answer, script transferred
	$(BIN)/python -m benchmarks.label_screen

bench-sign-in: $(INSTALLED) ## What a flood of sign-ins costs those who are at work
	$(BIN)/python -m benchmarks.sign_in_flood

bench-serving: $(INSTALLED) ## How fast raters are served, on SQLite and PostgreSQL (SHORT=1: a minute; PARTS, DATABASE: only these)
	@code=0; for database in $(or $(DATABASE),sqlite postgresql); do \
	  $(BIN)/python -m benchmarks.serving $(PARTS) --database $$database $(if $(SHORT),--short) || code=1; done; exit $$code

openapi: $(INSTALLED) ## Renew docs/openapi.yaml after a change of the API
	$(RUN) spectacular --file docs/openapi.yaml

messages: $(INSTALLED) ## Renew locale/ after a change of words that raters see (needs GNU gettext)
	$(RUN) collect_messages

secret: ## Print a key for SECRET_KEY
	@$(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))'

lock: $(INSTALLED) ## Write requirements.lock from what is installed now
	@{ echo "# What the tests ran with. Used as constraints: pip install --constraint requirements.lock"; \
	   $(BIN)/python -m pip freeze --exclude-editable --exclude assay | sed -E 's/^torch @ .*/torch==2.13.0/; s/^([a-zA-Z0-9_.-]+==[^+]+)\+cpu$$/\1/'; } > requirements.lock

clean: ## Remove what the demo and tests made (the environment and fetched models stay)
	rm -rf var/demo var/loop var/test .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.PHONY: help install model demo test lint format loop openapi messages secret lock clean
.PHONY: bench-agreement simulate-raters bench-label-page bench-label-screen bench-sign-in bench-serving bench-reward
.PHONY: oracles bench-training bench-dpo bench-ppo bench-generation gold-reward bench-convincing
.PHONY: gauntlet-label gauntlet-queue gauntlet-kills gauntlet-crashes gauntlet-kill
.PHONY: mutants-oracles mutants-queue mutants-access fuzz-api
