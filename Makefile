# One word, one thing. `make help` lists them.
BIN := .venv/bin
NODES ?= 2

.PHONY: help demo cluster cluster-down cluster-test test lint types layers unit setup long docs bench strain mutants lock image clean
help: ## what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## three pods on two nodes find each other through VXLAN, here, in under two minutes
	@scripts/setup lab
	@$(BIN)/kube-vxlan-controller lab demo kubernetes/example.yaml

test: ## everything that can be checked on this machine
	@scripts/test

setup: ## the virtual environment and the packages that the tests need
	@scripts/setup dev

lint: setup ## ruff and shellcheck
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && shellcheck agent/kube-vxlan-agent scripts/* .ci/run

types: setup ## mypy, strict
	@$(BIN)/mypy

layers: setup ## the import linter: who may import whom
	@$(BIN)/lint-imports

unit: setup ## the tests that need no kernel
	@$(BIN)/pytest -q -n auto --dist worksteal -m "not kernel and not image and not cluster"

long: setup ## the tests that take minutes each
	@KVC_LONG_TESTS=1 scripts/in-namespace $(BIN)/pytest -q -m long

cluster: setup ## a real Kubernetes of NODES=2 nodes here, for kubectl; six minutes the first time (root, Go, Debian)
	@$(BIN)/python -m tests.cluster up --nodes $(NODES)

cluster-down: setup ## takes it down without a trace
	@$(BIN)/python -m tests.cluster down

cluster-test: setup ## the tests on a real Kubernetes: one made for them, or that of KUBECONFIG (docs/development.md)
	@KVC_CLUSTER_TESTS=1 $(BIN)/pytest -q -m cluster

docs: setup ## the tables in docs/ that are made from the code
	@$(BIN)/python docs/generate.py

bench: setup ## how fast it is here: build/bench.json and the plot of docs/benchmark.md
	@scripts/in-namespace $(BIN)/python -m tests.bench

strain: setup ## a thousand pods, some of them sick: build/strain.json
	@scripts/in-namespace $(BIN)/python -m tests.bench.strain

mutants: setup ## the ancestor's defects planted into our controller: each must be caught (five minutes)
	@$(BIN)/python -m tests.mutants

image: ## both images, with buildah or docker
	@scripts/image agent
	@scripts/image controller

lock: ## resolve all dependencies anew into locks/
	@scripts/lock

clean: ## forget what was built
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
