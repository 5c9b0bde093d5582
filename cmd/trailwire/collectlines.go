package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/collect"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
)

// collectLines are the lines that collect writes to standard error, with its progress on
// a terminal below them.
type collectLines struct {
	p     *program
	quiet bool
	start time.Time

	mu       sync.Mutex
	progress *terminal.Progress
}

func newCollectLines(p *program, quiet bool) *collectLines {
	l := &collectLines{p: p, quiet: quiet, start: p.now()}
	if !quiet {
		l.progress = terminal.NewActivity(p.err)
	}
	return l
}

// say writes a line.
func (l *collectLines) say(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.Clear()
	fmt.Fprintln(l.p.err, "trailwire: "+terminal.Printable(line, terminal.MaxLine))
}

// progressEvery is how often the progress is drawn.
const progressEvery = 500 * time.Millisecond

// follow shows the progress until end is called, which says what was done.
func (l *collectLines) follow(counts *collect.Counts) (end func()) {
	done := make(chan struct{})
	var drawing sync.WaitGroup
	if l.progress != nil {
		drawing.Go(func() {
			tick := time.NewTicker(progressEvery)
			defer tick.Stop()
			for {
				select {
				case <-done:
					return
				case <-tick.C:
					l.show(counts.Totals())
				}
			}
		})
	}
	return func() {
		close(done)
		drawing.Wait()
		l.progress.Finish()
		if !l.quiet {
			l.say(collectSummary(counts.Totals(), l.p.now().Sub(l.start)))
		}
	}
}

func (l *collectLines) show(t collect.Totals) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.Show(terminal.Counted(files(t), "file")+", "+terminal.Counted(t.Events, "event"), int64(t.Bytes))
}

// files is how many files are done with.
func files(t collect.Totals) (n uint64) {
	for _, of := range t.Objects {
		n += of
	}
	return n
}

// collectSummary says what was done. What was not delivered whole is called as in the
// metrics, so that docs/collect.md says what to do about it.
func collectSummary(t collect.Totals, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "delivered %s of %s in %s, %s MB read", terminal.Counted(t.Events, "event"), terminal.Counted(files(t), "file"),
		terminal.ShortDuration(took), fmt.Sprintf("%.1f", float64(t.Bytes)/1e6))
	separator := ": "
	for _, r := range collect.ObjectResults {
		if n := t.Objects[r]; n > 0 && (r != collect.Delivered || n != files(t)) {
			fmt.Fprintf(&b, "%s%s %s", separator, terminal.Grouped(n), strings.ReplaceAll(string(r), "_", " "))
			separator = ", "
		}
	}
	return b.String()
}

// asWhom returns what a line says of who asks AWS.
func asWhom(aws *collect.AWS) func(context.Context) string {
	return func(ctx context.Context) string {
		who, err := aws.Identity(ctx)
		if err != nil {
			return " (no credentials yet: " + err.Error() + ")"
		}
		return " as " + who
	}
}

// queueLine says what a collector of a queue would find.
func queueLine(url string, s collect.QueueState) string {
	line := fmt.Sprintf("%s: about %s waiting, %s with a collector; ", terminal.Printable(url, terminal.MaxLine),
		terminal.Counted(s.Waiting, "message"), terminal.Grouped(s.InHand))
	if s.DeadLetters == "" {
		return line + "it has no dead letters: a file that cannot be read for want of a permission comes again until its message expires"
	}
	return line + fmt.Sprintf("after %s a message goes to %s", terminal.Counted(s.Receives, "receive"), terminal.Printable(s.DeadLetters, terminal.MaxLine))
}
