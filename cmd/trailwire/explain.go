package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	prog "github.com/trailwire/trailwire/detect/program"
)

// matchWord says what a verdict on a whole query means.
func matchWord(c *prog.Clause) string {
	if c.Verdict == prog.True {
		return "matches"
	}
	return "does not match"
}

// explainEvent prints, for each rule, why it matches the event with this id, or
// why not, and what became of that: the alert that a scan raises, or what drops it.
func (p *program) explainEvent(ctx context.Context, paths []string, id string, quiet bool, engine *detect.Engine) error {
	r := logfile.NewReading(ctx, paths, p.in, p.err, quiet, p.remote)
	if engine.Remembers() {
		r.ByTime()
	}
	explain := terminal.NewExplainer(p.out, terminal.ColorsFor(p.out))
	found, from := 0, ""
	evaluator := engine.ThoroughEvaluator()
	evaluator.Observe(func(event *cloudtrail.Event, decisions []detect.Decision) {
		if string(event.Text(cloudtrail.FieldEventID)) != id {
			return
		}
		found++
		r.Progress.Clear()
		explain.Event(from, terminal.Printable(id, terminal.MaxValue), fieldText(event, cloudtrail.FieldAction), terminal.InBrackets(fieldText(event, cloudtrail.FieldProvider)))
		for _, r := range engine.Rules() {
			clause := r.Explain(event)
			fmt.Fprintf(p.out, "  %s: %s (%s)\n", terminal.Printable(r.Name, terminal.MaxValue), matchWord(clause), r.ID)
			explain.Clause(clause, 1)
		}
		explain.Decisions(decisions)
	})
	err := r.Each(func(record logfile.Record, place string) error {
		from = place
		evaluator.Record(record.Body, time.Time{})
		return unreadable(evaluator.Malformed())
	})
	r.Finish()
	switch {
	case errors.Is(err, logfile.ErrInterrupted):
		return errInterrupted
	case err != nil:
		return exit{exitProblems, err}
	case found == 0:
		return exit{exitProblems, errors.New("there is no event with the id " + terminal.Printable(id, terminal.MaxValue))}
	case r.Problems() > 0:
		return exit{code: exitProblems}
	}
	return nil
}

// fieldText is the text of a field of an event, fit to print.
func fieldText(event *cloudtrail.Event, field cloudtrail.Field) string {
	return terminal.Printable(event.Text(field), terminal.MaxValue)
}
