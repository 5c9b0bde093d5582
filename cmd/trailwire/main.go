// Command trailwire runs Trailwire's detection over CloudTrail files, without
// Fluent Bit (trailwire scan) or with it (trailwire demo).
//
// Package detect decides what is an alert. The flags of the commands are the
// properties of the Fluent Bit plugin.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/internal/version"
)

func main() {
	p := program{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now,
		columns: func() int { return terminal.Columns(os.Stdout) },
	}
	os.Exit(p.run(os.Args[1:]))
}

// program is one run of the command line, with what tests replace around it.
type program struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
	// columns returns how wide the terminal is that out is, 0 if out is not one.
	columns func() int
}

// The exit codes, as --help and docs/command-line.md document them.
const (
	exitFine     = 0
	exitProblems = 1 // some input could not be read, or the demo went wrong
	exitUsage    = 2 // wrong flag, argument, property or rule
	exitAlerts   = 3 // an alert was raised and --fail was given

	// exitInterrupted is 128 and the number of SIGINT, as shells have it.
	exitInterrupted = 130
)

// exit is an error that ends the program with a code of its own. Its message is
// empty if the problem was printed before.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

// wrongUse marks an error as the user's: exit code 2.
func wrongUse(err error) error { return exit{exitUsage, err} }

// run is main without the process around it: it returns the exit code.
func (p *program) run(args []string) int {
	root := p.command()
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		return exitFine
	}
	// An error without a code is cobra's own, about an unknown command or the
	// number of arguments.
	e := exit{exitUsage, err}
	errors.As(err, &e)
	var host *logged
	if errors.As(err, &host) {
		fmt.Fprint(p.err, host.tail())
	}
	if text := e.Error(); text != "" {
		fmt.Fprintf(p.err, "trailwire: %s\n", terminal.Printable(text, terminal.MaxLine))
		terminal.Caret(p.err, err)
	}
	return e.code
}

func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "trailwire",
		Short: "A tripwire for AWS CloudTrail",
		Long: `Trailwire watches AWS CloudTrail for threats. It is a filter plugin for Fluent
Bit; this is its command line, which runs the same detection over files.

The rule it ships with finds a Lambda function that was opened to another AWS
account: "AWS Lambda Function Policy Updated to Allow Cross-Account Invocation".`,
		Example: `  trailwire scan cloudtrail.json.gz        look for threats in a file
  trailwire scan /var/log/cloudtrail       … in every log file of a folder
  aws cloudtrail lookup-events --lookup-attribute \
      AttributeKey=EventSource,AttributeValue=lambda.amazonaws.com | trailwire scan -
  trailwire demo testdata                  run the plugin itself, in Fluent Bit`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noCommand,
		Version:       version.Number,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.SetVersionTemplate("trailwire {{.Version}}\n")
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.SetFlagErrorFunc(flagProblem)
	root.SetUsageFunc(p.usage)
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(p.scanCommand(), p.queryCommand(), p.rulesCommand(), p.collectCommand(), p.demoCommand(), p.completionCommand(), p.versionCommand())
	completeValues(root)
	return root
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if _, err := fmt.Fprintf(p.out, "trailwire %s\n", version.Number); err != nil {
				return exit{exitProblems, err}
			}
			return nil
		},
	}
}
