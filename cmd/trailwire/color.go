package main

import (
	"io"
	"os"
)

// The select graphic rendition codes that the text format uses.
const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	yellow = "1;33"
	cyan   = "1;36"
)

// colorOf is the color of a severity.
func colorOf(severity string) string {
	switch severity {
	case "critical", "high":
		return red
	case "medium":
		return yellow
	}
	return cyan
}

// wantsColor reports whether what goes to w is to be colored: a person sees it
// and has not asked for none (https://no-color.org).
func wantsColor(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

func (p *textPrinter) colored(code, text string) string {
	if !p.color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
