package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/trailwire/trailwire/internal/property"
)

const completionHelp = `Print what makes a shell complete commands, flags, their values and rule ids.

  bash        source <(trailwire completion bash)
  zsh         source <(trailwire completion zsh)
  fish        trailwire completion fish | source
  powershell  trailwire completion powershell | Out-String | Invoke-Expression

Put the line into the file that your shell reads at its start.`

func (p *program) completionCommand() *cobra.Command {
	shells := []string{"bash", "fish", "powershell", "zsh"}
	return &cobra.Command{
		Use: "completion bash|fish|powershell|zsh", Short: "Print what makes a shell complete commands",
		Long: completionHelp, DisableFlagsInUseLine: true, ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrongUse(errOneShell)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			switch root := cmd.Root(); args[0] {
			case "bash":
				err = root.GenBashCompletionV2(p.out, true)
			case "zsh":
				err = root.GenZshCompletion(p.out)
			case "fish":
				err = root.GenFishCompletion(p.out, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(p.out)
			default:
				return wrongUse(errOneShell)
			}
			if err != nil {
				return exit{exitProblems, err}
			}
			return nil
		},
	}
}

var errOneShell = exit{exitUsage, errorText("completion needs the name of a shell: bash, fish, powershell or zsh")}

// errorText is an error that never changes.
type errorText string

func (e errorText) Error() string { return string(e) }

// completeValues has the shell complete the values of the flags of a command and of those
// below it, where they are one of a few words.
func completeValues(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if words := wordsOf(f); words != nil {
			// It fails for a flag that has completion already: one of a set that two commands share.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
		}
	})
	for _, below := range cmd.Commands() {
		completeValues(below)
	}
}

// wordsOf returns the words that a flag takes, nil if it takes others.
func wordsOf(f *pflag.Flag) []string {
	switch v := f.Value.(type) {
	case *choice:
		return v.allowed
	case *propertyValue:
		return v.words
	}
	return nil
}

// completeRuleIDOrFile completes the one argument of a command: a file, or the id of a rule
// that its flags load.
func completeRuleIDOrFile(flags *properties) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return ruleIDs(flags, begun), cobra.ShellCompDirectiveDefault
	}
}

// completeRuleID completes the value of a flag: the id of a rule that the command's flags load.
func completeRuleID(flags *properties) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return ruleIDs(flags, begun), cobra.ShellCompDirectiveNoFileComp
	}
}

// ruleIDs are the ids that begin so, each with the name of its rule. There are none if a flag
// is wrong: the command itself says so.
func ruleIDs(flags *properties, begun string) (ids []string) {
	settings, err := property.Read(flags)
	if err != nil {
		return nil
	}
	for _, r := range settings.Options.Rules {
		if r.ID != "" && strings.HasPrefix(r.ID, begun) {
			ids = append(ids, r.ID+"\t"+r.Name)
		}
	}
	return ids
}
