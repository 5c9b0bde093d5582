package main

import (
	"regexp"
	"strings"

	"github.com/trailwire/trailwire/detect/document"
)

// response is the command that takes a grant back, or why there is none.
type response struct {
	Command string
	Account string // whose credentials it needs
	Why     string // why there is no command
}

// respond returns the command that removes the statement of a grant.
//
// Somebody will paste it into a shell, and most of what goes into it was chosen
// by whoever made the call. Quotes alone do not make a text safe to paste: a
// control character acts on the terminal even inside them, and the AWS CLI reads
// file:// in a value as a file to send. So every part has to be what AWS accepts
// in its place (Lambda API reference, RemovePermission), or there is no command.
func respond(alert, grant []byte) response {
	function, _ := document.GetText(grant, "function_name")
	statement, _ := document.GetText(grant, "statement_id")
	qualifier, _ := document.GetText(grant, "qualifier")
	account, _ := document.GetText(grant, "function_account")
	region, _ := document.GetText(grant, "region")
	switch {
	case len(function) == 0 || len(statement) == 0:
		return response{Why: "The event does not say which statement of which function it is."}
	case !functionNameForm.Match(function):
		return response{Why: "The function's name is none that AWS accepts, so it was left out of a command."}
	case !statementForm.Match(statement):
		return response{Why: "The statement's id is none that AWS accepts, so it was left out of a command."}
	case len(qualifier) > 0 && !qualifierForm.Match(qualifier):
		return response{Why: "The qualifier is none that AWS accepts, so it was left out of a command."}
	}
	r := response{}
	// With its account in it, the name fails with the credentials of another
	// account, rather than finding a function of the same name there.
	name := string(function)
	if accountForm.Match(account) {
		r.Account = string(account)
		name = r.Account + ":function:" + name
	}
	words := []string{"aws", "lambda", "remove-permission"}
	if regionForm.Match(region) {
		words = append(words, "--region", string(region))
	}
	words = append(words, option("--function-name", name))
	if len(qualifier) > 0 {
		words = append(words, option("--qualifier", string(qualifier)))
	}
	words = append(words, option("--statement-id", string(statement)))
	r.Command = strings.Join(words, " ")
	return r
}

// The forms that the Lambda API gives to the parts of the command.
var (
	functionNameForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,140}$`)
	statementForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)
	qualifierForm    = regexp.MustCompile(`^[A-Za-z0-9$_-]{1,128}$`)
	accountForm      = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm       = regexp.MustCompile(`^[a-z]{2,6}(-[a-z]{2,10}){1,2}-[0-9]{1,2}$`)
)

// option is an option with its value. A value that begins with a dash would be
// taken for another option, but not behind an equals sign.
func option(name, value string) string {
	separator := " "
	if strings.HasPrefix(value, "-") {
		separator = "="
	}
	return name + separator + shellQuoted(value)
}

// shellQuoted is a text as one word of a POSIX shell.
func shellQuoted(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_.:/@%+=-]+$`)
