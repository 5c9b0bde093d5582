package logfile

import (
	"fmt"
	"io"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
)

// problems says on standard error what could not be read, and counts it. Of
// one file it says the first few only: a file that is not JSON at all can be
// broken in every line.
type problems struct {
	out    io.Writer
	before func() // makes room on the terminal

	count  int
	file   string
	inFile int
}

// maxShown is how many problems of one file are said.
const maxShown = 5

// report says a problem of a file as a whole.
func (p *problems) report(file string, err error) { p.say(file, "", err) }

// reportAt says a problem at a place in a file.
func (p *problems) reportAt(file string, at Place, err error) {
	p.say(file, fmt.Sprintf(":%d", at.Line), err)
}

func (p *problems) say(file, at string, err error) {
	p.count++
	if file != p.file {
		p.endFile()
		p.file = file
	}
	if p.inFile++; p.inFile > maxShown {
		return
	}
	p.before()
	fmt.Fprintf(p.out, "trailwire: %s%s: %s\n", terminal.Printable(file, terminal.MaxLine), at, terminal.Printable(err.Error(), terminal.MaxLine))
}

// endFile says how many problems of the last file were not said.
func (p *problems) endFile() {
	if more := p.inFile - maxShown; more > 0 {
		p.before()
		fmt.Fprintf(p.out, "trailwire: %s: %s more\n", terminal.Printable(p.file, terminal.MaxLine), terminal.Counted(more, "problem"))
	}
	p.file, p.inFile = "", 0
}
