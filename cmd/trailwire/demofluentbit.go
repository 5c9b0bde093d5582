package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/document"
)

// fluentBit runs the plugin in a pipeline of Fluent Bit's. The records go in
// through a file with one on each line, as tail wants them, and the alerts come
// out through another.
type fluentBit struct {
	program, version string
	plugin           string
	set              []setting

	folder  string
	records *os.File
	writer  *bufio.Writer
	line    []byte
	longest int
	size    int
}

// The files in the folder that Fluent Bit works in.
const (
	recordsFile = "records.ndjson"
	alertsFile  = "alerts.ndjson"
	configFile  = "fluent-bit.yaml"
)

func newFluentBit(ctx context.Context, program, plugin string, set []setting) (*fluentBit, error) {
	h := &fluentBit{program: program, plugin: plugin, set: set}
	var err error
	if h.version, err = fluentBitVersion(ctx, program); err != nil {
		return nil, err
	}
	if h.folder, err = os.MkdirTemp("", "trailwire-demo-"); err != nil {
		return nil, err
	}
	if h.records, err = os.Create(filepath.Join(h.folder, recordsFile)); err != nil {
		return nil, errors.Join(err, h.close())
	}
	h.writer = bufio.NewWriter(h.records)
	return h, nil
}

// fluentBitVersion asks a Fluent Bit for its version, which is the first line
// it prints: Fluent Bit v5.1.1.
func fluentBitVersion(ctx context.Context, program string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", program, err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	version, ok := strings.CutPrefix(strings.TrimSpace(first), "Fluent Bit v")
	if !ok {
		return "", fmt.Errorf("%s is not a Fluent Bit: --version says %q", program, first)
	}
	return version, nil
}

func (h *fluentBit) String() string {
	return fmt.Sprintf("Running %s in Fluent Bit %s (%s).", h.plugin, h.version, h.program)
}

func (h *fluentBit) add(record []byte) error {
	line, err := document.AppendJSON(h.line[:0], record)
	if err != nil {
		return &logfile.RecordError{Err: err}
	}
	h.line = append(line, '\n')
	h.longest = max(h.longest, len(h.line))
	h.size += len(h.line)
	_, err = h.writer.Write(h.line)
	return err
}

func (h *fluentBit) run(ctx context.Context, each func(record []byte)) error {
	if err := errors.Join(h.writer.Flush(), h.records.Close()); err != nil {
		return err
	}
	config := filepath.Join(h.folder, configFile)
	if err := os.WriteFile(config, h.config(), 0o600); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit(h.size))
	defer cancel()
	cmd := exec.CommandContext(ctx, h.program, "-c", config)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	log, err := cmd.CombinedOutput()
	if err != nil {
		return hostError("Fluent Bit", ctx, err, log)
	}
	return h.readAlerts(each)
}

// config is the pipeline, as a user would write it.
//
// tail drops a line that does not fit its buffer: the buffer is as large as the
// longest line. With exit_on_eof tail ends Fluent Bit when it has read the file,
// and what is on its way then has until the end of the grace period.
// coro_stack_size is the stack of an output: with the default, 24 KB, Fluent Bit
// 4.2 and older crash when they write a record as JSON that nests some fifty levels
// deep, with or without this plugin.
func (h *fluentBit) config() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `service:
  flush: 0.2
  grace: 30
  coro_stack_size: %d
  log_level: info
parsers:
  - name: json
    format: json
plugins:
  - %s
  - %s
pipeline:
  inputs:
    - name: tail
      tag: cloudtrail
      path: %s
      parser: json
      read_from_head: true
      exit_on_eof: true
      buffer_chunk_size: %d
      buffer_max_size: %d
    - name: trailwire
  filters:
    - name: trailwire
      match: cloudtrail
`, stackSize, quoted(h.plugin), quoted(filepath.Join(filepath.Dir(h.plugin), inputName)), quoted(filepath.Join(h.folder, recordsFile)), h.longest+spare, h.longest+spare)
	for _, s := range h.set {
		fmt.Fprintf(&b, "      %s: %s\n", s.name, quoted(s.value))
	}
	fmt.Fprintf(&b, `  outputs:
    - name: file
      match: alert.*
      path: %s
      file: %s
      format: plain
    - name: "null"
      match: cloudtrail
`, quoted(h.folder), alertsFile)
	return b.Bytes()
}

// stackSize is enough for a record that nests as deep as one may be.
const stackSize = 1 << 20

// spare is room in a buffer beside what is known to go in.
const spare = 1 << 20

// quoted writes a text for YAML, in which JSON's quoting is valid.
func quoted(text string) string {
	q, err := json.Marshal(text)
	if err != nil { // texts always can
		return `""`
	}
	return string(q)
}

// readAlerts reads what arrived under alert.*. Without the file there is no
// alert.
func (h *fluentBit) readAlerts(each func(record []byte)) error {
	file, err := os.Open(filepath.Join(h.folder, alertsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	records := logfile.NewReader(file, true)
	for {
		record, err := records.Next(nil)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("what Fluent Bit wrote, line %d: %w", record.Place.Line, err)
		}
		each(record.Body)
	}
}

func (h *fluentBit) close() error { return os.RemoveAll(h.folder) }

// hostError says that a host failed, with the end of what it logged.
func hostError(name string, ctx context.Context, err error, log []byte) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = errors.New("did not end in time")
	case ctx.Err() != nil:
		err = errInterrupted
	}
	return &logged{fmt.Errorf("%s: %w", name, err), log}
}

// logged is an error with the log of the host that it happened in.
type logged struct {
	error
	log []byte
}

func (l *logged) Unwrap() error { return l.error }

// tail returns the last lines of the log, fit to print.
func (l *logged) tail() string {
	const lines = 15
	all := strings.Split(strings.TrimSpace(string(l.log)), "\n")
	var b strings.Builder
	for _, line := range all[max(0, len(all)-lines):] {
		b.WriteString("  " + terminal.Printable(line, terminal.MaxLine) + "\n")
	}
	return b.String()
}
