# Xinwu. `make demo` shows it, `make test` proves it; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help packages demo test lint openapi bench bench-full

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

packages: ## Install the Debian packages that are needed (compiler, libpq, PostgreSQL, Chromium), if any is missing
	@scripts/packages build test

demo: ## Build, fill a demo database in ./demo-data and serve it on 127.0.0.1:8080 (XINWU_BIND for another address)
	@scripts/packages build
	cargo build --quiet --profile demo --package xinwu-api --bin xinwu
	target/demo/xinwu demo

test: ## Run every test, on SQLite and on PostgreSQL
	@scripts/packages build test
	cargo test --workspace

lint: ## Formatting, clippy, layers, stale documents, licences and advisories
	@scripts/packages build
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- --deny warnings
	scripts/layers
	cargo build --workspace --bin xinwu-openapi --quiet && target/debug/xinwu-openapi --check
	scripts/deny

openapi: ## Write openapi/*.json and docs/permissions.csv anew
	cargo build --workspace --bin xinwu-openapi --quiet && target/debug/xinwu-openapi

bench: ## Measure the service against its floors on a city of 2 million ratings: a table in bench/results (15 minutes)
	BENCH_DWELLINGS=200000 scripts/bench 2000000

bench-full: ## The same on the full city of 20 million ratings, and on 20 thousand beside it
	scripts/bench 20000000 20000
