package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect/rule"
)

const newHelp = `Write a rule file that works, and unit tests beside it that pass, to be changed
into a rule of your own. NAME is a path: its last part becomes the name of the
rule. A NAME that ends in .yml makes a Sigma rule.

No file is written over.`

// The templates of new rules, by their languages. What they say is about a call that is
// rare and easily tried.
var (
	//go:embed template/rule.toml
	tomlTemplate string
	//go:embed template/rule.yml
	sigmaTemplate string
	//go:embed template/rule.test.json
	testTemplate string
)

// newQueries are what a new rule asks, by language.
var newQueries = map[string]string{
	rule.EQL: `any where event.provider == "cloudtrail.amazonaws.com"
  and event.action in ("StopLogging", "DeleteTrail")
  and event.outcome == "success"`,
	rule.KQL: `event.provider: cloudtrail.amazonaws.com
  and event.action: (StopLogging or DeleteTrail)
  and event.outcome: success`,
}

// typeOfLanguage are the types of rules in a language, as rule files name them.
var typeOfLanguage = map[string]string{rule.EQL: "eql", rule.KQL: "query"}

func (p *program) rulesNewCommand() *cobra.Command {
	language := choice{rule.EQL, []string{rule.EQL, rule.KQL, rule.Sigma}}
	cmd := &cobra.Command{
		Use: "new NAME", Short: "Write a rule file with unit tests beside it", Long: newHelp,
		Example: `  trailwire rules new /etc/trailwire/trail-stopped
  trailwire rules new trail-stopped.yml`,
		DisableFlagsInUseLine: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrongUse(fmt.Errorf("new needs the name of one rule; see %s --help", cmd.CommandPath()))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			chosen := language.value
			if !cmd.Flags().Changed("language") {
				chosen = ""
			}
			return p.newRule(args[0], chosen)
		},
	}
	cmd.Flags().Var(&language, "language", "The language of the query.")
	return cmd
}

// newRule writes the files of a rule in a language; an empty one means what the path says.
func (p *program) newRule(path, language string) error {
	switch ending := filepath.Ext(path); {
	case ending == ".yml" || ending == ".yaml":
		if language != "" && language != rule.Sigma {
			return wrongUse(fmt.Errorf("%s is the name of a Sigma rule: leave --language out, or name the file .toml", path))
		}
		language = rule.Sigma
	case ending == ".toml":
		if language == rule.Sigma {
			return wrongUse(fmt.Errorf("%s cannot hold a Sigma rule: name the file .yml", path))
		}
	case language == rule.Sigma:
		path += ".yml"
	default:
		path += ".toml"
	}
	if language == "" {
		language = rule.EQL
	}
	text := map[bool]string{true: sigmaTemplate, false: tomlTemplate}[language == rule.Sigma]
	var b strings.Builder
	err := template.Must(template.New("rule").Parse(text)).Execute(&b, struct{ ID, Name, Type, Language, Query string }{
		uuid.NewString(), titleOf(path), typeOfLanguage[language], language, newQueries[language],
	})
	if err != nil {
		return exit{exitProblems, err}
	}
	testFile := rule.TestFile(path)
	if err := writeNew(testFile, testTemplate); err != nil {
		return err
	}
	if err := writeNew(path, b.String()); err != nil {
		_ = os.Remove(testFile) // it was made here
		return err
	}
	_, err = fmt.Fprintf(p.out, "%s\n%s\nChange both, then: trailwire rules check %s\n",
		terminal.Printable(path, terminal.MaxLine), terminal.Printable(testFile, terminal.MaxLine), terminal.Printable(path, terminal.MaxLine))
	if err != nil {
		return exit{exitProblems, err}
	}
	return nil
}

// writeNew writes a file that is not there.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return wrongUse(fmt.Errorf("%s is there already: it is not written over", path))
	}
	if err != nil {
		return wrongUse(fmt.Errorf("%s: %w", path, logfile.Reason(err)))
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return exit{exitProblems, fmt.Errorf("%s: %w", path, logfile.Reason(err))}
	}
	return nil
}

// titleOf makes a rule's name of a path: trail-stopped.toml is Trail stopped. It is fit for
// a text in quotes.
func titleOf(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '_' || r == '.':
			return ' '
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ':
			return r
		}
		return -1
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		return "New rule"
	}
	first, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[n:]
}
