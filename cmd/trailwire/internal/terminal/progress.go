package terminal

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Progress shows on a terminal how much of the input was read. A nil Progress
// shows nothing.
type Progress struct {
	bar *progressbar.ProgressBar
}

// NewProgress starts a bar on w, or returns nil if w is not a terminal. Below
// zero the total is not known: it shows a spinner.
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
		_ = p.bar.Add(n) // a bar that cannot be drawn does not stop the scan
	}
}

// Clear takes the bar off the screen until the next Add, so that lines can be
// printed in its place.
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

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
