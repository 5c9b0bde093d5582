package rule_test

import (
	"errors"
	"fmt"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
)

const file = `[rule]
name = "A trail is stopped"
rule_id = "0c1b2c6e-8f1c-4b0e-9e63-2f0b9d7f1a11"
type = "eql"
severity = "high"
risk_score = 73
query = 'any where event.action == "StopLogging"'
`

// A rule is tried on an event.
func ExampleRule_Try() {
	r, err := rule.Parse("trail.toml", []byte(file))
	if err != nil {
		fmt.Println(err)
		return
	}
	event, err := document.AppendFromJSON(nil, []byte(`{"eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	matches, _, err := r.Try(event)
	fmt.Println(matches, err)
	// Output: true <nil>
}

// An error says where in the file it is.
func ExampleError_Caret() {
	_, err := rule.Parse("trail.toml", []byte(file+"risk = 1\nseverity = 2\n"))
	var wrong *rule.Error
	if errors.As(err, &wrong) {
		fmt.Println(wrong)
		fmt.Println(wrong.Caret())
	}
	// Output:
	// trail.toml:9:1: the file is not TOML: key severity is already defined
	// severity = 2
	// ^
}
