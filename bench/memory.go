package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/trailwire/trailwire/bench/workload"
)

// memory feeds the same records to a Fluent Bit without the plugin and to one
// with it, at the same pace, and samples both on the way. One event in a
// hundred matches, and no two of these are the same: the plugin's buffers, Go's heap
// and the memory of past alerts reach their full size. The other events repeat, or
// making them would take longer than all the rest.
func memory(o options) (string, error) {
	fluentBit, version, err := findFluentBit()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## Memory\n\n%s\n", origin(fmt.Sprintf("go run ./bench -memory %d", o.memory)))
	fmt.Fprintf(&b, "%s: stdin, filter, null output; 1 %% of the events match. VmRSS is what the process has after so\n"+
		"many events, VmHWM the most that it has had so far, in MiB. Of what the plugin adds, mapped is the part of its file that was\n"+
		"touched, which the system may drop.\n\n", version)
	t := newTable(&b, "records", "events", "VmRSS without", "with", "VmHWM without", "with", "added to the peak", "of it mapped")
	events := workload.MatchingAmongFew(workload.OnePercent.Name, 100, 20_000)
	files := workload.S3Files
	files.Event = events.Event
	var added []string
	for _, feed := range []struct {
		records string
		workload.Workload
		events int
	}{
		{"events", events, o.memory},
		{"S3 files of 5,000 events, 6.5 MB", files, min(o.memory, 100_000)},
	} {
		var most int
		began := time.Now()
		err := grow(o, fluentBit, feed.Workload, feed.events, func(events int, without, with status) {
			mib := func(kilobytes int) string { return fmt.Sprintf("%.1f", float64(kilobytes)/1024) }
			t.row(feed.records, fmt.Sprint(events), mib(without.resident), mib(with.resident), mib(without.peak), mib(with.peak),
				mib(with.peak-without.peak), mib(with.files-without.files))
			most = with.peak - without.peak
		})
		if err != nil {
			return "", err
		}
		added = append(added, fmt.Sprintf("%+.1f MiB over %d (%s), in %.0f s",
			float64(most)/1024, feed.events, feed.records, time.Since(began).Seconds()))
	}
	t.end()
	fmt.Fprintf(&b, "The peak with the filter less that without:\n%s.\n", strings.Join(added, ";\n"))
	return b.String(), nil
}

// grow feeds events to both, and calls visit after the first 100,000, after ten
// times as many, and so on, and after all.
func grow(o options, fluentBit string, w workload.Workload, events int, visit func(events int, without, with status)) error {
	dir, err := os.MkdirTemp("", "trailwire-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	without, with, err := startHosts(fluentBit, dir, o.plugin)
	if err != nil {
		return err
	}
	defer without.kill()
	defer with.kill()
	to := bufio.NewWriterSize(toBoth{without.input, with.input}, 1<<20)
	mark := 100_000
	err = w.Each(1, events, func(record string, i int) error {
		if _, err := to.WriteString(record + "\n"); err != nil {
			return err
		}
		if i < mark && i < events {
			return nil
		}
		mark *= 10
		if err := to.Flush(); err != nil {
			return err
		}
		x, err := without.look()
		if err != nil {
			return err
		}
		y, err := with.look()
		visit(i, x, y)
		return err
	})
	if err != nil {
		return err
	}
	if err := without.finish(); err != nil {
		return err
	}
	return with.finish()
}

// toBoth writes to two writers at the same time: each is a process that takes its
// time.
type toBoth [2]io.Writer

func (w toBoth) Write(p []byte) (int, error) {
	second := make(chan error, 1)
	go func() {
		_, err := w[1].Write(p)
		second <- err
	}()
	_, first := w[0].Write(p)
	if err := errors.Join(first, <-second); err != nil {
		return 0, err
	}
	return len(p), nil
}
