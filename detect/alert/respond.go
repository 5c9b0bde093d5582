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
	function := g.FunctionARN()
	switch {
	case function == "" || strings.Contains(g.FunctionName, ":"):
		function = g.FunctionName
	case g.Qualifier != "":
		function = strings.TrimSuffix(function, ":"+g.Qualifier)
	}
	var room [roomForCommand]byte
	command := append(room[:0], "aws lambda remove-permission"...)
	for _, option := range [...]struct{ name, value string }{
		{"--function-name", function},
		{"--statement-id", g.StatementID},
		{"--qualifier", g.Qualifier},
		{"--region", g.Region},
	} {
		if option.value == "" {
			continue
		}
		var ok bool
		if command, ok = appendOption(command, option.name, option.value); !ok {
			return ""
		}
	}
	return string(command)
}

// roomForCommand is more than most commands have.
const roomForCommand = 512

// shell writes a command, or nothing if one of its values cannot be quoted.
func shell(c call.Command) string {
	var room [roomForCommand]byte
	command := append(room[:0], c.Words...)
	for _, option := range c.Options {
		if len(option.Values) == 0 {
			command = append(append(command, ' '), option.Name...)
		}
		for i, value := range option.Values {
			if value == "" || i > 0 && value[0] == '-' {
				return ""
			}
			var ok bool
			if i == 0 {
				command, ok = appendOption(command, option.Name, value)
			} else { // the further values of a list
				command, ok = appendValueOf(append(command, ' '), option.Name, value)
			}
			if !ok {
				return ""
			}
		}
	}
	return string(command)
}

// maxArgument is the most bytes that an argument has. What AWS accepts is
// shorter: a function 170, a statement id 100 (Lambda API model).
const maxArgument = 512

// appendOption appends an option and its value for a shell: sh, bash, zsh or
// fish. It returns false if no quotes make the value safe to paste:
//
//   - control characters, some of which end the pasting of a text in a terminal
//     and begin its execution, and characters that hide or turn others;
//   - the URLs that the AWS command line takes as an order to send a file, or
//     in its first version a page, instead of the text.
//
// A value that begins with a dash would be an option of its own: --debug is a
// statement id that AWS accepts.
func appendOption(command []byte, option, value string) (out []byte, ok bool) {
	separator := byte(' ')
	if value[0] == '-' {
		separator = '='
	}
	return appendValueOf(append(append(append(command, ' '), option...), separator), option, value)
}

// appendValueOf appends one of the values of an option, and returns false as [appendOption] does.
func appendValueOf(command []byte, option, value string) (out []byte, ok bool) {
	isFetched := func(scheme string) bool { return strings.HasPrefix(value, scheme) }
	switch {
	case len(value) > maxArgument, option != queueURL && slices.ContainsFunc(fetched, isFetched):
		return command, false
	case meansItself(value):
		return append(command, value...), true
	case strings.ContainsFunc(value, isUnsafe):
		return command, false
	}
	return appendQuoted(command, value), true
}

// meansItself reports whether a value means itself to every shell.
func meansItself(value string) bool {
	for i := range len(value) {
		if !isPlain[value[i]] {
			return false
		}
	}
	return true
}

func isUnsafe(c rune) bool { return !unicode.IsPrint(c) || c == unicode.ReplacementChar }

// queueURL is the option that takes the address of a queue, which no version of the
// command line fetches (aws-cli, PARAMFILE_DISABLED).
const queueURL = "--queue-url"

var fetched = []string{"file://", "fileb://", "http://", "https://"}

// isPlain are the characters that mean themselves everywhere in every shell.
var isPlain = func() (plain [256]bool) {
	for c := range plain {
		plain[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '-' && c <= ':' || c == '_' // also . / and digits
	}
	return plain
}()

// appendQuoted puts single quotes around a value. A quote and a
// backslash are put in double quotes: inside single quotes the backslash is a
// character to sh and an escape to fish.
func appendQuoted(command []byte, value string) []byte {
	command = append(command, '\'')
	for i := range len(value) {
		switch value[i] {
		case '\'':
			command = append(command, `'"'"'`...)
		case '\\':
			command = append(command, `'"\\"'`...)
		default:
			command = append(command, value[i])
		}
	}
	return append(command, '\'')
}
