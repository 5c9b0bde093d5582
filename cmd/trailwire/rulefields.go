package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/cloudtrail"
)

const fieldsHelp = `List the fields that a rule can ask for: the ECS name, which EQL, KQL and ES|QL
have, the type that Elastic's mapping gives it, and where it comes from in a raw
event. Sigma has CloudTrail's own names, which are in the last column.

With a WORD only the fields that have it in the name or in the last column, in
any case.`

func (p *program) rulesFieldsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "fields [WORD]", Short: "List the fields that a rule can ask for, with type and source", Long: fieldsHelp,
		Example: `  trailwire rules fields
  trailwire rules fields sourceIPAddress`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return p.listFields(strings.Join(args, ""))
		},
	}
}

func (p *program) listFields(word string) error {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	some := false
	for _, f := range cloudtrail.Fields() {
		from := sourceOf(f)
		if !containsFold(f.Name(), word) && !containsFold(from, word) {
			continue
		}
		some = true
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name(), f.Type(), from)
	}
	if err := w.Flush(); err != nil {
		return exit{exitProblems, err}
	}
	if some {
		return nil
	}
	hint := ""
	if near := cloudtrail.Suggest(word); near != "" {
		hint = ": did you mean " + near + "?"
	}
	return wrongUse(fmt.Errorf("no field has %s in its name or source%s", terminal.Printable(word, terminal.MaxValue), hint))
}

func containsFold(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// sourceOf says where a field comes from in a raw event, or why it does not.
func sourceOf(f cloudtrail.Field) string {
	from := f.From()
	if from == "" {
		from = "no raw event has it, only an ECS document"
		if f.Absent() != "" {
			from += ": " + f.Absent()
		}
	}
	return from
}
