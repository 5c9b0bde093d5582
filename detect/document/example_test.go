package document_test

import (
	"fmt"

	"github.com/trailwire/trailwire/detect/document"
)

// JSON text becomes MessagePack once and is then read in place.
func Example() {
	event, err := document.AppendFromJSON(nil, []byte(`{"eventName":"AddPermission20150331v2","requestParameters":`+
		`{"functionName":"billing-export","principal":"444455556666","qualifier":null}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	principal, _ := document.Path(event, "requestParameters.principal")
	text, _ := document.Text(principal)
	fmt.Printf("%s\n", text)
	// Output: 444455556666
}

// The text that Elastic stores as aws.cloudtrail.request_parameters has no
// nulls and nothing that is empty.
func ExampleAppendJavaText() {
	parameters, _ := document.AppendFromJSON(nil, []byte(
		`{"functionName":"f","principal":"*","tags":[],"dryRun":false,"layers":["a",{"size":1e7}],"qualifier":null}`))
	text, some, err := document.AppendJavaText(nil, parameters)
	fmt.Println(string(text), some, err)
	// Output: {functionName=f, principal=*, dryRun=false, layers=[a, {size=1.0E7}]} true <nil>
}

func ExampleAppendJSON() {
	line, err := document.AppendJSON(nil, []byte("\x82\xa1a\x01\xa1b\x92\xc0\xa4\"\xff\n\\"))
	fmt.Println(string(line), err)
	// Output: {"a":1,"b":[null,"\"�\n\\"]} <nil>
}

func ExamplePath() {
	for _, json := range []string{
		`{"event":{"action":"AddPermission"}}`,
		`{"event.action":"AddPermission"}`,
	} {
		record, _ := document.AppendFromJSON(nil, []byte(json))
		value, ok := document.Path(record, "event.action")
		text, _ := document.Text(value)
		fmt.Println(string(text), ok)
	}
	// Output:
	// AddPermission true
	// AddPermission true
}

func ExampleOverMap() {
	record, _ := document.AppendFromJSON(nil, []byte(`{"awsRegion":"eu-west-1","eventName":"Invoke"}`))
	pairs := document.OverMap(record)
	for pairs.Next() {
		key, _ := document.Text(pairs.Key)
		value, _ := document.Text(pairs.Value)
		fmt.Printf("%s is %s\n", key, value)
	}
	fmt.Println(pairs.Err())
	// Output:
	// awsRegion is eu-west-1
	// eventName is Invoke
	// <nil>
}
