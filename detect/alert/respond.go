package alert

import (
	"slices"
	"strings"
	"unicode"

	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
)

// removal returns the command that removes the statement of a grant, to be
// pasted into a shell, or nothing if no command can be trusted to remove
// that statement and nothing else.
//
// The function is named by its ARN as far as that is known: the same name in
// another account, to which the analyst's shell happens to be logged in, is
// another function.
func removal(g *grant.Grant) string {
	if g.Ambiguous || g.Denies || g.FunctionName == "" || g.StatementID == "" {
		return ""
	}
	unqualified := *g
	unqualified.Qualifier = ""
	function := unqualified.FunctionARN()
	if function == "" || strings.Contains(g.FunctionName, ":") {
		function = g.FunctionName
	}
	command := "aws lambda remove-permission"
	for _, option := range []struct{ name, value string }{
		{"--function-name", function},
		{"--statement-id", g.StatementID},
		{"--qualifier", g.Qualifier},
		{"--region", g.Region},
	} {
		if option.value == "" {
			continue
		}
		argument, ok := shellArgument(option.name, option.value)
		if !ok {
			return ""
		}
		command += " " + argument
	}
	return command
}

// shell writes a command, or nothing if one of its values cannot be quoted.
func shell(c call.Command) string {
	text := c.Words
	for _, option := range c.Options {
		if len(option.Values) == 0 {
			text += " " + option.Name
		}
		for i, value := range option.Values {
			if value == "" {
				return ""
			}
			argument, ok := shellArgument(option.Name, value)
			if !ok || i > 0 && value[0] == '-' {
				return ""
			}
			if i > 0 { // the further values of a list
				argument = argument[len(option.Name)+1:]
			}
			text += " " + argument
		}
	}
	return text
}

// maxArgument is the most bytes that an argument has. What AWS accepts is
// shorter: a function 170, a statement id 100 (Lambda API model).
const maxArgument = 512

// shellArgument writes an option and its value for a shell: sh, bash, zsh or
// fish. It returns false if no quotes make the value safe to paste:
//
//   - control characters, some of which end the pasting of a text in a terminal
//     and begin its execution, and characters that hide or turn others;
//   - the URLs that the AWS command line takes as an order to send a file, or
//     in its first version a page, instead of the text.
//
// A value that begins with a dash would be an option of its own: --debug is a
// statement id that AWS accepts.
func shellArgument(option, value string) (argument string, ok bool) {
	isFetched := func(scheme string) bool { return strings.HasPrefix(value, scheme) }
	if len(value) > maxArgument || option != queueURL && slices.ContainsFunc(fetched, isFetched) {
		return "", false
	}
	for _, r := range value {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return "", false
		}
	}
	separator := " "
	if value[0] == '-' {
		separator = "="
	}
	return option + separator + shellQuoted(value), true
}

// queueURL is the option that takes the address of a queue, which no version of the
// command line fetches (aws-cli, PARAMFILE_DISABLED).
const queueURL = "--queue-url"

var fetched = []string{"file://", "fileb://", "http://", "https://"}

// isPlain reports whether a character means itself everywhere in every shell.
func isPlain(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '-' && c <= ':' || c == '_' // also . / and digits
}

// shellQuoted puts single quotes around a value that needs them. A quote and a
// backslash are put in double quotes: inside single quotes the backslash is a
// character to sh and an escape to fish.
func shellQuoted(value string) string {
	if !strings.ContainsFunc(value, func(c rune) bool { return !isPlain(c) }) {
		return value
	}
	return "'" + strings.NewReplacer(`'`, `'"'"'`, `\`, `'"\\"'`).Replace(value) + "'"
}
