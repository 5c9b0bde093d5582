package program_test

import (
	"fmt"
	"strings"

	"github.com/trailwire/trailwire/detect/program"
)

// fields is a document with its values by slot.
type fields []program.Value

func (f fields) Value(slot int) program.Value { return f[slot] }

// read looks up the fields that a program reads.
func read(p *program.Program, event map[string]string) fields {
	f := make(fields, len(p.Fields()))
	for slot, field := range p.Fields() {
		if text, ok := event[field.Name]; ok {
			f[slot] = program.Text([]byte(text))
		}
	}
	return f
}

// A language of its own in a few lines: words of the form field=pattern, all of which have to match.
func ExampleBuilder() {
	const source = "action=AddPermission* region=eu-west-?"
	b := program.NewBuilder(source)
	var terms []program.Condition
	at := 0
	for _, word := range strings.Fields(source) {
		here := program.Span{Start: at, End: at + len(word)}
		at += len(word) + len(" ")
		name, pattern, _ := strings.Cut(word, "=")
		term, err := b.Like(here, b.Field(here, name, false), []string{pattern}, true)
		if err != nil {
			fmt.Println(err)
			return
		}
		terms = append(terms, term)
	}
	p, err := b.Program(b.And(program.Span{Start: 0, End: len(source)}, terms...))
	if err != nil {
		fmt.Println(err)
		return
	}
	event := map[string]string{"action": "AddPermission20150331v2", "region": "us-east-1"}
	fmt.Println(p.Match(read(p, event)))
	fmt.Println(p.Explain(read(p, event)))
	for _, either := range p.Required() {
		fmt.Printf("%q\n", either[0].Text)
	}
	// Output:
	// false
	// false action=AddPermission* region=eu-west-?
	//   true  action=AddPermission*  ← action = "AddPermission20150331v2"
	//   false region=eu-west-?  ← region = "us-east-1"
	// "addpermission"
	// "eu-west-"
}
