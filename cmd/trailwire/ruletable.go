package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/rule"
)

// ruleTypes are the counts of rule files by the type of their rules.
type ruleTypes map[string]*typeCount

// typeCount is what became of the files with rules of one type.
type typeCount struct{ loaded, refused, broken int }

func (t *ruleTypes) count(kind string) *typeCount {
	if *t == nil {
		*t = make(ruleTypes)
	}
	if (*t)[kind] == nil {
		(*t)[kind] = new(typeCount)
	}
	return (*t)[kind]
}

// needState are the types of rules that remember events. A sequence is of the type eql.
var needState = map[string]bool{"new_terms": true, "threshold": true}

// print writes a row for each type, and one for all of them.
func (t ruleTypes) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "type\t%7s\t%7s\t%13s\t%6s\n", "files", "loaded", "not supported", "broken")
	var all typeCount
	for _, kind := range slices.Sorted(maps.Keys(t)) {
		c := *t[kind]
		all = typeCount{all.loaded + c.loaded, all.refused + c.refused, all.broken + c.broken}
		note, name := "", terminal.Printable(kind, terminal.MaxValue)
		if needState[kind] {
			note = "  needs state"
		}
		if kind == "" {
			name = "(no type)"
		}
		c.row(w, name, note)
	}
	all.row(w, "all", "")
	_ = w.Flush() // what cannot be written here cannot be written after it either
}

func (c typeCount) row(w io.Writer, name, note string) {
	fmt.Fprintf(w, "%s\t%7s\t%7s\t%13s\t%6s%s\n", name, number(c.loaded+c.refused+c.broken), number(c.loaded), number(c.refused), number(c.broken), note)
}

// number is one in a table, in which nothing is a dash.
func number(n int) string {
	if n == 0 {
		return "-"
	}
	return terminal.Grouped(n)
}

// printRefused says what is not supported, and why, in a line for each kind.
func (c *ruleCheck) printRefused() {
	if len(c.refused) == 0 {
		return
	}
	fmt.Fprintln(c.out, "\nNot supported:")
	groups := rule.ByKind(c.refused)
	slices.SortStableFunc(groups, func(a, b []*rule.Error) int { return len(b) - len(a) })
	for _, group := range groups {
		fmt.Fprintf(c.out, "%7s  %s: %s\n", terminal.Grouped(len(group)), terminal.Printable(group[0].Type, terminal.MaxValue),
			terminal.Printable(group[0].Kind, terminal.MaxLine))
	}
	fmt.Fprintln(c.out)
}
