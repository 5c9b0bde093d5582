package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/collect"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/internal/address"
	"github.com/trailwire/trailwire/internal/deliver"
	"github.com/trailwire/trailwire/internal/property"
)

const collectHelp = `Bring CloudTrail's log files to a Fluent Bit.

CloudTrail writes gzip files to an S3 bucket, which no input of Fluent Bit
reads. This reads them and sends their events, a record each, to a forward
input. The filter trailwire is in that Fluent Bit.

  --queue URL      follows a bucket: the SQS queue that the bucket tells of each new
                   file, directly, through SNS or through EventBridge
  --bucket NAME    reads what is there now, once, and ends
  --folder PATH    follows a folder of files on this machine

Every event is delivered at least once: a message is deleted after the receiver
has acknowledged the last event of its file. Several collectors may share a
queue. SIGTERM finishes what is in hand within ten seconds or gives it back.

A file that is broken is reported once and does not come again. A file that
cannot be read for want of a permission, or in an outage, comes again, or goes
to the queue's dead letters.`

const collectNotes = `Credentials are found as the AWS command line finds them: the environment, the
shared files, a web identity, the metadata of ECS and EC2. --role assumes a role
with them. AWS_ENDPOINT_URL, AWS_USE_FIPS_ENDPOINT and the others of the SDK
hold.

Exit codes:
  0    everything was delivered; with --queue or --folder, a signal has ended it
  1    a file of the bucket was not delivered whole, or AWS or a file said no
  2    wrong use: an unknown flag, a wrong value
  130  with --bucket: interrupted before its end
`

// collectFlags are the flags of collect that are not properties.
type collectFlags struct {
	queues                 []string
	bucket, prefix, since  string
	folder                 string
	mark                   string
	to                     string
	region, role, external string
	workers                int
	maxRecord              int // megabytes
	every                  time.Duration
	listen                 string
	dryRun, quiet          bool
}

func (p *program) collectCommand() *cobra.Command {
	var flags collectFlags
	sending := newSending(&flags.to)
	cmd := &cobra.Command{
		Use:   "collect (--queue URL | --bucket NAME | --folder PATH) --to forward://HOST:PORT",
		Short: "Bring CloudTrail's files from S3 to a Fluent Bit",
		Long:  collectHelp,
		Example: `  trailwire collect --queue https://sqs.eu-west-1.amazonaws.com/111122223333/trail \
      --to forward://127.0.0.1:24224
  trailwire collect --bucket trail --prefix AWSLogs/111122223333/CloudTrail/ \
      --since 7d --mark /var/lib/trailwire/trail.mark --to forward://127.0.0.1:24224
  trailwire collect --folder /srv/cloudtrail --mark /var/lib/trailwire/folder.mark \
      --to forward://127.0.0.1:24224
  trailwire collect --bucket trail --to stdout | head -1`,
		Args:                  cobra.NoArgs,
		DisableFlagsInUseLine: true,
		Annotations:           map[string]string{helpNotes: collectNotes, propertiesHeading: "Sending"},
		RunE: func(*cobra.Command, []string) error {
			ctx, stop := untilInterrupted()
			defer stop()
			return p.collect(ctx, flags, sending)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&flags.queues, "queue", nil, "URL of an SQS queue. May be given several times.")
	f.StringVar(&flags.bucket, "bucket", "", "Bucket to read once.")
	f.StringVar(&flags.prefix, "prefix", "", "With --bucket: what keys begin with.")
	f.StringVar(&flags.since, "since", "", "With --bucket: only files that were written since then: 2026-11-01, 2026-11-01T10:00:00Z, or so long ago: 12h, 7d.")
	f.StringVar(&flags.folder, "folder", "", "Folder to follow: .json, .ndjson and .jsonl files, with .gz or without, that do not change any more.")
	f.StringVar(&flags.mark, "mark", "", "With --bucket or --folder: file that keeps what was delivered, so that the next start goes on there.")
	f.StringVar(&flags.to, "to", "", "Where records go: forward://HOST:PORT, forward+unix:///path, file:///path or stdout. A forward address may have settings: ?tag=cloudtrail&tls=on.")
	f.IntVar(&flags.workers, "workers", 4, "How many files are read at a time.")
	f.IntVar(&flags.maxRecord, "max-record", collect.DefaultMaxRecord/1_000_000, "The largest record that is sent, in megabytes. It must be less than buffer_max_size of the forward input, which is 6 by default.")
	f.DurationVar(&flags.every, "every", 10*time.Second, "With --folder: how often to look for new files.")
	f.StringVar(&flags.region, "region", "", "Region of AWS. Default: that of the queue's URL, or what the SDK finds.")
	f.StringVar(&flags.role, "role", "", "ARN of a role to assume.")
	f.StringVar(&flags.external, "external-id", "", "External ID that the role asks for.")
	f.StringVar(&flags.listen, "metrics-listen", "", "HOST:PORT for /metrics (Prometheus) and /healthz. Default: none.")
	f.BoolVar(&flags.dryRun, "dry-run", false, "Only say what would be read. No message of a queue is received.")
	f.BoolVarP(&flags.quiet, "quiet", "q", false, "No line at the start, no progress line and no summary.")
	f.AddFlagSet(sending.flags)
	return cmd
}

// sending are the flags that are properties of the output plugin: how to talk to the
// receiver.
type sending struct {
	properties
	to *string
}

func newSending(to *string) *sending {
	s := &sending{properties{flags: pflag.NewFlagSet("sending", pflag.ContinueOnError)}, to}
	s.flags.SortFlags = false
	for _, entry := range property.OutputTable {
		switch entry.Name {
		case "alerts_to", "alerts_only": // --to, and records are not alerts
		case "shared_key": // others may see a command line
		default:
			s.flags.Var(&propertyValue{kind: entry.Kind, text: entry.Default}, flagName(entry.Name), entry.Help)
		}
	}
	return s
}

// Property implements [property.Source].
func (s *sending) Property(name string) (value string, set bool) {
	if name == "alerts_to" {
		return withTag(*s.to), true
	}
	return s.properties.Property(name)
}

// collectedTag is the tag of records if the address does not say.
const collectedTag = "cloudtrail"

// withTag returns an address with a tag for what is not an alert.
func withTag(to string) string {
	u, err := url.Parse(to)
	if err != nil || !strings.HasPrefix(u.Scheme, "forward") || u.Query().Has("tag") {
		return to
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += "tag=" + collectedTag
	return u.String()
}

// destination returns where records go.
func (s *sending) destination() (deliver.Destination, error) {
	if *s.to == "" {
		return nil, wrongUse(errors.New("--to is missing: it must be forward://HOST:PORT, forward+unix:///path, file:///path or stdout"))
	}
	_, out, err := property.ReadOutput(s)
	if err != nil {
		text := strings.NewReplacer(`property "alerts_to"`, "--to", "alerts_to", "--to").Replace(err.Error())
		for _, entry := range property.OutputTable {
			text = strings.Replace(text, fmt.Sprintf("property %q", entry.Name), "--"+flagName(entry.Name), 1)
		}
		return nil, wrongUse(errors.New(text))
	}
	if len(out.Addresses) != 1 {
		return nil, wrongUse(errors.New("--to takes one address"))
	}
	if a := out.Addresses[0]; a.Kind == address.Forward && strings.Contains(a.Tag.String(), "$") {
		return nil, wrongUse(errors.New("--to: the tag has a variable, and what is collected is not an alert"))
	}
	return deliver.Destinations(deliver.Options{
		Addresses: out.Addresses, TLS: out.TLS, SharedKey: out.SharedKey,
		ConnectTimeout: out.ConnectTimeout, SendTimeout: out.SendTimeout,
	})[0], nil
}

// maxMaxRecord bounds --max-record: each worker may hold some times as much.
const maxMaxRecord = 64

// check returns what is wrong with the flags taken together.
func (f *collectFlags) check() error {
	sources := 0
	for _, given := range []bool{len(f.queues) > 0, f.bucket != "", f.folder != ""} {
		if given {
			sources++
		}
	}
	switch {
	case sources != 1:
		return errors.New("give one of --queue, --bucket and --folder")
	case f.bucket == "" && (f.prefix != "" || f.since != ""):
		return errors.New("--prefix and --since go with --bucket")
	case len(f.queues) > 0 && f.mark != "":
		return errors.New("--mark goes with --bucket or --folder: a queue keeps what was not delivered by itself")
	case f.workers < 1 || f.workers > 64:
		return fmt.Errorf("--workers: %d is not allowed: it must be from 1 to 64", f.workers)
	case f.maxRecord < 1 || f.maxRecord > maxMaxRecord:
		return fmt.Errorf("--max-record: %d is not allowed: it must be from 1 to %d", f.maxRecord, maxMaxRecord)
	case f.every < time.Second:
		return fmt.Errorf("--every: %v is not allowed: it must be a second at least", f.every)
	case f.external != "" && f.role == "":
		return errors.New("--external-id goes with --role")
	}
	for _, q := range f.queues {
		if u, err := url.Parse(q); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return fmt.Errorf("--queue: %q is not allowed: it must be a URL such as https://sqs.eu-west-1.amazonaws.com/111122223333/trail", q)
		}
	}
	return nil
}

func (p *program) collect(ctx context.Context, flags collectFlags, sending *sending) error {
	if err := flags.check(); err != nil {
		return wrongUse(err)
	}
	since, err := readSince(flags.since, p.now())
	if err != nil {
		return wrongUse(err)
	}
	source, err := p.collectSource(ctx, flags, since)
	if err != nil {
		return err
	}
	if flags.dryRun {
		if err := source.list(ctx, p); ctx.Err() == nil {
			return err
		}
		return errInterrupted
	}
	destination, err := sending.destination()
	if err != nil {
		return err
	}
	defer destination.Close()
	lines := newCollectLines(p, flags.quiet)
	c := collect.New(collect.Options{
		Store: source.store, Destination: destination, MaxRecord: flags.maxRecord * 1_000_000, Now: p.now, Log: lines.say,
	})
	if flags.listen != "" {
		server, err := collect.Serve(flags.listen, c)
		if err != nil {
			return wrongUse(fmt.Errorf("--metrics-listen: %w", err))
		}
		defer server.Close()
	}
	if !flags.quiet {
		lines.say("reading " + source.what + source.who(ctx) + ", to " + destination.String())
	}
	end := lines.follow(c.Counts())
	problems, err := source.run(ctx, c)
	end()
	switch {
	// Of what is followed a signal is the end; a bucket is read to its own.
	case flags.bucket != "" && ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)):
		return errInterrupted
	case err != nil:
		return exit{exitProblems, err}
	case problems > 0:
		return exit{code: exitProblems}
	}
	return nil
}

// collectSource is where files come from.
type collectSource struct {
	store collect.Store
	what  string                           // is read
	who   func(ctx context.Context) string // reads it, for a line
	// run delivers until the context or the source ends.
	run func(ctx context.Context, c *collect.Collector) (problems int, err error)
	// list prints what run would read.
	list func(ctx context.Context, p *program) error
}

func (p *program) collectSource(ctx context.Context, flags collectFlags, since time.Time) (collectSource, error) {
	if flags.folder != "" {
		return folderSource(flags)
	}
	account := collect.Account{Region: flags.region, Role: flags.role, ExternalID: flags.external}
	if len(flags.queues) > 0 && account.Region == "" {
		account.Region = collect.RegionOfQueue(flags.queues[0])
	}
	aws, err := collect.Open(ctx, account)
	if err != nil {
		return collectSource{}, wrongUse(fmt.Errorf("aws: %w", err))
	}
	if flags.bucket != "" {
		return bucketSource(aws, flags, since)
	}
	return queueSource(aws, flags), nil
}

func queueSource(aws *collect.AWS, flags collectFlags) collectSource {
	return collectSource{
		store: aws, what: strings.Join(flags.queues, ", "), who: asWhom(aws),
		run: func(ctx context.Context, c *collect.Collector) (int, error) {
			var all sync.WaitGroup
			for _, url := range flags.queues {
				all.Go(func() { c.Queue(ctx, aws.Queue(url), flags.workers) })
			}
			all.Wait()
			return 0, nil
		},
		list: func(ctx context.Context, p *program) error {
			for _, url := range flags.queues {
				state, err := aws.QueueState(ctx, url)
				if err != nil {
					return exit{exitProblems, fmt.Errorf("%s: %w", url, err)}
				}
				fmt.Fprintln(p.out, queueLine(url, state))
			}
			return nil
		},
	}
}

func bucketSource(aws *collect.AWS, flags collectFlags, since time.Time) (collectSource, error) {
	mark, err := collect.OpenMark(flags.mark, "s3://"+flags.bucket+"/"+flags.prefix)
	if err != nil {
		return collectSource{}, wrongUse(fmt.Errorf("--mark: %w", err))
	}
	list := func(ctx context.Context, after string, visit func(o collect.Object, modified time.Time) bool) error {
		return aws.List(ctx, flags.bucket, flags.prefix, after, visit)
	}
	what := "s3://" + flags.bucket + "/" + flags.prefix
	if mark.Key() != "" {
		what += " after the key " + mark.Key()
	}
	return collectSource{
		store: aws, what: what, who: asWhom(aws),
		run: func(ctx context.Context, c *collect.Collector) (int, error) {
			return c.Walk(ctx, list, since, mark, flags.workers)
		},
		list: func(ctx context.Context, p *program) error {
			return p.printObjects(func(visit func(o collect.Object)) error {
				return list(ctx, mark.Key(), func(o collect.Object, modified time.Time) bool {
					if !modified.Before(since) {
						visit(o)
					}
					return ctx.Err() == nil
				})
			})
		},
	}, nil
}

func folderSource(flags collectFlags) (collectSource, error) {
	seen, err := collect.OpenSeen(flags.mark)
	if err != nil {
		return collectSource{}, wrongUse(fmt.Errorf("--mark: %w", logfile.Reason(err)))
	}
	return collectSource{
		store: collect.Disk{}, what: flags.folder, who: func(context.Context) string { return "" },
		run: func(ctx context.Context, c *collect.Collector) (int, error) {
			return 0, c.Folder(ctx, flags.folder, seen, flags.every)
		},
		list: func(_ context.Context, p *program) error {
			return p.printObjects(func(visit func(o collect.Object)) error {
				return collect.List(flags.folder, seen, visit)
			})
		},
	}, nil
}

// printObjects prints what would be read, and how much that is.
func (p *program) printObjects(each func(visit func(o collect.Object)) error) error {
	files, bytes := 0, int64(0)
	err := each(func(o collect.Object) {
		if aside := o.Aside(); aside != "" {
			return
		}
		files++
		bytes += o.Size
		fmt.Fprintf(p.out, "%12d  %s\n", o.Size, terminal.Printable(o.String(), terminal.MaxLine))
	})
	if err != nil {
		return exit{exitProblems, err}
	}
	fmt.Fprintf(p.err, "%s, %s\n", terminal.Counted(files, "file"), terminal.Counted(int(bytes), "byte"))
	return nil
}

// readSince reads a time, or how long ago it is.
func readSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	var days int
	if n, err := fmt.Sscanf(text, "%dd", &days); err == nil && n == 1 && fmt.Sprintf("%dd", days) == text && days >= 0 {
		return now.AddDate(0, 0, -days), nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("--since: %q is not allowed: it must be like 2026-11-01, 2026-11-01T10:00:00Z, 12h or 7d", text)
}
