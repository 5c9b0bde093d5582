package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/trailwire/trailwire/internal/chunk"
)

// testHost runs the plugin in plugin/testhost, on one chunk that holds all
// records.
type testHost struct {
	program, plugin string
	set             []setting
	chunk           []byte
	alerts          string // the file that the input's records go to
}

func newTestHost(program, plugin string, set []setting) (*testHost, error) {
	file, err := os.CreateTemp("", "trailwire-demo-")
	if err != nil {
		return nil, err
	}
	return &testHost{program: program, plugin: plugin, set: set, alerts: file.Name()}, file.Close()
}

func (h *testHost) String() string {
	return fmt.Sprintf("No Fluent Bit found: running %s in %s, which loads it the way Fluent Bit does.", h.plugin, h.program)
}

func (h *testHost) add(record []byte) error {
	h.chunk = chunk.Append(h.chunk, time.Now(), record)
	return nil
}

func (h *testHost) run(ctx context.Context, each func(record []byte)) error {
	ctx, cancel := context.WithTimeout(ctx, timeLimit(len(h.chunk)))
	defer cancel()
	args := []string{"-I", "-A", h.alerts}
	for _, s := range h.set {
		args = append(args, "-p", s.name+"="+s.value)
	}
	cmd := exec.CommandContext(ctx, h.program, append(args, h.plugin)...)
	cmd.Stdin = bytes.NewReader(h.chunk)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Run(); err != nil {
		return hostError("the test host", ctx, err, log.Bytes())
	}
	appended, err := os.ReadFile(h.alerts)
	if err != nil {
		return err
	}
	for len(appended) > 0 {
		_, rest, tagRead := frame(appended)
		records, rest, recordsRead := frame(rest)
		if !tagRead || !recordsRead {
			return errors.New("what the test host wrote is cut off")
		}
		for len(records) > 0 {
			event, rest, err := chunk.Next(records)
			if err != nil {
				return fmt.Errorf("what the plugin appended is not a chunk: %w", err)
			}
			each(event.Body)
			records = rest
		}
		appended = rest
	}
	return nil
}

// frame splits off what comes after a length of 32 bits.
func frame(b []byte) (content, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint32(b))
	if b = b[4:]; n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

func (h *testHost) close() error { return os.Remove(h.alerts) }

// timeLimit is how long a host may take for so many bytes before it counts as
// hung.
func timeLimit(size int) time.Duration {
	return time.Minute + time.Duration(size>>20)*time.Second
}
