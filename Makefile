# make test installs its pinned tools into .tools and runs everything.
# make bench runs the benchmarks. Both need Go, Python 3, Node and git only.

ACT         := .tools/act@v0.2.89/act
PRECOMMIT   := .tools/python/bin/pre-commit
STATICCHECK := .tools/staticcheck@v0.8.2/staticcheck
ZIZMOR      := .tools/python/bin/zizmor
PARSER      := .tools/parser/parse.mjs

# The race detector needs a C compiler.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

# What GitHub has to understand: what we generate, and what is our own.
GENERATED = $(shell find internal/workflow/testdata -name '*.yml')
OWN       = $(wildcard .github/workflows/*.yml) action.yml

.PHONY: test
test:
	$(MAKE) --no-print-directory -j4 tools
	$(MAKE) --no-print-directory lint unit workflows e2e image

.PHONY: lint
lint: $(STATICCHECK)
	@unformatted=$$(gofmt -l cmd internal testdata); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	go vet -tags e2e ./...
	GOOS=windows go vet -tags e2e ./...
	GOOS=darwin go vet -tags e2e ./...
	$(STATICCHECK) -tags e2e ./...

.PHONY: unit
unit:
	go test $(RACE) ./...

# Through action.yml itself, in the host mode of act, and as hooks of pre-commit.
.PHONY: e2e
e2e: $(ACT) $(PRECOMMIT)
	ACT=$(abspath $(ACT)) PRECOMMIT=$(abspath $(PRECOMMIT)) go test -count=1 -tags e2e ./internal/e2e

.PHONY: workflows
workflows: $(ZIZMOR) $(PARSER)
	@test -n "$(GENERATED)" || { echo "no generated workflows under internal/workflow/testdata"; exit 1; }
	$(ZIZMOR) --quiet --offline --pedantic --strict-collection $(GENERATED) $(OWN)
	node $(PARSER) $(GENERATED) $(OWN)

# In a container of the Dockerfile.
.PHONY: image
image:
	testdata/tools/image.sh

.PHONY: bench
bench:
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: tools
tools: $(ACT) $(PRECOMMIT) $(STATICCHECK) $(ZIZMOR) $(PARSER)

.tools/act@%/act:
	GOBIN=$(abspath $(@D)) go install github.com/nektos/act@$*

.tools/staticcheck@%/staticcheck:
	GOBIN=$(abspath $(@D)) go install honnef.co/go/tools/cmd/staticcheck@$*

$(ZIZMOR): testdata/tools/requirements.txt
	python3 -m venv --clear .tools/python
	.tools/python/bin/pip install --quiet --require-hashes --only-binary :all: --requirement $<
	touch $@

# Both are in the same requirements.
$(PRECOMMIT): $(ZIZMOR) ;

$(PARSER): testdata/tools/parse.mjs testdata/tools/package-lock.json testdata/tools/package.json
	mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --silent --ignore-scripts --no-audit --no-fund
	touch $@

.PHONY: clean
clean:
	rm -rf .tools dist
