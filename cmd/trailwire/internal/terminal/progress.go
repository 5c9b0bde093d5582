package terminal

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Progress shows on a terminal how much of the input was read. The nil Progress
// shows nothing.
type Progress struct {
	bar *progressbar.ProgressBar
}

// NewProgress starts a bar on w, or returns nil where w is not a terminal. A total
// that is not known, below zero, makes it a spinner.
func NewProgress(w io.Writer, total int64) *Progress {
	if !isTerminal(w) {
		return nil
	}
	return &Progress{progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionFullWidth(),
	)}
}

// Add counts n bytes that were read.
func (p *Progress) Add(n int) {
	if p != nil {
		_ = p.bar.Add(n) // a bar that cannot be drawn is no reason to stop
	}
}

// Clear takes the bar off the screen, until the next Add, so that lines can be
// printed where it was.
func (p *Progress) Clear() {
	if p != nil {
		_ = p.bar.Clear()
	}
}

// Finish takes the bar off the screen for good.
func (p *Progress) Finish() {
	if p != nil {
		_ = p.bar.Finish()
	}
}

// isTerminal reports whether what is written to w is seen by a person.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
