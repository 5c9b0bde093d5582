package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/cloudtrail"
)

// noCommand refuses the arguments of a command that has commands below it: each of them is
// a command that is not there.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return wrongUse(fmt.Errorf("unknown command %q%s See %s --help",
		terminal.Printable(args[0], terminal.MaxValue), didYouMean("", args[0], names), cmd.CommandPath()))
}

// flagProblem is an error about a flag, with the flag that was meant where it is unknown.
func flagProblem(cmd *cobra.Command, err error) error {
	unknown, isUnknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !isUnknown {
		return wrongUse(err)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return wrongUse(fmt.Errorf("%w%s See %s --help", err, didYouMean("--", unknown, names), cmd.CommandPath()))
}

// didYouMean asks for the name that a text is a misspelling of, if there is one.
func didYouMean(prefix, text string, names []string) string {
	if nearest := cloudtrail.Nearest(text, names); nearest != "" {
		return ": did you mean " + prefix + nearest + "?"
	}
	return "."
}
