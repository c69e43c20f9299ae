# Xinwu. `make demo` shows it, `make test` proves it; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help packages demo test crash-test cluster-test client-test lint fuzz openapi bench bench-full walk

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

packages: ## Install the Debian packages that are needed (compiler, libpq, PostgreSQL, Chromium, HAProxy), if any is missing
	@scripts/packages build test

demo: ## Build, fill a demo database in ./demo-data and serve it on 127.0.0.1:8080 (XINWU_BIND for another address)
	@scripts/packages build
	cargo build --quiet --profile demo --package xinwu-api --bin xinwu
	target/demo/xinwu demo

test: ## Run every test, on SQLite and on PostgreSQL
	@scripts/packages build test
	cargo test --workspace

cluster-test: ## Show that two services over a primary and a standby hold what docs/adr/0007 says, and print how long it took (about a minute)
	@scripts/packages build test
	cargo test --workspace --test it -- --ignored --nocapture --exact cluster::several_machines

client-test: ## Lint the OpenAPI documents, generate, compile and use TypeScript, Python and Rust clients, inspect the pages in a browser, and ask every operation by schemathesis (about 12 minutes the first time)
	@scripts/packages build client
	scripts/client-test

lint: ## Formatting, comments within 100 columns, clippy, layers, stale documents, licences and advisories
	@scripts/packages build
	cargo fmt --all --check
	scripts/wrap --check
	cargo clippy --workspace --all-targets --quiet -- --deny warnings
	scripts/layers
	cargo build --workspace --bin xinwu-openapi --quiet && target/debug/xinwu-openapi --check
	scripts/deny

fuzz: ## Fuzz the reader of schemes and the engine, each for SECONDS_EACH (60); installs cargo-fuzz if it is missing
	@scripts/packages build
	@scripts/fuzz $(or $(SECONDS_EACH),60)

openapi: ## Write openapi/*.json, docs/permissions.csv and docs/imports.md again
	cargo build --workspace --bin xinwu-openapi --quiet && target/debug/xinwu-openapi

crash-test: ## Kill the service 100 times on SQLite and 30 times on PostgreSQL under 64 writers, and stop PostgreSQL 10 times
	@scripts/packages build test
	XINWU_CRASHES=100,30,10 XINWU_READY_WITHIN=2 cargo test --workspace --test it -- crash:: --nocapture --test-threads 1

walk: ## Run every block of docs/operations.md from an empty Debian 12 to a running city on PostgreSQL, and print how long each took (as root; some 5 minutes and a release build)
	@scripts/packages build walk
	cargo build --quiet --release --locked --package xinwu-api --bin xinwu
	scripts/walk

bench: ## Measure the service against its floors on a city of 2 million ratings: a table in bench/results (11 to 14 minutes, 6 to 9 of them building)
	BENCH_SECONDS=1 BENCH_DWELLINGS=50000 scripts/bench 2000000

bench-full: ## The same on the full city of 20 million ratings, and on 20 thousand beside it
	scripts/bench 20000000 20000
