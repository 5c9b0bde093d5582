package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/eql"
	"github.com/trailwire/trailwire/detect/rule"
)

// explainer prints why a query matches an event, or why not.
type explainer struct {
	out   io.Writer
	color bool
}

func (p *program) newExplainer() explainer { return explainer{p.out, wantsColor(p.out)} }

// event prints which event the next lines are about.
func (x explainer) event(from string, parts ...string) {
	fmt.Fprintln(x.out, x.colored(bold, join("  ", append([]string{from}, parts...)...)))
}

// maxOutline is how much is shown of a part of a query that has parts itself.
const maxOutline = 60

// clause prints a line for each part of a query, with its verdict before it
// and what it read of the event after it.
func (x explainer) clause(c *eql.Clause, depth int) {
	code := dim
	if c.Verdict == eql.True {
		code = cyan
	}
	limit := maxValue
	if len(c.Children) > 0 {
		limit = maxOutline // its parts follow, each on its line
	}
	source := strings.Join(strings.Fields(c.Source), " ")
	line := strings.Repeat("  ", depth+1) + x.colored(code, fmt.Sprintf("%-5s", c.Verdict)) + "  " + printable(source, limit)
	for i, f := range c.Fields {
		separator := ", "
		if i == 0 {
			separator = "  ← "
		}
		line += separator + f.Name + " = " + printable(f.Value.String(), maxValue)
	}
	fmt.Fprintln(x.out, line)
	for _, below := range c.Children {
		x.clause(below, depth+1)
	}
}

func (x explainer) colored(code, text string) string {
	if !x.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// matchWord says what a verdict on a whole query means.
func matchWord(c *eql.Clause) string {
	if c.Verdict == eql.True {
		return "matches"
	}
	return "does not match"
}

// explainEvent prints, for each rule, why it matches the event with this id, or
// why not.
func (p *program) explainEvent(paths []string, id string, quiet bool, rules []*rule.Rule, jsonKeys []string) error {
	r := p.newReading(paths, quiet)
	finder := cloudtrail.NewFinder(jsonKeys, nil)
	explain := p.newExplainer()
	var event cloudtrail.Event
	found := 0
	err := r.each(func(record []byte, from string) error {
		if _, err := finder.Find(record); err != nil {
			return errOverLimit
		}
		for _, part := range finder.Parts() {
			if part.Event == nil {
				continue
			}
			event.Reset(part.Event, part.Form)
			if string(event.Text(cloudtrail.FieldEventID)) != id {
				continue
			}
			found++
			r.progress.clear()
			explain.event(from, printable(id, maxValue), fieldText(&event, cloudtrail.FieldAction), inBrackets(fieldText(&event, cloudtrail.FieldProvider)))
			for _, rule := range rules {
				clause := rule.Explain(&event)
				fmt.Fprintf(p.out, "  %s: %s (%s)\n", printable(rule.Name, maxValue), matchWord(clause), rule.ID)
				explain.clause(clause, 1)
			}
		}
		return nil
	})
	r.finish()
	switch {
	case err != nil:
		return exit{exitProblems, err}
	case found == 0:
		return exit{exitProblems, errors.New("there is no event with the id " + printable(id, maxValue))}
	case r.problems.count > 0:
		return exit{code: exitProblems}
	}
	return nil
}

// fieldText is the text of a field of an event, fit to print.
func fieldText(event *cloudtrail.Event, field cloudtrail.Field) string {
	return printable(event.Text(field), maxValue)
}
