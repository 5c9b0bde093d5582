package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/chunk"
)

// testHost runs the plugin in plugin/testhost, on one chunk that holds all
// records.
type testHost struct {
	program, plugin string
	key             string
	set             []setting
	chunk           []byte
}

func (h *testHost) String() string {
	return fmt.Sprintf("No Fluent Bit found: running %s in %s, which loads it the way Fluent Bit does.", h.plugin, h.program)
}

func (h *testHost) add(record []byte) error {
	h.chunk = chunk.Append(h.chunk, time.Now(), record)
	return nil
}

func (h *testHost) run(ctx context.Context, each func(record []byte)) error {
	ctx, cancel := context.WithTimeout(ctx, patience(len(h.chunk)))
	defer cancel()
	var args []string
	for _, s := range h.set {
		args = append(args, "-p", s.name+"="+s.value)
	}
	cmd := exec.CommandContext(ctx, h.program, append(args, h.plugin)...)
	cmd.Stdin = bytes.NewReader(h.chunk)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		return hostError("the test host", ctx, err, log.Bytes())
	}
	for len(out) > 0 {
		event, rest, err := chunk.Next(out)
		if err != nil {
			return fmt.Errorf("what the plugin returned is no chunk: %w", err)
		}
		if _, tagged := document.Get(event.Body, h.key); tagged {
			each(event.Body)
		}
		out = rest
	}
	return nil
}

func (h *testHost) close() error { return nil }

// patience is how long a host may take for so many bytes before it is taken to
// hang.
func patience(size int) time.Duration {
	return time.Minute + time.Duration(size>>20)*time.Second
}
