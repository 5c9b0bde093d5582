package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
)

const demoHelp = `Run the plugin itself on CloudTrail files, and show the alerts it raises.

The files go through a pipeline as they would in production: Fluent Bit's tail
reads them, the trailwire filter sends alerts to the trailwire input with the
tag alert.SEVERITY, and what arrives with such a tag is printed.

Fluent Bit is the one that --fluent-bit names, else the first of $FLUENT_BIT (a
list with colons), else the fluent-bit on PATH. If there is none, the same
plugin runs in the test host, a small program that loads it as Fluent Bit does.

PATH is what it is for trailwire scan. At the end the alerts are compared with
those that the detection finds by itself, outside the plugin; if they differ,
the demo fails.`

const demoNotes = `Exit codes:
  0    every alert arrived
  1    an alert was lost, the host failed, or some input could not be read
  2    wrong use: an unknown flag, a wrong value, no plugin or host to run
  130  interrupted
`

// demoFlags are the flags of demo that are not properties.
type demoFlags struct {
	plugin, testhost, fluentBit string
}

func (p *program) demoCommand() *cobra.Command {
	var flags demoFlags
	properties := newProperties()
	cmd := &cobra.Command{
		Use:   "demo PATH...",
		Short: "Run the Fluent Bit plugin on CloudTrail files",
		Long:  demoHelp,
		Example: `  trailwire demo testdata
  trailwire demo --fluent-bit /opt/fluent-bit/bin/fluent-bit testdata
  trailwire demo --trusted-accounts 444455556666 testdata`,
		Args:                  somePaths,
		DisableFlagsInUseLine: true,
		Annotations:           map[string]string{helpNotes: demoNotes},
		RunE: func(_ *cobra.Command, paths []string) error {
			return p.demo(paths, flags, properties)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&flags.plugin, "plugin", "", "The plugin. Default: "+pluginName+" beside this program, else in "+pluginFolder+".")
	f.StringVar(&flags.fluentBit, "fluent-bit", "", "The Fluent Bit to run it in. Default: the first of $FLUENT_BIT, else the one on PATH.")
	f.StringVar(&flags.testhost, "testhost", "", "The test host, for machines without a Fluent Bit. Default: testhost beside this program.")
	f.AddFlagSet(properties.flags)
	return cmd
}

// host runs the plugin on records.
type host interface {
	// String says in a sentence which plugin runs in which host.
	String() string
	// add takes a record, a MessagePack map, that is to go through the
	// pipeline.
	add(record []byte) error
	// run calls each with every record that came out as an alert, in order.
	run(ctx context.Context, each func(record []byte)) error
	// close removes what the host left on the disk.
	close() error
}

func (p *program) demo(paths []string, flags demoFlags, properties *properties) (err error) {
	ctx, stop := untilInterrupted()
	defer stop()
	engine, options, err := properties.engine(p.err)
	if err != nil {
		return err
	}
	h, err := chooseHost(ctx, flags, properties.set())
	if err != nil {
		return wrongUse(err)
	}
	defer func() { err = errors.Join(err, h.close()) }()
	fmt.Fprintf(p.out, "%s\n%s\n", terminal.Printable(h.String(), terminal.MaxLine), whatFollows)

	start := p.now()
	r := logfile.NewReading(ctx, paths, p.in, p.err, false, nil)
	found := newFindings(options)
	evaluator := engine.ThoroughEvaluator()
	err = r.Each(func(record logfile.Record, _ string) error {
		for _, o := range evaluator.Record(record.Body, time.Time{}) {
			found.expect(o.Alerts)
		}
		if err := h.add(record.Body); err != nil {
			return err
		}
		return unreadable(evaluator.Malformed())
	})
	r.Finish()
	if errors.Is(err, logfile.ErrInterrupted) {
		return errInterrupted
	}
	if err != nil {
		return exit{exitProblems, err}
	}
	fmt.Fprintln(p.out)

	printer := terminal.NewAlertPrinter(p.out, terminal.ColorsFor(p.out))
	err = h.run(ctx, func(record []byte) {
		for _, a := range found.arrive(record) {
			printer.Print(&a, "")
		}
	})
	if ctx.Err() != nil {
		_ = printer.Flush() // what has arrived is shown; nothing is said about the rest
		return errInterrupted
	}
	if err != nil {
		return exit{exitProblems, err}
	}
	if err := printer.Flush(); err != nil {
		return exit{exitProblems, fmt.Errorf("standard output: %w", logfile.Reason(err))}
	}
	summary := terminal.Summary{Stats: engine.Stats(), Files: len(r.Paths()), Problems: r.Problems(), Took: p.now().Sub(start), Mentions: engine.TakeMentions(),
		Plain: r.Plain(), Aside: r.LeftAside()}
	line, without := summary.String(), summary.NoEvent()
	line = strings.TrimSuffix(line, "\n"+without)
	if err := found.compare(); err != nil {
		fmt.Fprintln(p.out, line)
		return exit{exitProblems, err}
	}
	if found.arrived > 0 {
		line += " All of them came through the plugin."
	}
	if without != "" {
		line += "\n" + without
	}
	fmt.Fprintln(p.out, line)
	if r.Problems() > 0 {
		return exit{code: exitProblems}
	}
	return nil
}

// whatFollows explains the output to a new user.
const whatFollows = "CloudTrail events go in; each alert that comes out is shown below."

// findings compares the alerts that the engine finds by itself with those that
// arrive at the end of the pipeline. An alert is known by its rule and its
// event.
type findings struct {
	format  alert.Format
	key     string
	arrived int
	missing map[finding]int // how many were expected more than arrived
}

type finding struct{ rule, event string }

func newFindings(o detect.Options) *findings {
	return &findings{format: o.AlertFormat, key: o.AlertKey, missing: make(map[finding]int)}
}

// expect notes the alerts that the engine raised for a record.
func (f *findings) expect(alerts []alert.Alert) {
	for _, a := range alerts {
		f.missing[finding{a.Rule.ID, a.EventID}]++
	}
}

// arrive notes the alerts of a record that came out of the pipeline, and returns
// them.
func (f *findings) arrive(record []byte) []alert.Alert {
	alerts := alert.Read(record, f.format, f.key)
	for _, a := range alerts {
		f.missing[finding{a.Rule.ID, a.EventID}]--
	}
	f.arrived += len(alerts)
	return alerts
}

// compare returns an error that says which alerts did not arrive, and which
// nobody expected.
func (f *findings) compare() error {
	var lost, strange int
	var example finding
	for one, n := range f.missing {
		if n > 0 {
			lost += n
			example = one
		} else if n < 0 {
			strange -= n
			if lost == 0 {
				example = one
			}
		}
	}
	if lost == 0 && strange == 0 {
		return nil
	}
	return fmt.Errorf("THE PLUGIN AND THE ENGINE DISAGREE: %s of the engine's did not arrive, %s arrived that the engine does not raise (such as the one for event %q)",
		terminal.Counted(lost, "alert"), terminal.Counted(strange, "alert"), example.event)
}
