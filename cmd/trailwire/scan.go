package main

import (
	"cmp"
	"context"
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

PATH is a file, a folder, s3://BUCKET/PREFIX, or - for standard input. Of a
folder every .json, .ndjson and .jsonl file below it is read, and every .log,
.txt or .out file, one without an ending and one that was rotated (.json.1,
.log-20260618), if there is JSON in its first 64 KB. The summary says how many
files were left aside. A file that is named is read, whatever its name is. Gzip
and UTF-16 are recognised by their first bytes.

A file may hold S3 log files ({"Records":[...]}), single events one after the
other, one a line or one over many lines, with words before them or without, a
list of them, and every wrapping in which CloudTrail travels: EventBridge,
CloudWatch Logs, SNS, SQS, lookup-events, JSON text under a key, Elastic's ECS
documents. Nothing needs to be configured.

Standard error names what cannot be read, with its file and line. The rest is
read, and the exit code is 1 (3 if there is an alert and --fail): 0 says that
everything was read. A broken event in a list costs itself alone. Lines without
JSON in files that may have such (.log, .txt, .out, no ending) are counted in
the summary.`

const scanNotes = `Output:
  table  a line for each alert, cut to the width of the terminal: the default on
         a terminal
  text   a paragraph for each alert, with all that is known of it: the default
         elsewhere
  csv    a header, and a line for each alert: when, how bad, which rule, who, from
         where, on what, and the file and line. A text that a spreadsheet would
         take for a formula has an apostrophe before it; what cannot be printed is
         escaped: \n, \x1b
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

  Ctrl-C ends the scan with the summary of what was read so far, and with no report.

Exit codes:
  0    everything was read, and there was no alert or no --fail
  1    some input could not be read; what could be read was evaluated
  2    wrong use: an unknown flag, a wrong value, a rule that does not compile
  3    there was an alert, and --fail was given: also where there was a problem
  130  interrupted: not everything was read
`

// scanFlags are the flags of scan that are not properties.
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
			ctx, stop := untilInterrupted()
			defer stop()
			return p.scan(ctx, paths, flags, properties)
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
	_ = cmd.RegisterFlagCompletionFunc("rule", completeRuleID(properties)) // fails for an unknown flag alone
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

// check returns what is wrong with the flags taken together.
func (f *scanFlags) check() error {
	switch format := f.format.value; {
	case f.all && format != formatJSON:
		return errors.New("--all needs --format json")
	case f.explain != "" && (format != "" && format != formatText || f.report != ""):
		return errors.New("--explain prints text: it goes with no other --format and not with --report")
	case f.explain != "" && f.filter.isSet():
		return errors.New("--explain shows everything about one event: it goes with no flag that leaves alerts out")
	}
	return nil
}

func (p *program) scan(ctx context.Context, paths []string, flags scanFlags, properties *properties) error {
	if err := flags.check(); err != nil {
		return wrongUse(err)
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
		return p.explainEvent(ctx, paths, flags.explain, flags.quiet, engine)
	}
	s := scanning{program: p, flags: flags, properties: properties, engine: engine, start: p.now(), format: flags.format.value}
	if s.format == "" {
		s.format = p.defaultFormat()
	}
	s.sink = p.newSink(s.format, flags.all)
	s.sink.filter = filter
	if flags.report != "" {
		if s.sink.report, err = openReport(flags.report); err != nil {
			return err
		}
		defer s.sink.report.Close()
	}
	s.reading = logfile.NewReading(ctx, paths, p.in, p.err, flags.quiet, p.remote)
	if s.sink.report != nil {
		if _, found := s.sink.report.Replaces(s.reading.Paths()); found {
			return wrongUse(fmt.Errorf("--report %s: that is a file to be read", flags.report))
		}
	}
	return s.run()
}

// scanning is a scan under way.
type scanning struct {
	*program
	flags      scanFlags
	format     string // of the flags, or the default
	properties *properties
	engine     *detect.Engine
	reading    *logfile.Reading
	sink       *sink
	start      time.Time
}

// run reads everything, or until the scan is interrupted, and says what there was.
func (s *scanning) run() error {
	err := s.read()
	interrupted := errors.Is(err, logfile.ErrInterrupted)
	if interrupted {
		err = nil
	}
	s.sink.finish()
	if err = errors.Join(err, s.sink.flush()); err != nil {
		return exit{s.code(true), fmt.Errorf("standard output: %w", logfile.Reason(err))}
	}
	if !s.flags.quiet {
		s.summarize(interrupted)
	}
	if interrupted {
		if s.sink.report != nil {
			return exit{exitInterrupted, fmt.Errorf("%w: --report %s is not written", logfile.ErrInterrupted, s.flags.report)}
		}
		return errInterrupted
	}
	if s.sink.report != nil {
		if err := s.writeReport(); err != nil {
			return exit{s.code(true), fmt.Errorf("--report %s: %w", s.flags.report, logfile.Reason(err))}
		}
	}
	if code := s.code(s.reading.Problems() > 0); code != exitFine {
		return exit{code: code}
	}
	return nil
}

// code is the exit code of a scan that was not interrupted. An alert counts for more than
// a problem: one broken file must not hide it.
func (s *scanning) code(problem bool) int {
	switch {
	case s.flags.fail && s.sink.alerts > 0:
		return exitAlerts
	case problem:
		return exitProblems
	}
	return exitFine
}

// read evaluates each record. The error is one of printing, or says that the scan is
// interrupted.
func (s *scanning) read() error {
	if s.engine.Remembers() {
		s.reading.ByTime()
	}
	if s.flags.all {
		s.reading.OverLimit = s.sink.json
	}
	evaluator := s.engine.ThoroughEvaluator()
	err := s.reading.Each(func(record logfile.Record, from string) error {
		if err := s.sink.write(record.Body, evaluator.Record(record.Body, time.Time{}), from, s.reading.Progress); err != nil {
			return err
		}
		return unreadable(evaluator.Malformed())
	})
	s.reading.Finish()
	return err
}

// summarize says in a line or some what was read and found: beside the alerts where these
// are for people, else on standard error.
func (s *scanning) summarize(interrupted bool) {
	stats, files := s.engine.Stats(), len(s.reading.Paths())
	summary := terminal.Summary{
		Stats: s.sink.counted(stats), LeftOut: stats.Alerts - s.sink.alerts, Files: files, Problems: s.reading.Problems(),
		Took: s.now().Sub(s.start), Mentions: s.engine.TakeMentions(), Plain: s.reading.Plain(), Aside: s.reading.LeftAside(),
		Tallies: s.sink.tallies(),
	}
	if interrupted {
		summary.Files, summary.OfFiles = s.reading.Begun(), files
	}
	out := s.err
	if s.format == formatText || s.format == formatTable {
		out = s.out
	}
	fmt.Fprintln(out, summary)
	if s.flags.format.value == "" && s.format == formatTable && s.sink.alerts > 0 {
		fmt.Fprintln(out, "--format text says more about each alert.")
	}
	for _, line := range remembered(stats) {
		fmt.Fprintln(s.err, line)
	}
}

func (s *scanning) writeReport() error {
	size, err := s.sink.report.Write(report.About{
		Made: s.now(), Version: version.Number, Stats: s.sink.counted(s.engine.Stats()),
		Files: len(s.reading.Paths()), Problems: s.reading.Problems(), Rules: s.engine.Rules(),
		Settings: append(s.properties.asFlags(), s.flags.filter.asFlags()...),
	})
	if err == nil && !s.flags.quiet {
		fmt.Fprintln(s.err, s.sink.report.Summary(size))
	}
	return err
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

func (p *program) newSink(format string, all bool) *sink {
	if format == formatJSON {
		return &sink{json: logfile.NewWriter(p.out), all: all}
	}
	return &sink{printed: p.newAlertWriter(format)}
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
