package terminal

import (
	"io"
	"os"
)

// The codes for [Colors.Paint] (ECMA-48, select graphic rendition).
const (
	Bold   = "1"
	Dim    = "2"
	Red    = "1;31"
	Yellow = "1;33"
	Cyan   = "1;36"
)

// colorOf is the color of a severity.
func colorOf(severity string) string {
	switch severity {
	case "critical", "high":
		return Red
	case "medium":
		return Yellow
	}
	return Cyan
}

// ColorsFor returns the colors for w: there are some if w is a terminal and NO_COLOR
// is not set (https://no-color.org).
func ColorsFor(w io.Writer) Colors {
	return Colors(os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w))
}

// Colors says whether text is colored.
type Colors bool

// Paint returns text in a color or a weight.
func (c Colors) Paint(code, text string) string {
	if !c || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
