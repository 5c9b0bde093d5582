package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
)

const checkHelp = `Read rule files and run the unit tests beside them.

The tests of NAME.toml or NAME.yml are in NAME.test.json: a list of events, each
with the verdict that the rule must give. A rule about several events, or about
what became of a grant, has those that come first under before.

  [{"why": "…", "expected": true, "before": [{…}], "event": {"eventSource": …}}, …]

An event may be in any wrapping that scan reads. Of a folder all rule files
below it are read; - is a rule from standard input, which has no tests.

There is a warning about a rule that can match no event (a field that no event
has, a value that a field never has, a category that the call does not have),
and about one with wrong ATT&CK ids.

Up to 12 files have a line each. Of more, and with --table, there is a table by
type of rule, what is not supported and why, and one line for each kind of
warning; --each has a line for each file however many there are. A test that
fails and a broken file are always shown.`

const checkNotes = `Exit codes:
  0  every rule is fine, and so is every test
  1  a test failed, or there is a warning and --strict
  2  a file is broken, or the command was called wrongly
  4  nothing of this, but a rule is of a kind that is not supported: the plugin refuses
     to start with it, unless unsupported_rules is skip; with --unsupported-rules skip
     the exit code is 0 as well
`

// exitUnsupported is the exit code where a rule is fine as far as anybody can tell, and
// not supported.
const exitUnsupported = 4

// fewFiles is how many rule files have a line each, unless a flag says otherwise.
const fewFiles = 12

func (p *program) rulesCheckCommand() *cobra.Command {
	unsupported := choice{"refuse", []string{"refuse", "skip"}}
	var strict, each, table bool
	cmd := &cobra.Command{
		Use: "check PATH...", Short: "Read rule files and run the unit tests beside them", Long: checkHelp,
		Example: `  trailwire rules check /etc/trailwire/*.toml
  trailwire rules check --unsupported-rules skip detection-rules/rules/integrations/aws`,
		DisableFlagsInUseLine: true,
		Annotations:           map[string]string{helpNotes: checkNotes},
		Args:                  somePaths,
		RunE: func(_ *cobra.Command, args []string) error {
			fromInput := slices.Contains(args, "-")
			paths, err := rule.Files(slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return arg == "-" }))
			if err != nil {
				return wrongUse(err)
			}
			if each && table {
				return wrongUse(errors.New("--each and --table exclude each other"))
			}
			c := &ruleCheck{
				program: p, skip: unsupported.value == "skip", each: each || len(paths) <= fewFiles && !table,
				ids: make(map[string]string),
			}
			if fromInput {
				if err := c.input(p.in); err != nil {
					return err
				}
			}
			return c.run(paths, strict)
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "Take warnings for failures.")
	cmd.Flags().BoolVar(&each, "each", false, "A line for each file.")
	cmd.Flags().BoolVar(&table, "table", false, "A table by type of rule in place of the lines.")
	cmd.Flags().Var(&unsupported, "unsupported-rules", "What to do with a rule of a kind that is not supported.")
	return cmd
}

// ruleCheck is a run of rules check.
type ruleCheck struct {
	*program
	skip bool // rules that are not supported
	each bool // a line for each file

	ids map[string]string // rule_id → file

	rules, broken, tests, failed int

	types    ruleTypes
	refused  []*rule.Error
	warnings []*rule.Error
}

func (c *ruleCheck) run(paths []string, strict bool) error {
	for _, path := range paths {
		c.file(path)
	}
	if !c.each {
		c.types.print(c.out)
		c.printRefused()
		c.warnByKind()
	}
	fmt.Fprintln(c.out, c.summary())
	switch {
	case c.broken > 0:
		return exit{code: exitUsage}
	case c.failed > 0, strict && len(c.warnings) > 0:
		return exit{code: exitProblems}
	case len(c.refused) > 0 && !c.skip:
		return exit{code: exitUnsupported}
	}
	return nil
}

func (c *ruleCheck) summary() string {
	unsupported := "not supported"
	if c.skip {
		unsupported = "skipped"
	}
	line := terminal.Counted(c.rules, "rule") + " fine"
	for _, count := range []struct {
		n    int
		text string
	}{
		{c.broken, terminal.Grouped(c.broken) + " broken"},
		{len(c.refused), terminal.Grouped(len(c.refused)) + " " + unsupported},
		{len(c.warnings), terminal.Counted(len(c.warnings), "warning")},
		{c.tests, terminal.Counted(c.tests, "test")},
		{c.failed, terminal.Grouped(c.failed) + " failed"},
	} {
		if count.n > 0 {
			line += ", " + count.text
		}
	}
	return line + "."
}

// file checks one rule file and prints what came of it.
func (c *ruleCheck) file(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		c.fail("", path, logfile.Reason(err))
		return
	}
	c.text(path, text)
}

// input checks the rule that comes from standard input.
func (c *ruleCheck) input(in io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(in, maxRule+1))
	switch {
	case err != nil:
		return exit{exitProblems, fmt.Errorf("standard input: %w", err)}
	case len(text) > maxRule:
		return wrongUse(fmt.Errorf("standard input: a rule has %d MB at most", maxRule>>20))
	}
	name := stdinName + ".toml"
	if isYAML.Match(text) {
		name = stdinName + ".yml"
	}
	c.text(name, text)
	return nil
}

// stdinName is what a rule from standard input is called, before the ending of its kind.
const stdinName = "stdin"

// maxRule is the most bytes that are read of a rule from standard input.
const maxRule = 16 << 20

// isYAML matches a Sigma rule: what comes first, after comments, is a key with a colon.
var isYAML = regexp.MustCompile(`\A(?:\s*(?:#[^\n]*|---[^\n]*)?\n)*[A-Za-z_-]+:`)

// text checks the text of a rule file.
func (c *ruleCheck) text(path string, text []byte) {
	r, err := rule.Parse(path, text)
	var wrong *rule.Error
	if errors.As(err, &wrong) && wrong.Unsupported {
		c.leaveOut(wrong)
		return
	}
	if err != nil {
		kind := ""
		if wrong != nil {
			kind = wrong.Type
		}
		c.fail(kind, "", err)
		return
	}
	if other, taken := c.ids[r.ID]; taken {
		c.fail(r.Type(), path, fmt.Errorf("the rule_id %s is also that of %s", r.ID, other))
		return
	}
	c.ids[r.ID] = path
	same, about, err := rule.CompareBuiltIn(r, text)
	if err != nil {
		c.fail(r.Type(), path, err)
		return
	}
	warnings := r.Warnings()
	if about != nil {
		warnings = append(warnings, about)
	}
	c.warn(warnings)
	tests, err := readTests(path)
	if err != nil {
		c.fail(r.Type(), "", err)
		return
	}
	c.rules++
	c.types.count(r.Type()).loaded++
	c.try(r, path, tests, same)
}

// readTests reads the unit tests beside a rule file. There are none, and no error, if the
// file is not there.
func readTests(path string) ([]rule.Test, error) {
	testFile := rule.TestFile(path)
	text, err := os.ReadFile(testFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", testFile, logfile.Reason(err))
	}
	tests, err := rule.ParseTests(testFile, text)
	if tests == nil && err == nil {
		tests = []rule.Test{}
	}
	return tests, err
}

// try runs the unit tests of a rule and prints its line.
func (c *ruleCheck) try(r *rule.Rule, path string, tests []rule.Test, same bool) {
	testFile := rule.TestFile(path)
	failed := 0
	for _, test := range tests {
		if !c.test(r, testFile, test) {
			failed++
		}
	}
	c.tests += len(tests)
	c.failed += failed
	if failed > 0 || !c.each {
		return
	}
	what := terminal.Counted(len(tests), "test")
	if tests == nil {
		what = "no tests: " + testFile + " is not there"
		if strings.HasPrefix(path, stdinName) {
			what = "no tests: it is standard input"
		}
	}
	if same {
		what = "the built-in rule; " + what
	}
	c.say("ok", path+" ("+what+")")
}

// test runs one test and reports whether the verdict is the expected one.
func (c *ruleCheck) test(r *rule.Rule, file string, test rule.Test) bool {
	matches, why, err := detect.Try(r, &test)
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

// leaveOut counts a rule that is not supported.
func (c *ruleCheck) leaveOut(refused *rule.Error) {
	c.refused = append(c.refused, refused)
	c.types.count(refused.Type).refused++
	switch {
	case !c.each:
	case c.skip:
		c.say("skip", refused.Error())
	default:
		c.complain(refused.Error(), refused)
	}
}

// warn counts what makes a rule dead, and prints each with its place.
func (c *ruleCheck) warn(warnings []*rule.Error) {
	c.warnings = append(c.warnings, warnings...)
	if !c.each {
		return
	}
	for _, w := range warnings {
		terminal.Warn(c.err, []string{w.Error()})
		terminal.Caret(c.err, w)
	}
}

// warnByKind prints a line for each kind of warning.
func (c *ruleCheck) warnByKind() {
	for _, group := range rule.ByKind(c.warnings) {
		line := group[0].Error()
		if len(group) > 1 {
			line = fmt.Sprintf("%s, in %s; the first is %s", group[0].Kind, terminal.Counted(filesOf(group), "rule"), line)
		}
		terminal.Warn(c.err, []string{line})
	}
}

// filesOf is how many files errors are about.
func filesOf(all []*rule.Error) int {
	files := make(map[string]bool)
	for _, e := range all {
		files[e.File] = true
	}
	return len(files)
}

// fail prints that a file is broken, with its path unless the error has it.
func (c *ruleCheck) fail(kind, path string, err error) {
	c.broken++
	c.types.count(kind).broken++
	line := err.Error()
	if path != "" {
		line = path + ": " + line
	}
	c.complain(line, err)
}

func (c *ruleCheck) complain(line string, err error) {
	fmt.Fprintln(c.err, "trailwire: "+terminal.Printable(line, terminal.MaxLine))
	terminal.Caret(c.err, err)
}

func (c *ruleCheck) say(verdict, line string) {
	fmt.Fprintf(c.out, "%-5s %s\n", verdict, terminal.Printable(line, terminal.MaxLine))
}
