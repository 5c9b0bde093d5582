package cloudtrail_test

import (
	"fmt"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

// A record of Fluent Bit, in which a file of CloudTrail is text under log.
func Example() {
	record, _ := document.AppendFromJSON(nil, []byte(`{"stream":"stdout","log":"{\"Records\":[`+
		`{\"eventSource\":\"lambda.amazonaws.com\",\"eventName\":\"Invoke\"},`+
		`{\"eventSource\":\"iam.amazonaws.com\",\"eventName\":\"CreateUser\"}]}"}`))
	action := cloudtrail.LookupField("event.action")
	category := cloudtrail.LookupField("event.category")

	finder := cloudtrail.NewFinder([]string{"log"}, nil)
	events := finder.Find(record)
	fmt.Println(events, finder.Splits())
	var event cloudtrail.Event
	for _, part := range finder.Parts() {
		event.Reset(part.Event, part.Form)
		fmt.Println(event.Value(action), event.Value(category))
		body, _ := document.AppendJSON(nil, finder.AppendBody(nil, part))
		fmt.Println(string(body))
	}
	// Output:
	// 2 true
	// "Invoke" null
	// {"eventSource":"lambda.amazonaws.com","eventName":"Invoke","stream":"stdout"}
	// "CreateUser" "iam"
	// {"eventSource":"iam.amazonaws.com","eventName":"CreateUser","stream":"stdout"}
}

func ExampleLookupField() {
	f := cloudtrail.LookupField("event.provider")
	fmt.Println(f.Name(), "is", f.From())
	// Output: event.provider is eventSource
}
