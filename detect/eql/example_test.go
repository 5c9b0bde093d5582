package eql_test

import (
	"errors"
	"fmt"

	"github.com/trailwire/trailwire/detect/eql"
	"github.com/trailwire/trailwire/detect/program"
)

// fields is a document with its values by slot.
type fields []program.Value

func (f fields) Value(slot int) program.Value { return f[slot] }

// fill looks up the fields that a program reads.
func fill(p *program.Program, event map[string]string) fields {
	f := make(fields, len(p.Fields()))
	for slot, field := range p.Fields() {
		if text, ok := event[field.Name]; ok {
			f[slot] = program.Text([]byte(text))
		}
	}
	return f
}

func ExampleCompile() {
	query, err := eql.Parse(`any where event.action : "AddPermission*" and not user.name == "deployer"`)
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := eql.Compile(query)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(program.Fields())
	fmt.Println(program.Match(fill(program, map[string]string{"event.action": "AddPermission20150331v2", "user.name": "mallory"})))
	fmt.Println(program.Match(fill(program, map[string]string{"event.action": "AddPermission20150331v2", "user.name": "deployer"})))
	// Output:
	// [{event.action false} {user.name false}]
	// true
	// false
}

func ExampleProgram_Explain() {
	query, err := eql.Parse(`any where event.provider == "lambda.amazonaws.com" and not (user.name : "deploy*" or user.id == "7")`)
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := eql.Compile(query)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(program.Explain(fill(program, map[string]string{"event.provider": "lambda.amazonaws.com", "user.name": "Deployer"})))
	// Output:
	// false event.provider == "lambda.amazonaws.com" and not (user.name : "deploy*" or user.id == "7")
	//   true  event.provider == "lambda.amazonaws.com"  ← event.provider = "lambda.amazonaws.com"
	//   false not (user.name : "deploy*" or user.id == "7")
	//     true  user.name : "deploy*" or user.id == "7"
	//       true  user.name : "deploy*"  ← user.name = "Deployer"
	//       null  user.id == "7"  ← user.id = null
}

func ExampleProgram_Required() {
	query, err := eql.Parse(`any where event.action : "AddPermission*" and cloud.region in ("eu-west-1", "eu-west-3")`)
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := eql.Compile(query)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, either := range program.Required() {
		for _, l := range either {
			fmt.Printf("%s %q any case: %v, whole value: %v\n", program.Fields()[l.Slot].Name, l.Text, l.Fold, l.Whole)
		}
	}
	// Output:
	// event.action "addpermission" any case: true, whole value: false
	// cloud.region "eu-west-1" any case: false, whole value: true
	// cloud.region "eu-west-3" any case: false, whole value: true
}

func ExampleSyntaxError_Caret() {
	_, err := eql.Parse(`any where event.outcome = "success"`)
	fmt.Println(err)
	var syntax *eql.SyntaxError
	if errors.As(err, &syntax) {
		fmt.Println(syntax.Caret())
	}
	// Output:
	// line 1, column 25: = is not a comparison: use == (exact) or : (any case, wildcards)
	// any where event.outcome = "success"
	//                         ^
}
