package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/trailwire/trailwire/bench/workload"
)

// The events that are scanned. A rule raises at most a hundred alerts, so there are
// no more matches.
const (
	scanned      = 50_000
	scannedFiles = 20 // .json.gz files, with as many NDJSON files beside them
)

// scanner is a command that looks for the matches in the files of a folder.
type scanner struct {
	name     string
	needs    string // a program
	gzip     string // a shell command about *.json.gz, empty if there is none
	lines    string // the same about *.ndjson
	matching bool   // it prints a line for each match
}

// The Python loop and jq look at one field of each event, zgrep at the text of each line.
var scanners = []scanner{
	{
		name: "trailwire scan", needs: "sh", matching: true,
		gzip: `"$TRAILWIRE" scan --format json *.json.gz`, lines: `"$TRAILWIRE" scan --format json *.ndjson`,
	},
	{
		name: "Python, json", needs: "python3", matching: true,
		gzip: `python3 -c '
import sys, gzip, json
for name in sys.argv[1:]:
    with gzip.open(name) as f:
        for e in json.load(f)["Records"]:
            if e["eventName"].startswith("AddPermission"): print(e["eventID"])
' *.json.gz`,
		lines: `python3 -c '
import sys, json
for name in sys.argv[1:]:
    with open(name, "rb") as f:
        for line in f:
            e = json.loads(line)
            if e["eventName"].startswith("AddPermission"): print(e["eventID"])
' *.ndjson`,
	},
	{name: "zgrep", needs: "zgrep", gzip: `zgrep -c '"eventName":"AddPermission' *.json.gz`, lines: `zgrep -c '"eventName":"AddPermission' *.ndjson`},
	{
		name: "jq", needs: "jq", matching: true,
		gzip:  `zcat *.json.gz | jq -r '.Records[] | select(.eventName | startswith("AddPermission")) | .eventID'`,
		lines: `jq -r 'select(.eventName | startswith("AddPermission")) | .eventID' *.ndjson`,
	},
}

// scanning measures the command line on files.
func scanning(o options) (string, error) {
	dir, err := os.MkdirTemp("", "trailwire-bench")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	size, err := writeScanned(dir)
	if err != nil {
		return "", err
	}
	program, err := filepath.Abs(filepath.Join(filepath.Dir(o.plugin), "trailwire"))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## Scanning files\n\n%s\n", origin("go run ./bench -only scan"))
	fmt.Fprintf(&b, "%d events, %d of which match, in %d S3 log files (.json.gz) and in %d NDJSON files. MB/s is of JSON, not of what is\n"+
		"compressed; the median of %d runs in turns, by the clock. On one processor means with `taskset -c 0`. It was checked that each command\n"+
		"but zgrep prints each match. The peers ask for one name of a call, trailwire for the rule.\n\n", scanned, scanned/1000, scannedFiles, scannedFiles, o.rounds)
	t := newTable(&b, "command", ".json.gz MB/s, one processor", "all processors", "NDJSON MB/s, one processor", "all processors")
	for _, s := range scanners {
		if _, err := exec.LookPath(s.needs); err != nil {
			fmt.Fprintf(os.Stderr, "scan: %s is not on this machine\n", s.needs)
			t.row(s.name, "SKIPPED", "", "", "")
			continue
		}
		cells := []string{s.name}
		for _, script := range []string{s.gzip, s.lines} {
			for _, before := range [][]string{{"taskset", "-c", "0"}, nil} {
				seconds, err := s.median(dir, program, script, before, o.rounds)
				if err != nil {
					return "", fmt.Errorf("%s: %w", s.name, err)
				}
				cells = append(cells, fmt.Sprintf("%.0f", float64(size)/1e6/seconds))
			}
		}
		t.row(cells...)
	}
	t.end()
	return b.String(), nil
}

// median returns how long a script takes. Its matches are counted.
func (s scanner) median(dir, program, script string, before []string, rounds int) (float64, error) {
	var times []float64
	for range rounds {
		args := append(append([]string(nil), before...), "sh", "-c", script)
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "TRAILWIRE="+program)
		var problems bytes.Buffer
		cmd.Stderr = &problems
		began := time.Now()
		out, err := cmd.Output()
		times = append(times, time.Since(began).Seconds())
		if err != nil {
			return 0, fmt.Errorf("%w: %s", err, problems.Bytes())
		}
		if got := bytes.Count(out, []byte("\n")); s.matching && got != scanned/1000 {
			return 0, fmt.Errorf("%d matches, want %d", got, scanned/1000)
		}
	}
	return median(times), nil
}

// writeScanned writes the files, and returns the bytes of JSON in those of one kind.
func writeScanned(dir string) (size int, err error) {
	events := workload.Thousandth.Records(1, scanned)
	for i := range scannedFiles {
		part := events[i*scanned/scannedFiles : (i+1)*scanned/scannedFiles]
		name := filepath.Join(dir, fmt.Sprintf("%02d", i))
		text := strings.Join(part, "\n") + "\n"
		size += len(text)
		if err := os.WriteFile(name+".ndjson", []byte(text), 0o644); err != nil {
			return 0, err
		}
		if err := writeGzip(name+".json.gz", `{"Records":[`+strings.Join(part, ",")+"]}"); err != nil {
			return 0, err
		}
	}
	return size, nil
}

func writeGzip(name, text string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	z := gzip.NewWriter(w)
	_, err = io.WriteString(z, text)
	return errors.Join(err, z.Close(), w.Flush(), f.Close())
}
