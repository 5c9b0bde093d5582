package detect_test

import (
	"fmt"
	"log"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
)

// A rule is compiled once, and evaluated on every event.
func Example() {
	deleted, err := rule.Parse("user.toml", []byte(`[rule]
name = "A user is deleted"
rule_id = "5b0a5c4e-5f0c-4a2e-9c54-3c1f1a3b9d10"
type = "eql"
severity = "medium"
risk_score = 47
query = 'any where event.action == "DeleteUser" and event.outcome == "success"'
`))
	if err != nil {
		log.Fatal(err)
	}
	options := detect.DefaultOptions()
	options.Rules = []*rule.Rule{deleted}
	engine, err := detect.New(options)
	if err != nil {
		log.Fatal(err)
	}
	evaluator := engine.Evaluator()
	defer evaluator.Release()
	for _, event := range []string{
		`{"eventSource":"iam.amazonaws.com","eventName":"ListUsers","userIdentity":{"arn":"arn:aws:iam::111122223333:user/alice"}}`,
		`{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser","userIdentity":{"arn":"arn:aws:iam::111122223333:user/alice"}}`,
	} {
		record, err := document.AppendFromJSON(nil, []byte(event))
		if err != nil {
			log.Fatal(err)
		}
		outputs := evaluator.Record(record, time.Now())
		if outputs == nil {
			fmt.Println("left alone")
		}
		for _, o := range outputs {
			for _, a := range o.Alerts {
				fmt.Printf("%s: %s: %s\n", a.Rule.Severity, a.Rule.Name, a.Reason)
			}
		}
	}
	// Output:
	// left alone
	// medium: A user is deleted: arn:aws:iam::111122223333:user/alice called DeleteUser of iam.amazonaws.com
}
