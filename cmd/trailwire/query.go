package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/eql"
	"github.com/trailwire/trailwire/detect/esql"
	"github.com/trailwire/trailwire/detect/kql"
	prog "github.com/trailwire/trailwire/detect/program"
	"github.com/trailwire/trailwire/detect/rule"
)

const queryHelp = `Print the events that match a query in EQL, Elastic's Event Query Language, or
with --language in KQL, Kibana's, in ES|QL or in Sigma.

  eql    category where condition        any where condition
  kuery  field: value and not field: (value or value*)
  esql   from index | where condition
  sigma  {field: value, field|contains: value}, or a detection with its condition,
         or a whole rule

PATH is a file, a folder, or - for standard input, as for scan. A query asks for
ECS field names (event.action, aws.cloudtrail.user_identity.arn), which a raw
CloudTrail event answers too; in Sigma, for CloudTrail's own names (eventName).
With --schema none the documents are JSON of any kind, and a field is the value
under its name: nested, or with dots.`

const queryNotes = `Output:
  json    one matching event a line, without the wrapping it came in; with --fields,
          an object with those fields that the event has
  csv     a header, and a line for each matching event. A text that a spreadsheet
          would take for a formula has an apostrophe before it; what cannot be
          printed is escaped: \n, \x1b
  table   the same for people
  --fields takes names as queries do, with commas between them. Without it csv and
  table have a few that say who did what. With --explain, for every event, each part
  of the query with its verdict and with the values it read.

Exit codes:
  0    everything was read, whether anything matches or not
  1    some input could not be read; what could be read was evaluated
  2    wrong use: an unknown flag, a wrong value, a query that does not compile
  130  interrupted: not everything was read
`

type queryFlags struct {
	language choice
	schema   choice
	category string
	explain  bool
	event    string
	quiet    bool
	format   choice
	fields   []string
}

func (p *program) queryCommand() *cobra.Command {
	flags := queryFlags{
		language: choice{rule.EQL, []string{rule.EQL, rule.KQL, rule.ESQL, rule.Sigma}}, schema: choice{"cloudtrail", []string{"cloudtrail", "none"}},
		format: choice{formatJSON, []string{formatJSON, formatCSV, formatTable}},
	}
	cmd := &cobra.Command{
		Use:   "query QUERY PATH...",
		Short: "Print the events that match a query",
		Long:  queryHelp,
		Example: `  trailwire query 'any where event.action : "Delete*" and event.outcome == "failure"' AWSLogs
  trailwire query --language kuery 'event.action: Delete* and not user.name: (root or svc-*)' AWSLogs
  trailwire query --language sigma '{eventName|startswith: Delete, errorCode: null}' AWSLogs
  trailwire query --explain --event 63bdd2e9-… "$(cat rule.eql)" day.json.gz
  trailwire query --format table --fields @timestamp,user.name,source.ip 'any where true' AWSLogs
  trailwire query --schema none --category-field kind 'login where user.id == 0' app.ndjson`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return wrongUse(fmt.Errorf("query needs a query, and a file, a folder, or - for standard input; see %s --help", cmd.CommandPath()))
			}
			return somePaths(cmd, args[1:])
		},
		DisableFlagsInUseLine: true,
		Annotations:           map[string]string{helpNotes: queryNotes},
		RunE: func(_ *cobra.Command, args []string) error {
			ctx, stop := untilInterrupted()
			defer stop()
			return p.query(ctx, args[0], args[1:], flags)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Var(&flags.language, "language", "The language of the query: EQL, KQL, which rule files call kuery, ES|QL, or Sigma.")
	f.Var(&flags.schema, "schema", "What the documents are: CloudTrail in any of its wrappings, or anything.")
	f.Var(&flags.format, "format", "How matching events are printed.")
	f.StringSliceVar(&flags.fields, "fields", nil, "Print these fields of an event, and not all of it.")
	f.StringVar(&flags.category, "category-field", "event.category", "The field that holds an event's category: the word before where.")
	f.BoolVar(&flags.explain, "explain", false, "Show for every event why it matches, or why not.")
	f.StringVar(&flags.event, "event", "", "Look at the event with this id alone (event.id).")
	f.BoolVarP(&flags.quiet, "quiet", "q", false, "No progress bar and no summary.")
	return cmd
}

func (p *program) query(ctx context.Context, text string, paths []string, flags queryFlags) error {
	program, err := compileQuery(text, flags)
	if err != nil {
		return wrongUse(fmt.Errorf("the query: %w", err))
	}
	start := p.now()
	r := logfile.NewReading(ctx, paths, p.in, p.err, flags.quiet, p.remote)
	q := querying{
		program: program, flags: flags, explain: terminal.NewExplainer(p.out, terminal.ColorsFor(p.out)), progress: r.Progress,
	}
	if q.shown = flags.fields; len(q.shown) == 0 && flags.format.value != formatJSON {
		q.shown = shownFields
	}
	q.out = newMatchWriter(flags.format.value, q.shown, p.out)
	if flags.schema.value == "cloudtrail" {
		q.finder = cloudtrail.NewFinder(detect.DefaultOptions().JSONKeys, nil)
		for _, f := range program.Fields() {
			field := rule.LookupField(flags.language.value, f.Name)
			if doubt := doubtful(flags.language.value, f.Name, field); doubt != "" {
				terminal.Warn(p.err, []string{doubt})
			}
			q.view.fields = append(q.view.fields, field)
		}
		for _, name := range q.shown {
			field := rule.LookupField(flags.language.value, name)
			if doubt := doubtful(flags.language.value, name, field); doubt != "" {
				terminal.Warn(p.err, []string{doubt})
			}
			q.columns = append(q.columns, field)
		}
	}
	err = r.Each(q.record)
	r.Finish()
	interrupted, files := errors.Is(err, logfile.ErrInterrupted), terminal.Counted(len(r.Paths()), "file")
	if interrupted {
		err, files = nil, terminal.Grouped(r.Begun())+" of "+files
	}
	if err = errors.Join(err, q.out.flush()); err != nil {
		return exit{exitProblems, fmt.Errorf("standard output: %w", logfile.Reason(err))}
	}
	if !flags.quiet {
		fmt.Fprintf(p.err, "%s in %s, read in %s: %s.\n", terminal.Counted(q.events, q.noun()), files,
			terminal.ShortDuration(p.now().Sub(start)), matchCount(q.matches))
	}
	switch {
	case interrupted:
		return errInterrupted
	case r.Problems() > 0:
		return exit{code: exitProblems}
	}
	return nil
}

// doubtful is a warning about a field that raw events lack. It is empty for all others.
func doubtful(language, name string, field cloudtrail.Field) string {
	name = terminal.Printable(name, terminal.MaxValue)
	switch {
	case language == rule.Sigma && !cloudtrail.IsMember(name):
		return "no CloudTrail event has the field " + name
	case field.Database() != "":
		name += " without " + field.Database()
	case field.From() != "":
		return ""
	case field.Absent() != "":
		name += " (" + field.Absent() + ")"
	}
	return "no raw CloudTrail event has a field " + name + "; it is read from ECS documents alone"
}

// compileQuery compiles a query about CloudTrail with the types of its fields, and one
// about documents of any kind without.
func compileQuery(text string, flags queryFlags) (*prog.Program, error) {
	if flags.schema.value == "cloudtrail" {
		return rule.CompileQuery(flags.language.value, text, flags.category)
	}
	switch flags.language.value {
	case rule.Sigma:
		return rule.CompileQuery(rule.Sigma, text, "")
	case rule.ESQL:
		parsed, err := esql.Parse(text)
		if err != nil {
			return nil, err
		}
		return esql.Compile(parsed)
	case rule.KQL:
		parsed, err := kql.Parse(text)
		if err != nil {
			return nil, err
		}
		return kql.Compile(parsed)
	}
	parsed, err := eql.Parse(text)
	if err != nil {
		return nil, err
	}
	return eql.Compile(parsed, eql.CategoryField(flags.category))
}

// matchCount is a number of matches in words.
func matchCount(n int) string {
	switch n {
	case 0:
		return "none matches"
	case 1:
		return "1 matches"
	}
	return terminal.Grouped(n) + " match"
}

// querying is a query on its way through records.
type querying struct {
	program  *prog.Program
	flags    queryFlags
	finder   *cloudtrail.Finder // nil if the documents are not CloudTrail
	view     eventView
	explain  terminal.Explainer
	out      matchWriter
	shown    []string // names of the fields to print, none for whole events
	columns  []cloudtrail.Field
	progress *terminal.Progress

	events, matches int
}

// eventView shows an event to a program. It turns the program's slots into
// fields.
type eventView struct {
	event  cloudtrail.Event
	fields []cloudtrail.Field
}

// Value implements [prog.Document].
func (v *eventView) Value(slot int) prog.Value { return v.event.Value(v.fields[slot]) }

// noun names what the query is evaluated on.
func (q *querying) noun() string {
	if q.finder == nil {
		return "document"
	}
	return "event"
}

// record evaluates the query on each event of a record.
func (q *querying) record(r logfile.Record, from string) error {
	record := r.Body
	if q.finder == nil {
		if r.Text {
			return nil // no document: what it has is nobody's field
		}
		d := &plainDocument{record: record, fields: q.program.Fields()}
		id := plainDocument{record: record, fields: []prog.Field{{Name: cloudtrail.FieldEventID.Name()}}}
		columns := plainDocument{record: record}
		for _, name := range q.shown {
			columns.fields = append(columns.fields, prog.Field{Name: name})
		}
		return q.evaluate(d, columns.Value, record, string(id.Value(0).Text()), from)
	}
	q.finder.Find(record)
	for _, part := range q.finder.Parts() {
		if part.Event == nil {
			continue
		}
		q.view.event.Reset(part.Event, part.Form)
		column := func(i int) prog.Value { return q.view.event.Value(q.columns[i]) }
		if err := q.evaluate(&q.view, column, part.Event, string(q.view.event.Text(cloudtrail.FieldEventID)), from); err != nil {
			return err
		}
	}
	return nil
}

func (q *querying) evaluate(d prog.Document, column func(int) prog.Value, event []byte, id, from string) error {
	if q.flags.event != "" && id != q.flags.event {
		return nil
	}
	q.events++
	matches := q.program.Match(d)
	if matches {
		q.matches++
	}
	if q.flags.explain {
		q.progress.Clear()
		clause := q.program.Explain(d)
		q.explain.Event(from, terminal.Printable(id, terminal.MaxValue), matchWord(clause))
		q.explain.Clause(clause, 0)
		return nil
	}
	if !matches {
		return nil
	}
	q.progress.Clear()
	return q.out.write(event, column)
}
