package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/rule"
)

const checkHelp = `Read rule files and run the unit tests beside them.

The tests of NAME.toml or NAME.yml are in NAME.test.json: a list of events, each with the
verdict that the rule must give.

  [{"why": "…", "expected": true, "event": {"eventSource": …}}, …]

An event may be in any wrapping that scan reads.

There is a warning about a rule that can match no event (a field that no event has, a
value that a field never has, a category that the call does not have), and about one
with wrong ATT&CK ids.`

const checkNotes = `Exit codes:
  0  every rule is fine, and so is every test
  1  a test failed, or there is a warning and --strict
  2  a file is broken
`

func (p *program) rulesCheckCommand() *cobra.Command {
	unsupported := choice{"refuse", []string{"refuse", "skip"}}
	strict := false
	cmd := &cobra.Command{
		Use: "check FILES...", Short: "Read rule files and run the unit tests beside them", Long: checkHelp,
		DisableFlagsInUseLine: true,
		Annotations:           map[string]string{helpNotes: checkNotes},
		Args:                  somePaths,
		RunE: func(_ *cobra.Command, args []string) error {
			return p.checkRules(args, unsupported.value == "skip", strict)
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "Take warnings for failures.")
	cmd.Flags().Var(&unsupported, "unsupported-rules", "What to do with a rule that is not about single events.")
	return cmd
}

// ruleCheck is a run of rules check.
type ruleCheck struct {
	*program
	skip bool // rules that are not supported

	ids map[string]string // rule_id → file

	rules, broken, skipped, warnings, tests, failed int
}

func (p *program) checkRules(patterns []string, skip, strict bool) error {
	paths, err := rule.Files(patterns)
	if err != nil {
		return wrongUse(err)
	}
	c := &ruleCheck{program: p, skip: skip, ids: make(map[string]string)}
	for _, path := range paths {
		c.file(path)
	}
	line := terminal.Counted(c.rules, "rule") + " fine"
	for _, count := range []struct {
		n    int
		text string
	}{
		{c.broken, terminal.Grouped(c.broken) + " broken"},
		{c.skipped, terminal.Grouped(c.skipped) + " skipped"},
		{c.warnings, terminal.Counted(c.warnings, "warning")},
		{c.tests, terminal.Counted(c.tests, "test")},
		{c.failed, terminal.Grouped(c.failed) + " failed"},
	} {
		if count.n > 0 {
			line += ", " + count.text
		}
	}
	fmt.Fprintln(p.out, line+".")
	switch {
	case c.broken > 0:
		return exit{code: exitUsage}
	case c.failed > 0, strict && c.warnings > 0:
		return exit{code: exitProblems}
	}
	return nil
}

// file checks one rule file and prints what came of it.
func (c *ruleCheck) file(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		c.fail(path, logfile.Reason(err))
		return
	}
	r, err := rule.Parse(path, text)
	var refused *rule.Error
	if c.skip && errors.As(err, &refused) && refused.Unsupported {
		c.skipped++
		c.say("skip", refused.Error())
		return
	}
	if err != nil {
		c.fail("", err)
		return
	}
	if other, taken := c.ids[r.ID]; taken {
		c.fail(path, fmt.Errorf("the rule_id %s is also that of %s", r.ID, other))
		return
	}
	c.ids[r.ID] = path
	c.warn(r.Warnings())
	testFile := rule.TestFile(path)
	text, err = os.ReadFile(testFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.rules++
		c.say("ok", path+" (no tests: "+testFile+" is not there)")
		return
	case err != nil:
		c.fail(testFile, logfile.Reason(err))
		return
	}
	tests, err := rule.ParseTests(testFile, text)
	if err != nil {
		c.fail("", err)
		return
	}
	c.rules++
	failed := 0
	for _, test := range tests {
		if !c.test(r, testFile, test) {
			failed++
		}
	}
	c.tests += len(tests)
	c.failed += failed
	if failed == 0 {
		c.say("ok", fmt.Sprintf("%s (%s)", path, terminal.Counted(len(tests), "test")))
	}
}

// test runs one test and reports whether the verdict is the expected one.
func (c *ruleCheck) test(r *rule.Rule, file string, test rule.Test) bool {
	matches, why, err := r.Try(test.Record)
	if err == nil && matches == test.Expected {
		return true
	}
	what := map[bool]string{true: "the rule matches, and should not", false: "the rule does not match, and should"}[matches]
	if err != nil {
		what = err.Error()
	}
	c.say("FAIL", fmt.Sprintf("%s:%d: %s: %s", file, test.Line, what, test.Why))
	explain := terminal.NewExplainer(c.out, terminal.ColorsFor(c.out))
	for _, clause := range why {
		explain.Clause(clause, 1)
	}
	return false
}

// warn prints what makes a rule dead, each with its place.
func (c *ruleCheck) warn(warnings []*rule.Error) {
	for _, w := range warnings {
		c.warnings++
		terminal.Warn(c.err, []string{w.Error()})
		terminal.Caret(c.err, w)
	}
}

// fail prints that a file is broken, with its path unless the error has it.
func (c *ruleCheck) fail(path string, err error) {
	c.broken++
	line := err.Error()
	if path != "" {
		line = path + ": " + line
	}
	fmt.Fprintln(c.err, "trailwire: "+terminal.Printable(line, terminal.MaxLine))
	terminal.Caret(c.err, err)
}

func (c *ruleCheck) say(verdict, line string) {
	fmt.Fprintf(c.out, "%-5s %s\n", verdict, terminal.Printable(line, terminal.MaxLine))
}
