# make test installs its pinned tools into .tools and runs everything.
# make quick is for the inner loop: no tools, and the short form of all tests.
# make bench runs the benchmarks, make peers compares with other schedulers. All need Go,
# Python 3, Node and git only.

ACT         := .tools/act@v0.2.89/act
PRECOMMIT   := .tools/python/bin/pre-commit
STATICCHECK := .tools/staticcheck@v0.8.2/staticcheck
ZIZMOR      := .tools/python/bin/zizmor
UV          := .tools/python/bin/uv
PIPX        := .tools/python/bin/pipx
SUPERVISORD := .tools/python/bin/supervisord
PARSER      := .tools/parser/parse.mjs
UPLOAD      := .tools/parser/upload.mjs
AXE         := .tools/parser/node_modules/axe-core/axe.min.js
BROWSER     := .tools/browser
MKDOCS      := .tools/docs/bin/mkdocs

# The packages with goroutines, which import sync. The race detector makes tests ten
# times slower and needs a C compiler, so it runs their short form. Some packages start
# none: sync is there for what they remember, which the tests of other packages read.
RACY = $(filter-out %/schedule %/pattern %/entrypoint,$(shell go list -f '{{range .Imports}}{{if eq . "sync"}}{{$$.ImportPath}}{{end}}{{end}}' ./...))

# These start programs, or no goroutines, or the same ones as shorter tests.
UNRACED = TestScripts|TestKillAtAnyMoment|TestKilledBetween|TestHostile|TestGuesses|TestSize|TestOrigin|TestSparse|TestQuickEncode|TestPromises|TestRacingRescues

# Where the end-to-end tests find programs.
E2E = ACT=$(abspath $(ACT)) PRECOMMIT=$(abspath $(PRECOMMIT)) UV=$(abspath $(UV)) PIPX=$(abspath $(PIPX)) UPLOAD=$(abspath $(UPLOAD)) SUPERVISORD=$(abspath $(SUPERVISORD)) CHROMIUM=$(abspath $(BROWSER)) AXE=$(abspath $(AXE)) SITE=$(abspath dist/site)

# The tests start hundreds of Pythons, and one behind a shim of a version manager takes
# twice as long to start.
PYTHON := $(shell python3 -c 'import sys; print(sys.executable)')
ifneq ($(PYTHON),$(shell command -v python3))
export PATH := $(patsubst %/,%,$(dir $(PYTHON))):$(PATH)
endif

# What GitHub has to understand: what we generate, and what is our own.
GENERATED = $(shell find internal/workflow/testdata/golden -name '*.yml')
OWN       = $(wildcard .github/workflows/*.yml) action.yml

.PHONY: test
test:
	$(MAKE) --no-print-directory -j4 tools
	$(MAKE) --no-print-directory lint docs unit workflows e2e image

.PHONY: quick
quick:
	go test -short ./...

.PHONY: lint
lint: $(STATICCHECK)
	@unformatted=$$(gofmt -l cmd conformance internal testdata); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	go vet -tags e2e ./...
	GOOS=windows go vet -tags e2e ./...
	GOOS=darwin go vet -tags e2e ./...
	$(STATICCHECK) -tags e2e ./...

# The site: each page in its navigation, each link to a page and a heading that are there,
# no request to another server. It is in dist/site, and works from disk. The variable is for
# a notice of its theme.
.PHONY: docs
docs: $(MKDOCS)
	NO_MKDOCS_2_WARNING=1 $(MKDOCS) build --strict
	@! grep -roE '<(script|link|img|iframe)[^>]+(src|href)="?https?://[^"> ]+' --include '*.html' dist/site | grep -v 'rel="canonical"' || { echo "a page of the site asks another server"; exit 1; }

.PHONY: unit
unit:
	go test ./...
	$(if $(filter 1,$(shell go env CGO_ENABLED)),go test -race -short -skip '$(UNRACED)' $(RACY))

# Through action.yml itself, in the host mode of act, and as hooks of pre-commit.
.PHONY: e2e
e2e: $(ACT) $(PRECOMMIT) $(UV) $(PIPX) $(SUPERVISORD) $(UPLOAD) $(BROWSER) $(AXE) docs
	$(E2E) go test -count=1 -tags e2e ./internal/e2e

# The page at three sizes in both themes, to be looked at.
.PHONY: pictures
pictures: $(BROWSER)
	$(E2E) go test -count=1 -tags e2e -run 'TestPage$$/sizes' ./internal/e2e -pictures $(abspath dist/pictures)

.PHONY: workflows
workflows: $(ZIZMOR) $(PARSER)
	@test -n "$(GENERATED)" || { echo "no generated workflows under internal/workflow/testdata/golden"; exit 1; }
	@echo "zizmor and GitHub's own parser: $(words $(GENERATED) $(OWN)) files"
	@$(ZIZMOR) --quiet --offline --pedantic --strict-collection $(GENERATED) $(OWN)
	@node $(PARSER) $(GENERATED) $(OWN)

# In a container of the Dockerfile.
.PHONY: image
image:
	testdata/tools/image.sh

.PHONY: bench
bench: $(ACT) $(UV) $(PIPX)
	go test -run '^$$' -bench . -benchmem ./...
	$(E2E) go test -tags e2e -run '^$$' -bench . -benchtime 10x ./internal/e2e

# Side by side with other schedulers: testdata/peers/README.md.
.PHONY: peers
peers: .tools/peers/three .tools/peers/four .tools/peers/supercronic
	go build -trimpath -ldflags '-s -w' -o .tools/peers/scheduled ./cmd/scheduled
	python3 testdata/peers/peers.py --tools .tools/peers $(PARTS)

.tools/peers/supercronic:
	GOBIN=$(abspath $(@D)) go install github.com/aptible/supercronic@v0.2.48

.tools/peers/%: testdata/peers/%.txt
	python3 -m venv --clear $@
	$@/bin/pip install --quiet --require-hashes --only-binary :all: --requirement $<
	touch $@

.PHONY: tools
tools: $(ACT) $(PRECOMMIT) $(STATICCHECK) $(UV) $(PIPX) $(SUPERVISORD) $(ZIZMOR) $(PARSER) $(UPLOAD) $(AXE) $(BROWSER) $(MKDOCS)

.tools/act@%/act:
	GOBIN=$(abspath $(@D)) go install github.com/nektos/act@$*

.tools/staticcheck@%/staticcheck:
	GOBIN=$(abspath $(@D)) go install honnef.co/go/tools/cmd/staticcheck@$*

$(ZIZMOR): testdata/tools/requirements.txt
	python3 -m venv --clear .tools/python
	.tools/python/bin/pip install --quiet --require-hashes --only-binary :all: --requirement $<
	touch $@

# All are in the same requirements.
$(PRECOMMIT) $(UV) $(PIPX) $(SUPERVISORD): $(ZIZMOR) ;

$(MKDOCS): testdata/tools/docs.txt
	python3 -m venv --clear .tools/docs
	.tools/docs/bin/pip install --quiet --require-hashes --only-binary :all: --requirement $<
	touch $@

$(PARSER): testdata/tools/parse.mjs testdata/tools/upload.mjs testdata/tools/package-lock.json testdata/tools/package.json
	mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --silent --ignore-scripts --no-audit --no-fund
	touch $@

# All are in the same packages.
$(UPLOAD) $(AXE): $(PARSER) ;

$(BROWSER): testdata/tools/chromium.sh
	$< $@

.PHONY: clean
clean:
	rm -rf .tools dist
