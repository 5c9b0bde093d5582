package main_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trailwire/trailwire/internal/property"
	"github.com/trailwire/trailwire/internal/testbuild"
)

// What goes wrong around the plugin, and in it: the process lives and the chunk
// goes on as it is.

func TestAnEmptyChunkIsLeftAlone(t *testing.T) {
	got := inTestHost(t, nil)
	if got.code != 0 || got.verdict() != "notouch" || len(got.chunk) != 0 {
		t.Errorf("code %d, verdict %q, %d bytes", got.code, got.verdict(), len(got.chunk))
	}
}

func TestWithoutMemoryAChunkGoesOnAsItIs(t *testing.T) {
	in := event(t, match)
	got := inTestHost(t, in, "-m")
	if got.code != 0 || got.verdict() != "notouch" || !bytes.Equal(got.chunk, in) {
		t.Errorf("code %d, verdict %q:\n%s", got.code, got.verdict(), got.log)
	}
}

func TestCallsOutOfOrderAreSurvived(t *testing.T) {
	in := event(t, match)
	got := inTestHost(t, in, "-x")
	if got.code != 0 || got.verdict() != "notouch" || !bytes.Equal(got.chunk, in) {
		t.Errorf("code %d, verdict %q:\n%s", got.code, got.verdict(), got.log)
	}
}

func TestAFilterThatDidNotStartLeavesChunksAlone(t *testing.T) {
	in := event(t, match)
	got := inTestHost(t, in, "-y", "-p", "split=perhaps")
	if got.code != 0 || got.verdict() != "notouch" || !bytes.Equal(got.chunk, in) {
		t.Errorf("code %d, verdict %q:\n%s", got.code, got.verdict(), got.log)
	}
}

func TestATagMayBeAnyBytes(t *testing.T) {
	in := event(t, match)
	for _, tag := range []string{"", "\xff\xfe\x01", "%s%n\n", strings.Repeat("t", 100_000)} {
		got := inTestHost(t, in, "-t", tag)
		if got.code != 0 || got.verdict() != "modified" {
			t.Fatalf("tag %.20q: code %d, verdict %q:\n%s", tag, got.code, got.verdict(), got.log)
		}
		wantTagged(t, in, got.chunk)
	}
}

func TestAnEmptyPropertyIsAsIfUnsetOrRefusedInOneLine(t *testing.T) {
	in := event(t, match)
	for _, p := range property.OfFilter() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			got := inTestHost(t, in, "-p", p.Name+"=")
			switch lines := got.logLines(); {
			case got.code == 0 && got.verdict() == "modified":
			case got.code == 3 && len(lines) == 1 && strings.Contains(lines[0], fmt.Sprintf("property %q: ", p.Name)):
			default:
				t.Errorf("code %d, verdict %q:\n%s", got.code, got.verdict(), got.log)
			}
		})
	}
}

func TestAChunkOf100MBIsFiltered(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it takes a second and half a gigabyte")
	}
	t.Parallel()
	ordinary, found := event(t, lambdaCall("1", "Invoke", "null")), event(t, match)
	in := slices.Concat(bytes.Repeat(ordinary, 100_000_000/len(ordinary)), found)
	got := inTestHost(t, in)
	if got.code != 0 || got.verdict() != "modified" {
		t.Fatalf("code %d, verdict %q:\n%s", got.code, got.verdict(), got.log)
	}
	rest, same := bytes.CutPrefix(got.chunk, in[:len(in)-len(found)])
	if !same {
		t.Fatal("the events before the match were changed")
	}
	wantTagged(t, found, rest)
}

// panicking is a shared object that panics when it finds a text in a chunk.
var panicking = sync.OnceValues(func() (string, error) {
	path := filepath.Join(workshop, "panicking", "flb-filter_trailwire.so")
	return path, testbuild.Plugin("..", path, "-tags", "trailwire_panics")
})

func TestAPanicInTheEvaluationLeavesTheChunkAlone(t *testing.T) {
	host, err := currentHost()
	if err != nil {
		t.Fatal(err)
	}
	object, err := panicking()
	if err != nil {
		t.Fatal(err)
	}
	bad := slices.Concat(event(t, match), event(t, `{"log":"trailwire: panic"}`))
	good := event(t, match)
	c := start(t, exec.Command(host, "-F", "-p", "dedup_window=0", object))
	for i, test := range []struct {
		in       []byte
		modified bool
	}{{good, true}, {bad, false}, {bad, false}, {good, true}} {
		out, modified, err := c.filter(test.in)
		if err != nil {
			t.Fatalf("chunk %d: the host ended: %v\n%s", i, err, c.log)
		}
		if modified != test.modified || !modified && !bytes.Equal(out, test.in) {
			t.Errorf("chunk %d: modified %v, want %v; goes on as %q", i, modified, test.modified, out)
		}
	}
	c.end()
	if lines := strings.Count(c.log.String(), "a chunk was left as it was: trailwire: panic"); lines != 1 {
		t.Errorf("two panics are logged in %d lines, want one a minute:\n%s", lines, c.log)
	}
}
