package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpNotes is the annotation with the text at the end of a command's help.
const helpNotes = "notes"

// propertiesHeading is the annotation with what a command's properties are about;
// Detection, if there is none.
const propertiesHeading = "properties"

// usage prints how a command is called: what cobra prints, but with the flags
// that are properties of the engine apart from those of the command itself.
func (p *program) usage(cmd *cobra.Command) error {
	var b strings.Builder
	if cmd.Runnable() && cmd.HasParent() {
		fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
	} else {
		fmt.Fprintf(&b, "Usage:\n  %s COMMAND\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-11s %s\n", c.Name(), c.Short)
			}
		}
		fmt.Fprintf(&b, "\n%s COMMAND --help says more about each.\n", cmd.CommandPath())
	}
	own, detection := pflag.NewFlagSet("own", pflag.ContinueOnError), pflag.NewFlagSet("detection", pflag.ContinueOnError)
	own.SortFlags, detection.SortFlags = false, false
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, ok := f.Value.(*propertyValue); ok {
			detection.AddFlag(f)
		} else {
			own.AddFlag(f)
		}
	})
	if own.HasAvailableFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", own.FlagUsagesWrapped(helpWidth))
	}
	if detection.HasAvailableFlags() {
		heading := cmp.Or(cmd.Annotations[propertiesHeading], "Detection")
		fmt.Fprintf(&b, "\n%s, as the plugin's properties of the same names:\n%s", heading, detection.FlagUsagesWrapped(helpWidth))
	}
	if notes := cmd.Annotations[helpNotes]; notes != "" {
		fmt.Fprintf(&b, "\n%s", notes)
	}
	_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
	return err
}

// helpWidth is the width of help texts, in columns.
const helpWidth = 80
