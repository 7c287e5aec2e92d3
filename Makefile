# A thin front to CMake (CMakePresets.json) and to scripts/. `make help` lists what there is.
#
# Every target installs the Debian packages that it needs and that are missing (packaging/apt-packages.txt);
# where none is missing this takes a few milliseconds and says nothing.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test simulate bench soak lint format fuzz sanitize package build clean

help: ## Show this list
	@echo "Baton: a live call is handed on by one message. Targets:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

build: ## Build build/release/baton and everything beside it
	@scripts/install-packages build test
	@scripts/build release

run: ## Build, start Baton, and show three real SIP calls being transferred (ONCE=1: then exit)
	@echo "Baton: installing what is missing, building, then a live demonstration (first build: a few minutes)"
	@scripts/install-packages build run
	@scripts/run-demo $(if $(filter-out 0,$(ONCE)),--once)

test: ## Build and run every test, in parallel, ending in ctest's summary
	@echo "Baton: building, then all tests"
	@scripts/install-packages build run test
	@scripts/unpack-promtool >/dev/null
	@scripts/build release
	@scripts/run-tests release

simulate: ## Try SCHEDULES (1000000) random schedules of calls and transfers against the core (SEED=)
	@echo "Baton: building, then simulating (docs/simulation.md)"
	@scripts/install-packages build
	@scripts/build release baton_simulate
	@build/release/tests/simulation/baton_simulate --schedules $(or $(SCHEDULES),1000000) $(if $(SEED),--seed $(SEED))
	@build/release/tests/simulation/baton_simulate --exhaustive 120

bench: ## Measure throughput, latency and memory on this machine (build/bench.json)
	@echo "Baton: building, then the benchmarks"
	@scripts/install-packages build run test
	@scripts/build release
	@scripts/run-bench

soak: ## Calls for MINUTES (30) at RATE a second while the server is killed again and again (UPDATE_README=1)
	@echo "Baton: building, then the soak run (docs/testing.md)"
	@scripts/install-packages build run test
	@scripts/build release baton baton_bench_driver baton_soak_peers
	@bench/run-soak --minutes $(or $(MINUTES),30) $(if $(RATE),--rate $(RATE)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(KILL_EVERY),--kill-every $(KILL_EVERY)) $(if $(filter-out 0,$(UPDATE_README)),--readme)

lint: ## Check formatting, shell scripts, the pages' types, house rules, headers and clang-tidy
	@scripts/install-packages
	@scripts/lint

format: ## Format all C++ files and the pages in place
	@scripts/install-packages build check
	@scripts/format

fuzz: ## Run the fuzzers: all of them or TARGET=sip, for SECONDS=60 each
	@scripts/install-packages
	@SECONDS_EACH=$(or $(SECONDS),60) scripts/fuzz $(TARGET)

sanitize: ## Run unit tests, simulation and fuzzers (30 s each) under the sanitizers
	@scripts/install-packages
	@scripts/sanitize

package: ## Make build/baton_VERSION_ARCH.deb, and the npm packages for desktops and for the bridge
	@scripts/install-packages
	@scripts/package

clean: ## Delete the build folders (not the compiler cache)
	rm -rf build
