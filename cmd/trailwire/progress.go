package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows on a terminal how much of the input was read. The nil progress
// shows nothing.
type progress struct {
	bar *progressbar.ProgressBar
}

// newProgress starts a bar on w, or returns nil where w is no terminal. A total
// that is not known, below zero, makes it a spinner.
func newProgress(w io.Writer, total int64) *progress {
	if !isTerminal(w) {
		return nil
	}
	return &progress{progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionFullWidth(),
	)}
}

// add counts n bytes that were read.
func (p *progress) add(n int) {
	if p != nil {
		_ = p.bar.Add(n) // a bar that cannot be drawn is no reason to stop
	}
}

// clear takes the bar off the screen, until the next add, so that lines can be
// printed where it was.
func (p *progress) clear() {
	if p != nil {
		_ = p.bar.Clear()
	}
}

// finish takes the bar off the screen for good.
func (p *progress) finish() {
	if p != nil {
		_ = p.bar.Finish()
	}
}

// isTerminal reports whether what is written to w is seen by a person.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
