# The two commands are `make up` and `make test`. Everything else is for those
# who change the code; `make help` lists it.

GO      ?= go
BIN     := bin
TOOLS   := $(CURDIR)/$(BIN)/tools
DATA    ?= .data
# The race detector needs a C compiler; a machine without one tests without it.
RACE    := $(shell command -v $${CC:-cc} >/dev/null 2>&1 && [ "$$($(GO) env CGO_ENABLED)" = 1 ] && echo -race)

GOLANGCI_LINT := v2.15.0
GOVULNCHECK   := v1.9.0
ACTIONLINT    := v1.7.12

.PHONY: up
up: build ## build and start everything on this machine, in one process
	@exec $(BIN)/infinity up --data $(DATA) $(ARGS)

.PHONY: build
build: ## build the command line (bin/infinity)
	@$(GO) build -trimpath -o $(BIN)/infinity ./scripts/infinity

.PHONY: test
test: ## run all tests, as CI does
	@[ -n "$(RACE)" ] || echo "no C compiler here: testing without the race detector"
	$(GO) test $(RACE) -shuffle=on -timeout 20m ./...

SOAK_SEEDS ?= 10000
SOAK_FROM  ?= 1

.PHONY: soak
soak: ## the simulation with 10,000 seeds, 100 at a time (SOAK_FROM=1 SOAK_SEEDS=10000)
	@$(GO) test -c -o $(BIN)/sim.test ./emulators/sim
	@cd emulators/sim && ../../scripts/soak/run ../../$(BIN)/sim.test $(SOAK_FROM) $(SOAK_SEEDS)

.PHONY: cover
cover: ## statement coverage of each package
	$(GO) test -coverprofile=cover.out ./... && $(GO) tool cover -func=cover.out | tail -1

.PHONY: check
check: lint vuln workflows ## linters, known vulnerabilities, formatting

.PHONY: lint
lint: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT)
	$(GO) vet ./...
	$< run ./...

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT) ## format the code
	$< fmt ./...

.PHONY: vuln
vuln: $(TOOLS)/govulncheck-$(GOVULNCHECK)
	scripts/vuln/run $<

.PHONY: workflows
workflows: $(TOOLS)/actionlint-$(ACTIONLINT)
	$< .github/workflows/*.yaml

.PHONY: bench
bench: ## our own benchmarks, with their ratios; under three minutes
	@$(GO) test -run '^$$' -bench . -benchtime 1x -p 1 -timeout 3m $$(grep -rl --include=*_test.go '^func Benchmark' functions shared | xargs -n1 dirname | sort -u | sed 's|^|./|') \
		| grep --line-buffered -vE '^(goos|goarch|cpu|PASS)'

.PHONY: bench-peers
bench-peers: ## ours beside its peers, in one run each (installs them into .cache)
	@scripts/bench/run

RECORDS ?= 1000000

.PHONY: bench-audit
bench-audit: ## verify an audit log of a million records (RECORDS=1000000); making it takes minutes
	@cd scripts/bench && $(GO) run ./audit -n $(RECORDS)

.PHONY: fuzz
fuzz: ## each fuzz target for 30 s
	scripts/fuzz/run 30s

.PHONY: clean
clean: ## remove what was built; the data folder stays
	rm -rf $(BIN) cover.out

.PHONY: help
help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

# Tools are installed one by one: in one go.mod their requirements clash.
$(TOOLS)/golangci-lint-$(GOLANGCI_LINT):
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	mv $(TOOLS)/golangci-lint $@

$(TOOLS)/govulncheck-$(GOVULNCHECK):
	GOBIN=$(TOOLS) $(GO) install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK)
	mv $(TOOLS)/govulncheck $@

$(TOOLS)/actionlint-$(ACTIONLINT):
	GOBIN=$(TOOLS) $(GO) install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT)
	mv $(TOOLS)/actionlint $@
