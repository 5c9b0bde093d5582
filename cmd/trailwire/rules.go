package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/property"
)

const rulesHelp = `List, explain, check and write rules.

A rule is a TOML file in the schema of Elastic's detection-rules repository,
with a query in EQL, KQL or ES|QL, or a Sigma rule about CloudTrail in a .yml
file. The plugin and scan load it with the property rules; docs/rules.md has the
details.`

func (p *program) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List, explain, check and write rules",
		Long:  rulesHelp,
		Example: `  trailwire rules list --rules '/etc/trailwire/*.toml'
  trailwire rules list --coverage all --follow-grants on
  trailwire rules show 8f985da6-66e8-4838-a63e-21636eb9adc5
  trailwire rules check /etc/trailwire
  trailwire rules fields source
  trailwire rules new /etc/trailwire/trail-stopped
  trailwire rules convert rule.yml`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.rulesListCommand(), p.rulesShowCommand(), p.rulesCheckCommand(), p.rulesFieldsCommand(), p.rulesNewCommand(), p.rulesConvertCommand())
	return cmd
}

// ruleProperties are the flags that say which rules there are.
func ruleProperties() *properties {
	chosen := &properties{flags: pflag.NewFlagSet("rules", pflag.ContinueOnError)}
	newProperties().flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "rules" || f.Name == "unsupported-rules" || f.Name == "coverage" || f.Name == "follow-grants" {
			chosen.flags.AddFlag(f)
		}
	})
	return chosen
}

// rules loads the rules that the flags name.
func (p *program) rules(flags *properties) ([]*rule.Rule, error) {
	settings, err := property.Read(flags)
	if err != nil {
		return nil, wrongUse(inFlags(err))
	}
	terminal.Warn(p.err, settings.Warnings)
	return settings.Options.Rules, nil
}

func (p *program) rulesListCommand() *cobra.Command {
	flags := ruleProperties()
	cmd := &cobra.Command{
		Use: "list", Short: "List the rules that a scan would use", Args: cobra.NoArgs, DisableFlagsInUseLine: true,
		RunE: func(*cobra.Command, []string) error { return p.listRules(flags) },
	}
	cmd.Flags().AddFlagSet(flags.flags)
	return cmd
}

func (p *program) listRules(flags *properties) error {
	rules, err := p.rules(flags)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, r := range rules {
		fmt.Fprintf(w, "%s\t%s %d\t%s\t%s\n", terminal.Printable(r.ID, terminal.MaxValue), r.Severity, r.RiskScore, terminal.Printable(r.Name, terminal.MaxValue), whereFrom(r))
	}
	if err := w.Flush(); err != nil {
		return exit{exitProblems, err}
	}
	return nil
}

func whereFrom(r *rule.Rule) string {
	if r.BuiltIn() {
		return "built in"
	}
	return terminal.Printable(r.File, terminal.MaxLine)
}

func (p *program) rulesShowCommand() *cobra.Command {
	flags := ruleProperties()
	cmd := &cobra.Command{
		Use: "show ID|FILE", Short: "Explain a rule: its query, its fields, the text searched for first",
		Long: `Explain a rule: its query, the fields that it reads with their types, the text
that is searched for first. It is named by its rule_id, of those that --rules
loads, or by its file.`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeRuleIDOrFile(flags),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrongUse(fmt.Errorf("show needs the rule_id of one rule, or its file; %s list has them", cmd.Parent().CommandPath()))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return p.showRule(args[0], flags) },
	}
	cmd.Flags().AddFlagSet(flags.flags)
	return cmd
}

func (p *program) showRule(id string, flags *properties) error {
	if info, err := os.Stat(id); err == nil && info.Mode().IsRegular() {
		r, err := parseRule(id)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprint(p.out, p.described(r)); err != nil {
			return exit{exitProblems, err}
		}
		return nil
	}
	rules, err := p.rules(flags)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.ID == id {
			if _, err := fmt.Fprint(p.out, p.described(r)); err != nil {
				return exit{exitProblems, err}
			}
			return nil
		}
	}
	return wrongUse(fmt.Errorf("there is no rule %s; see rules list", terminal.Printable(id, terminal.MaxValue)))
}

// described is what rules show prints about a rule.
func (p *program) described(r *rule.Rule) string {
	var b strings.Builder
	colors := terminal.ColorsFor(p.out)
	detail := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "  %s  %s\n", colors.Paint(terminal.Dim, fmt.Sprintf("%-12s", label)), terminal.Printable(fmt.Sprintf(format, args...), terminal.MaxLine))
	}
	section := func(title string) { fmt.Fprintf(&b, "\n%s\n", colors.Paint(terminal.Bold, title)) }

	fmt.Fprintln(&b, colors.Paint(terminal.Bold, terminal.Printable(r.Name, terminal.MaxLine)))
	detail("rule_id", "%s, version %d", r.ID, r.Version)
	detail("type", "%s", r.Type())
	detail("from", "%s", whereFrom(r))
	detail("severity", "%s, risk score %d", r.Severity, r.RiskScore)
	if tactics := append(r.Tactics(), r.Techniques()...); len(tactics) > 0 {
		detail("ATT&CK", "%s", strings.Join(tactics, ", "))
	}
	detail("at most", "%d alerts in %s; an event is remembered for %s", r.MaxSignals, roundPeriod(r.Interval), roundPeriod(r.LookBack))
	if r.License != "" || len(r.Author) > 0 {
		detail("by", "%s", terminal.Join(", ", strings.Join(r.Author, ", "), r.License))
	}

	section("Query, in " + languages[r.Language])
	for _, line := range strings.Split(r.Query, "\n") {
		fmt.Fprintf(&b, "  %s\n", terminal.Printable(strings.TrimRight(line, " \t\r"), terminal.MaxLine))
	}
	if past := r.Past(); past != nil {
		detail("alerts on", "%s", past)
	}
	if r.CategoryField != "event.category" {
		detail("category", "the word before where is compared with %s", r.CategoryField)
	}

	if r.Reason != "" {
		section("What its alerts say")
		fmt.Fprintf(&b, "  %s\n", terminal.Printable(r.Reason, terminal.MaxLine))
		for _, part := range r.ReasonParts() {
			if part.Text == "" {
				fmt.Fprintf(&b, "  %s  %s\n", terminal.Printable(part.Field.Name(), terminal.MaxValue), terminal.Printable(sourceOf(part.Field), terminal.MaxLine))
			}
		}
	}

	section("Fields, and where they come from in a raw event")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range r.Fields() {
		name := f.Name()
		if name == "" {
			name = "no ECS field"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", terminal.Printable(name, terminal.MaxValue), f.Type(), terminal.Printable(sourceOf(f), terminal.MaxLine))
	}
	_ = w.Flush() // to a strings.Builder

	if r.NeedsGrant() {
		section("What exceptions leave out")
		b.WriteString("  grants that trusted_accounts, trusted_orgs, trusted_actors or trusted_resources cover are not in the fields;\n" +
			"  the rule is asked about those that are left. One to everybody, or to somebody unknown, is never left out\n")
	}

	section("Before anything is parsed")
	needles := r.Needles()
	if needles == nil {
		b.WriteString("  every chunk is evaluated: the events that the rule matches have no text in common\n")
	}
	const shown = 12
	for i, n := range needles[:min(len(needles), shown)] {
		word := "a chunk is searched for"
		if i > 0 {
			word = "or for"
		}
		kind := ""
		if n.Fold {
			kind = ", in any case"
		}
		fmt.Fprintf(&b, "  %s %q%s\n", word, n.Text, kind)
	}
	if more := len(needles) - shown; more > 0 {
		fmt.Fprintf(&b, "  or for one of %d more\n", more)
	}
	switch field, values := r.TriedOn(); field {
	case "":
		b.WriteString("  the rule is tried on every event that is evaluated\n")
	case rule.TriedOnGrants:
		fmt.Fprintf(&b, "  the rule is tried on the %d calls that let somebody in: docs/grants.md has them\n", len(values))
	default:
		fmt.Fprintf(&b, "  the rule is tried on events with %s %s\n", field, terminal.Printable(orQuoted(values), terminal.MaxLine))
	}
	return b.String()
}

// roundPeriod writes a period without units that are zero: 5m.
func roundPeriod(d time.Duration) string {
	text := d.String()
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, none) {
			text = strings.TrimSuffix(text, none[1:])
		}
	}
	return text
}

// languages are the names of query languages.
var languages = map[string]string{rule.EQL: "EQL", rule.KQL: "KQL", rule.ESQL: "ES|QL", rule.Sigma: "Sigma"}

// orQuoted are alternatives in words.
func orQuoted(values []string) string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprintf("%q", v))
	}
	return strings.Join(all, " or ")
}
