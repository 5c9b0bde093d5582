package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/report"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/internal/version"
)

const scanHelp = `Look for threats in CloudTrail logs.

PATH is a file, a folder, s3://BUCKET/PREFIX, or - for standard input. Of a folder every .json,
.ndjson and .jsonl file below it is read, and every .log, .txt or .out file, one
without an ending and one that was rotated (.json.1, .log-20260618), if there is
JSON in its first 64 KB. The summary says how many files were left aside. A file
that is named is read whatever it is called. Gzip and UTF-16 are recognised by
their first bytes.

A file may hold S3 log files ({"Records":[...]}), single events one after the
other, one a line or one over many lines, with words before them or without, a
list of them, and every wrapping in which CloudTrail travels: EventBridge,
CloudWatch Logs, SNS, SQS, lookup-events, JSON text under a key, Elastic's ECS
documents. Nothing needs to be configured.

What cannot be read is said on standard error, with its file and line, does not
stop the rest, and makes the exit code 1: --fail with no alert and exit code 0
says that everything was read. A broken event in a list costs itself alone. Lines
without JSON in files that may have such (.log, .txt, .out, no ending) are counted
in the summary.`

const scanNotes = `Output:
  table  a line for each alert, cut to the width of the terminal: the default on
         a terminal
  text   a paragraph for each alert, with all that is known of it: the default
         elsewhere
  csv    a header, and a line for each alert: when, how bad, which rule, who, from
         where, on what, and the file and line. A text that a spreadsheet would
         take for a formula has an apostrophe before it; what cannot be printed is
         escaped: \n, \u001b
  json   each record that raised an alert, tagged as the plugin tags it, as one
         line of JSON; with --all the others too, untouched. What is not a JSON
         object is text under log then, as Fluent Bit's tail has it; a record over
         1 GiB goes on as it is
  A summary comes after the last alert. With csv and json it goes to standard
  error. Table and text are colored on a terminal, unless NO_COLOR is set.

  --report FILE also writes one page of HTML, with a timeline, a graph of who
  let whom in, filters, the steps to investigate and, for each grant, the
  command that takes it back. It needs nothing from the network.

  With --follow-grants on, table, text and page also tell what became of each
  grant: when it was opened, used and closed, by whom and from where.

` + exitCodes

// scanFlags are the flags of scan that are no properties.
type scanFlags struct {
	format choice
	report string
	all    bool
	fail   bool
	quiet  bool
	filter filterFlags
	// explain is the id of the one event to explain, instead of scanning.
	explain string
}

func (p *program) scanCommand() *cobra.Command {
	flags := scanFlags{format: choice{"", []string{formatText, formatTable, formatCSV, formatJSON}}}
	properties := newProperties()
	cmd := &cobra.Command{
		Use:   "scan PATH...",
		Short: "Look for threats in CloudTrail files",
		Long:  scanHelp,
		Example: `  trailwire scan 111122223333_CloudTrail_eu-west-1_20260618T1200Z_x.json.gz
  trailwire scan --fail AWSLogs && echo "nothing found"
  trailwire scan --format json /var/log/cloudtrail | jq .alert.reason
  trailwire scan --format csv AWSLogs >alerts.csv
  trailwire scan --report report.html AWSLogs
  trailwire scan s3://trail/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/`,
		Args:                  somePaths,
		DisableFlagsInUseLine: true,
		Annotations:           map[string]string{helpNotes: scanNotes},
		RunE: func(_ *cobra.Command, paths []string) error {
			return p.scan(paths, flags, properties)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Var(&flags.format, "format", "How alerts are printed. Default: table on a terminal, text elsewhere.")
	f.StringVar(&flags.report, "report", "", "Write the alerts to this file too, as one HTML page to read and respond from.")
	f.BoolVar(&flags.all, "all", false, "With --format json: print every record, not only those with alerts.")
	flags.filter.addTo(f)
	f.BoolVar(&flags.fail, "fail", false, "Exit with code 3 when there was an alert.")
	f.StringVar(&flags.explain, "explain", "", "Only show why each rule matches the event with this id, or why not, and which alert comes of it or what drops it.")
	f.BoolVarP(&flags.quiet, "quiet", "q", false, "No progress bar and no summary.")
	f.AddFlagSet(properties.flags)
	return cmd
}

// somePaths checks the arguments of a command that reads files.
func somePaths(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return wrongUse(fmt.Errorf("%s needs a file, a folder, or - for standard input; see %s --help",
			cmd.Name(), cmd.CommandPath()))
	}
	for _, arg := range args {
		if arg == "" {
			return wrongUse(errors.New("a path is empty"))
		}
	}
	return nil
}

func (p *program) scan(paths []string, flags scanFlags, properties *properties) error {
	if flags.all && flags.format.value != formatJSON {
		return wrongUse(errors.New("--all needs --format json"))
	}
	if format := flags.format.value; flags.explain != "" && (format != "" && format != formatText || flags.report != "") {
		return wrongUse(errors.New("--explain prints text: it goes with no other --format and not with --report"))
	}
	if flags.explain != "" && flags.filter.isSet() {
		return wrongUse(errors.New("--explain shows everything about one event: it goes with no flag that leaves alerts out"))
	}
	engine, _, err := properties.engine(p.err)
	if err != nil {
		return err
	}
	filter, err := flags.filter.read(engine.Rules(), p.now())
	if err != nil {
		return wrongUse(err)
	}
	if flags.explain != "" {
		return p.explainEvent(paths, flags.explain, flags.quiet, engine)
	}
	byDefault := flags.format.value == ""
	if byDefault {
		flags.format.value = p.defaultFormat()
	}
	sink := p.newSink(flags)
	sink.filter = filter
	if flags.report != "" {
		if sink.report, err = openReport(flags.report); err != nil {
			return err
		}
		defer sink.report.Close()
	}
	start := p.now()
	r := logfile.NewReading(paths, p.in, p.err, flags.quiet, p.remote)
	if engine.Remembers() {
		r.ByTime()
	}
	if sink.report != nil {
		if _, found := sink.report.Replaces(r.Paths()); found {
			return wrongUse(fmt.Errorf("--report %s: that is a file to be read", flags.report))
		}
	}
	if flags.all {
		r.OverLimit = sink.json
	}
	evaluator := engine.ThoroughEvaluator()
	err = r.Each(func(record logfile.Record, from string) error {
		if err := sink.write(record.Body, evaluator.Record(record.Body, time.Time{}), from, r.Progress); err != nil {
			return err
		}
		return unreadable(evaluator.Malformed())
	})
	r.Finish()
	sink.finish()
	if err = errors.Join(err, sink.flush()); err != nil {
		return exit{exitProblems, fmt.Errorf("standard output: %w", logfile.Reason(err))}
	}
	if !flags.quiet {
		line := terminal.Summary{Stats: sink.counted(engine.Stats()), LeftOut: engine.Stats().Alerts - sink.alerts, Files: len(r.Paths()), Problems: r.Problems(), Took: p.now().Sub(start), Mentions: engine.TakeMentions(),
			Plain: r.Plain(), Aside: r.LeftAside(), Tallies: sink.tallies()}.String()
		if f := flags.format.value; f == formatText || f == formatTable {
			fmt.Fprintln(p.out, line)
		} else {
			fmt.Fprintln(p.err, line)
		}
	}
	if !flags.quiet {
		if byDefault && flags.format.value == formatTable && sink.alerts > 0 {
			fmt.Fprintln(p.out, "--format text says more about each alert.")
		}
		for _, line := range remembered(engine.Stats()) {
			fmt.Fprintln(p.err, line)
		}
	}
	if sink.report != nil {
		size, err := sink.report.Write(report.About{
			Made: p.now(), Version: version.Number, Stats: sink.counted(engine.Stats()),
			Files: len(r.Paths()), Problems: r.Problems(), Rules: engine.Rules(), Settings: append(properties.asFlags(), flags.filter.asFlags()...),
		})
		if err != nil {
			return exit{exitProblems, fmt.Errorf("--report %s: %w", flags.report, logfile.Reason(err))}
		}
		if !flags.quiet {
			fmt.Fprintln(p.err, sink.report.Summary(size))
		}
	}
	switch {
	case r.Problems() > 0:
		return exit{code: exitProblems}
	case flags.fail && sink.alerts > 0:
		return exit{code: exitAlerts}
	}
	return nil
}

// defaultFormat is how alerts are printed if no flag says it.
func (p *program) defaultFormat() string {
	if p.columns() > 0 {
		return formatTable
	}
	return formatText
}

// remembered says what rules about several events did not tell of, and why.
func remembered(s detect.Stats) (lines []string) {
	if s.Learned > 0 {
		lines = append(lines, fmt.Sprintf("%s raised no alert: rules about new terms learn first; see --learning-period", terminal.Counted(int(s.Learned), "new term")))
	}
	if s.Evicted > 0 {
		lines = append(lines, fmt.Sprintf("rules have forgotten %s, because there was no room: they may have missed events; see --state-memory", terminal.Counted(int(s.Evicted), "key")))
	}
	return lines
}

// unreadable says that so many JSON texts in a record cannot be read, or values in
// them: there may be an event in each.
func unreadable(texts int) error {
	if texts == 0 {
		return nil
	}
	return &logfile.RecordError{Err: fmt.Errorf("%s in the record cannot be read", terminal.Counted(texts, "JSON text"))}
}

func openReport(path string) (*report.Report, error) {
	if path == logfile.StandardInput {
		return nil, wrongUse(errors.New("--report needs the name of a file, such as report.html"))
	}
	r, err := report.Open(path)
	if err != nil {
		return nil, wrongUse(fmt.Errorf("--report %s: %w", path, logfile.Reason(err)))
	}
	return r, nil
}

// sink is where evaluated records go.
type sink struct {
	printed alertWriter // one of the two is nil
	json    *logfile.Writer
	report  *report.Report // nil for none
	all     bool
	filter  *alertFilter
	// alerts are those that the filter wants, suppressed those of them that are.
	alerts, suppressed uint64
	byRule, byAccount  terminal.Tally
}

// counted returns the counts of an engine with the alerts that were printed.
func (s *sink) counted(stats detect.Stats) detect.Stats {
	stats.Alerts, stats.Suppressed = s.alerts, s.suppressed
	return stats
}

func (p *program) newSink(flags scanFlags) *sink {
	if flags.format.value == formatJSON {
		return &sink{json: logfile.NewWriter(p.out), all: flags.all}
	}
	return &sink{printed: p.newAlertWriter(flags.format.value)}
}

// write prints what became of a record. Alerts are on the screen when it
// returns: standard input may be a stream that never ends.
func (s *sink) write(record []byte, outputs []detect.Output, from string, bar *terminal.Progress) error {
	s.filter.apply(outputs)
	alerts := 0
	for _, o := range outputs {
		alerts += len(o.Alerts)
	}
	if alerts == 0 && !s.all {
		return nil
	}
	if outputs == nil {
		outputs = []detect.Output{{Body: record}}
	}
	bar.Clear()
	for _, o := range outputs {
		if err := s.writeOutput(o, from); err != nil {
			return err
		}
	}
	if alerts > 0 {
		return s.flush()
	}
	return nil
}

func (s *sink) writeOutput(o detect.Output, from string) error {
	if s.report != nil {
		s.report.Add(o.Alerts, o.Body, from)
	}
	for i := range o.Alerts {
		s.alerts++
		s.byRule.Add(cmp.Or(o.Alerts[i].Rule.Name, o.Alerts[i].Rule.ID))
		s.byAccount.Add(o.Alerts[i].Event.Account)
		if o.Alerts[i].Suppressed != alert.NotSuppressed {
			s.suppressed++
		}
		if s.printed != nil {
			s.printed.write(&o.Alerts[i], from)
		}
	}
	if s.json != nil && (s.all || len(o.Alerts) > 0) {
		return s.json.WriteRecord(o.Body)
	}
	return nil
}

// tallies say how many alerts there were by rule and by account.
func (s *sink) tallies() []string {
	return []string{s.byRule.Line("rule"), s.byAccount.Line("account")}
}

// finish prints what is told after the last alert.
func (s *sink) finish() {
	if s.printed != nil {
		s.printed.finish()
	}
}

func (s *sink) flush() error {
	if s.printed != nil {
		return s.printed.flush()
	}
	return s.json.Flush()
}
