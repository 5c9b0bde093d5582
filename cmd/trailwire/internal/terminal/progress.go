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

// NewActivity returns what shows on w how much was done of what has no end, or nil if w is
// not a terminal. It draws when Show is called, and at no other time.
func NewActivity(w io.Writer) *Progress {
	if !isTerminal(w) {
		return nil
	}
	return &Progress{progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(w),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(0),
		progressbar.OptionSetSpinnerChangeInterval(0),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionClearOnFinish(),
	)}
}

// Show shows a text, how many bytes were read in all, and how many a second.
func (p *Progress) Show(text string, bytes int64) {
	if p != nil {
		p.bar.Describe(text)
		_ = p.bar.Set64(bytes)
	}
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

// Columns returns how wide the terminal is that w is, 0 if w is not one.
func Columns(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		return unknownColumns
	}
	return width
}

// unknownColumns is how wide a terminal is taken to be that does not say it.
const unknownColumns = 80

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
