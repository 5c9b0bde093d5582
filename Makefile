# make            build/flb-filter_trailwire.so, flb-in_ and out_trailwire.so beside it, build/trailwire
# make demo       the main job on the files in testdata: alerts on the terminal
# make test       every test
# make lint       gofmt, go vet, staticcheck, the C side with all warnings
# make fuzz       every fuzz target for FUZZTIME=10s, one after the other
# make asan       the C side under the address and undefined behaviour sanitizers
# make valgrind   the shared object in the test host under valgrind
# make soak       the shared object under load for SOAKTIME=60s: memory, threads, files
# make fmt        format the sources
# make install    DESTDIR= PREFIX=/usr
# make package    build/*.deb and build/*.rpm, the same bytes for the same sources
# make release    build/release: everything that is published; MINISIGN_KEY=, SYSTEMS=
# make clean

GO      ?= go
CC      ?= gcc
PREFIX  ?= /usr
BUILD   := build
FILTER  := $(BUILD)/flb-filter_trailwire.so
INPUT   := $(BUILD)/flb-in_trailwire.so
OUTPUT  := $(BUILD)/out_trailwire.so
CLI     := $(BUILD)/trailwire
HOST    := $(BUILD)/testhost
VERSION := $(shell sed -n 's/^const Number = "\(.*\)"/\1/p' internal/version/version.go)
# Without the build ID, which is a hash of this folder's path and other things,
# the same sources make the same bytes everywhere.
LDFLAGS := -s -w -buildid=
EXPORTS := -extldflags=-Wl,--version-script=$(CURDIR)/plugin/exports.map

# Tools of others, pinned in tools/go.mod.
TOOL := $(GO) tool -modfile=tools/go.mod

SOURCES := $(shell find detect internal plugin cmd -name '*.go' -o -name '*.c' -o -name '*.h' -o -name '*.toml' -o -name '*.map' -o -path '*/report/*') go.mod go.sum

export CGO_ENABLED := 1

.PHONY: all demo test lint fuzz sanitize asan valgrind soak fmt install package release clean

all: $(FILTER) $(INPUT) $(OUTPUT) $(CLI) $(HOST)

$(FILTER): $(SOURCES)
	$(GO) build -trimpath -buildvcs=false -buildmode=c-shared -ldflags '$(LDFLAGS) $(EXPORTS)' -o $@ ./plugin
	@rm -f $(@:.so=.h)

# Three names of one file, so that a process which loads several has one Go runtime.
$(INPUT) $(OUTPUT): $(FILTER)
	ln -f $< $@

$(CLI): $(SOURCES)
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $@ ./cmd/trailwire

$(HOST): plugin/testhost/testhost.c
	@mkdir -p $(BUILD)
	$(CC) -O1 -g -std=gnu11 -Wall -Wextra -rdynamic -o $@ $< -ldl -lpthread

# One of each kind: every wrapping of an event, every evasion of the rule,
# look-alikes and ordinary traffic. All of testdata would be many pages.
# UNREADABLE has JSON text that cannot be read, which is a problem to the demo.
UNREADABLE := testdata/look-alikes/keys-of-the-newer-wrappings.ndjson
DEMO := $(addprefix testdata/, \
	event/cross-account-grant.json s3-file/two-matches.json eventbridge/api-call.json \
	cloudwatch-logs/subscription.json sns-sqs/sqs-message.json lookup-events/response.json \
	json-text/log.json ecs-nested/cross-account-grant.json ecs-dotted/cross-account-grant.json \
	evasion-wildcard-action/lambda-star.json evasion-action-case/lower-case.json \
	evasion-service-suffix-in-principal/role-name.json \
	evasion-service-suffix-in-parameters/event-source-token.json \
	evasion-public-marker-in-parameters/source-arn.json \
	suppression/same-event-twice-in-a-file.json) \
	$(filter-out $(UNREADABLE), $(wildcard testdata/look-alikes/*json testdata/ordinary/*json))

demo: all
	@$(CLI) demo --plugin $(FILTER) --testhost $(HOST) --coverage extended $(DEMO)

# The last line says how many tests passed, failed and were skipped, and why. Of the
# tests of the engine as a whole those run with the race detector that have threads.
test: all
	@{ $(GO) test -json ./...; \
	   $(GO) test -race -json $$($(GO) list ./detect/... | grep -v /conformance) ./internal/chunk/... ./internal/property/... ./internal/address/... ./internal/deliver/...; \
	   $(GO) test -race -json -run Concurrent ./detect/conformance; \
	   (cd tools && $(GO) test -json ./release); \
	} | $(GO) run ./internal/testline

lint:
	@mkdir -p $(BUILD)/_lint
	@unformatted=$$(gofmt -l bench cmd detect docs internal plugin tools); test -z "$$unformatted" || { echo "not gofmt'ed: $$unformatted"; exit 1; }
	$(GO) vet ./...
	cd tools && $(GO) vet ./release
	$(TOOL) staticcheck ./...
	@GOVULNCHECK='$(TOOL) govulncheck' .ci/vulnerabilities
	$(CC) -fsyntax-only -std=gnu11 -Wall -Wextra -Werror plugin/testhost/*.c plugin/host/*.c plugin/input/*.c internal/search/*.c
	for shim in filter output; do \
		(cd plugin/$$shim && $(GO) tool cgo -objdir $(CURDIR)/$(BUILD)/_lint/$$shim $$(grep -l '^import "C"' *.go)) && \
		$(CC) -fsyntax-only -std=gnu11 -Wall -Wextra -Werror -I$(BUILD)/_lint/$$shim -Iplugin/$$shim plugin/$$shim/shim.c || exit 1; \
	done

FUZZTIME ?= 10s
fuzz:
	@GO='$(GO)' FUZZTIME='$(FUZZTIME)' .ci/fuzz

# The C code under the address, leak and undefined behaviour sanitizers: some of it
# with a driver of its own, and the whole shared object in the test hosts. What a
# chunk leaks is found when its host ends.
ASAN := -std=gnu11 -Wall -Wextra -Werror -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZED := $(BUILD)/sanitized
sanitize:
	@mkdir -p $(SANITIZED)
	$(CC) $(ASAN) -o $(SANITIZED)/parts plugin/testhost/sanitize.c internal/search/*.c plugin/host/map.c plugin/host/timer.c -lpthread
	$(SANITIZED)/parts
	$(CC) $(ASAN) -rdynamic -o $(SANITIZED)/testhost plugin/testhost/testhost.c -ldl -lpthread
	$(CC) $(ASAN) -rdynamic -o $(SANITIZED)/outputhost plugin/testhost/outputhost.c -ldl -lpthread
	$(GO) build -asan -trimpath -buildvcs=false -buildmode=c-shared -ldflags '$(EXPORTS)' -o $(SANITIZED)/flb-filter_trailwire.so ./plugin
	ln -f $(SANITIZED)/flb-filter_trailwire.so $(SANITIZED)/flb-in_trailwire.so
	ln -f $(SANITIZED)/flb-filter_trailwire.so $(SANITIZED)/out_trailwire.so
	$(GO) run ./plugin/testhost/soak -frames 200 >$(SANITIZED)/frames
	@cd $(SANITIZED) && sed "s|@|$$PWD|" $(CURDIR)/plugin/testhost/sanitized | while read -r host; do \
		./$$host <frames >/dev/null 2>log || { cat log; echo "FAILED: $$host"; exit 1; }; echo "clean: $$host"; \
	done

asan: sanitize
	$(GO) test -count=1 -asan ./internal/search

# With this tag Go tells valgrind about its stacks and its heap. What is in use
# at the end is Go's heap: leaks are not looked for.
valgrind: $(HOST)
	$(GO) build -trimpath -buildvcs=false -tags valgrind -buildmode=c-shared -ldflags '$(LDFLAGS) $(EXPORTS)' -o $(BUILD)/valgrind/flb-filter_trailwire.so ./plugin
	$(GO) run ./plugin/testhost/soak -frames 5000 >$(BUILD)/valgrind/frames
	GODEBUG=asyncpreemptoff=1 valgrind --error-exitcode=9 --leak-check=no $(HOST) -F $(BUILD)/valgrind/flb-filter_trailwire.so <$(BUILD)/valgrind/frames >/dev/null

SOAKTIME ?= 60s
soak: all
	$(GO) run ./plugin/testhost/soak -time $(SOAKTIME) -plugin $(FILTER) -testhost $(HOST) -csv $(BUILD)/soak.csv -svg $(BUILD)/soak.svg

fmt:
	gofmt -w bench cmd detect docs internal plugin tools

install: all
	install -D -m 0755 $(FILTER) $(DESTDIR)$(PREFIX)/lib/fluent-bit/flb-filter_trailwire.so
	for name in flb-in_trailwire.so out_trailwire.so; do \
		ln -f $(DESTDIR)$(PREFIX)/lib/fluent-bit/flb-filter_trailwire.so $(DESTDIR)$(PREFIX)/lib/fluent-bit/$$name; \
	done
	install -D -m 0755 $(CLI) $(DESTDIR)$(PREFIX)/bin/trailwire

# Files in a package and in a release have the time of the commit that they are built from.
DATE := $(shell git log -1 --format=%ct 2>/dev/null || date +%s)
package release: export SOURCE_DATE_EPOCH ?= $(DATE)
package release: export VERSION := $(VERSION)
package: export ARCH := $(shell $(GO) env GOARCH)
package: export PROGRAMS := $(BUILD)
package: export DOCUMENTS := $(BUILD)/documents
package: all
	tools/release/documents $(VERSION) $(DOCUMENTS) $(FILTER) $(CLI)
	$(TOOL) nfpm package --config conf/deploy/nfpm.yaml --packager deb --target $(BUILD)/
	$(TOOL) nfpm package --config conf/deploy/nfpm.yaml --packager rpm --target $(BUILD)/

# Everything that is published, in build/release: docs/releasing.md. MINISIGN_KEY is the
# file with the secret key; without one nothing is signed.
MINISIGN_KEY ?=
SYSTEMS ?= linux darwin windows
release:
	GO='$(GO)' LDFLAGS='$(LDFLAGS)' EXPORTS='$(EXPORTS)' SYSTEMS='$(SYSTEMS)' MINISIGN_KEY='$(MINISIGN_KEY)' tools/release/build $(BUILD)/release

clean:
	rm -rf $(BUILD)

# make bench      what it costs: a table, and bench/RESULTS.md
.PHONY: bench
bench: all
	$(GO) run ./bench --plugin $(FILTER)
