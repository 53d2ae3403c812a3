# What can be done with this project. A fresh Debian 12 needs no preparation.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

bin := .venv/bin
# Side by side; also beside the real scheduler: unit tests wait for half of their time.
workers ?= 2
pytest := $(bin)/pytest --durations=25
with_database := ./scripts/postgres.sh start; CBM_DATABASE_URL="$$(./scripts/postgres.sh url)"; \
	export CBM_DATABASE_URL;

.PHONY: help setup client test-services demo chaos deployment swarm test lint types tests without-scheduler unit integration wheel e2e bench chart drill settings lock stop clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing: Debian packages, virtual environment, the window's pages
	@./scripts/setup.sh

test-services: ## install what only tests use: OpenStack Swift, Chromium, nginx
	@./scripts/setup.sh --test-services

demo: setup $(if $(filter s3 swift,$(STORE)),test-services) ## run a simulated season through the whole chain, and report; PLATFORM=mundi, STORE=s3 as these are asked
	@$(bin)/cbm demo run $(if $(PLATFORM),--dialect $(PLATFORM)) $(if $(STORE),--storage $(STORE)) $(arguments)

chaos: setup ## run a small season under fire, and see that nothing is lost; arguments=--seed=2
	@$(bin)/cbm lab chaos $(arguments)

deployment: setup test-services ## run docker-compose.yaml on a Docker engine of its own, as root; arguments=--days=6
	@$(bin)/python -m scripts.deployment $(arguments)

swarm: setup test-services ## run docker-stack.yaml on three hosts, lose one of them, and compare, as root; arguments=--soak
	@$(bin)/python -m scripts.deployment.swarm $(arguments)

test: setup ## lint, types and all tests
	@$(MAKE) -j2 lint types test-services
	@$(MAKE) tests

client: setup ## build the window's pages, if their sources have changed
	@$(bin)/python scripts/client.py build

lint: setup ## check style, formatting, and that arrows run down only
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/lint-imports --no-logo
	@$(bin)/python scripts/client.py lint

types: setup ## check types
	@$(bin)/mypy
	@$(bin)/mypy scripts tests/support
	@$(bin)/python scripts/client.py types

tests: integration
	@$(MAKE) -j2 --output-sync=target e2e without-scheduler

without-scheduler: unit wheel

unit: setup ## tests without database: the library, then the Airflow side
	@$(bin)/python scripts/client.py test
	@$(pytest) -q -n $(workers) tests/unit
	@$(pytest) -q -n $(workers) tests/airflow

integration: setup test-services ## tests with PostgreSQL and real data
	@$(with_database) $(pytest) -q -n $(workers) tests/integration

wheel: setup ## build the wheel, and try it in empty environments
	@$(with_database) $(pytest) -q --durations=5 tests/wheel

e2e: setup test-services ## tests with the real Airflow scheduler, in minutes
	@$(with_database) $(pytest) -v tests/e2e

bench: setup ## measure speed, size and memory against other tools; arguments=--quick for small sizes
	@$(with_database) $(bin)/python -m benchmarks $(arguments)

chart: setup ## check the values for Airflow's Helm chart against Kubernetes; CHART=folder of the chart
	@./scripts/chart.sh $(CHART)

drill: setup ## lose a database, restore it from its backup, and compare; see docs/backup.md
	@$(bin)/python scripts/backup_drill.py

settings: setup ## write the lists of settings from the code: cbm.example.toml, docs, docker-*.yaml
	@$(bin)/python scripts/settings_reference.py

compile := $(bin)/uv pip compile --quiet --no-annotate --no-header --no-emit-index-url \
	--generate-hashes --python-version 3.11

lock: setup ## compile pyproject.toml and requirements-*.in into exact versions, with hashes
	@$(compile) --override requirements-overrides.txt pyproject.toml --extra all --output-file requirements.txt
	@$(compile) requirements-dev.in --output-file requirements-dev.txt
	@$(compile) requirements-chart.in --output-file requirements-chart.txt
	@$(compile) requirements-uv.in --output-file requirements-uv.txt
	@$(compile) requirements-client.in --output-file requirements-client.txt

stop: ## stop everything that was started here
	@if [ -x $(bin)/cbm ]; then $(bin)/cbm demo stop; fi
	@./scripts/postgres.sh stop

clean: stop ## remove everything that was made while running: .run
	@./scripts/postgres.sh remove
	@./scripts/swift.sh remove
	@rm -rf .run; find dags include operators plugins benchmarks tests -name __pycache__ -prune -exec rm -rf {} +
