package chunk_test

import (
	"fmt"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/chunk"
)

// A chunk with one event, which the built-in rule matches.
func Example() {
	options := detect.DefaultOptions()
	var err error
	if options.Rules, err = rule.BuiltIn(); err != nil {
		fmt.Println(err)
		return
	}
	engine, err := detect.New(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := document.AppendFromJSON(nil, []byte(`{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2",`+
		`"recipientAccountId":"111122223333","requestParameters":{"functionName":"billing-export","action":"lambda:InvokeFunction","principal":"444455556666"}}`))
	in := chunk.Append(nil, time.Unix(1750240800, 0), body)

	out, changed := chunk.Filter(nil, in, engine)
	fmt.Println(changed)
	event, _, _ := chunk.Next(out)
	severity, _ := document.Path(event.Body, "alert.severity")
	text, _ := document.Text(severity)
	fmt.Printf("%s %s\n", event.Time().Format(time.RFC3339), text)
	// Output:
	// true
	// 2025-06-18T10:00:00Z high
}
