package needle_test

import (
	"fmt"

	"github.com/trailwire/trailwire/detect/needle"
)

// A set finds what could be in an event, however it is encoded.
func ExampleSet() {
	set := needle.NewSet([]needle.Needle{{Text: "StopLogging"}}, false)
	fmt.Println(set.In([]byte(`{"eventName":"ListUsers"}`)))
	fmt.Println(set.In([]byte(`{"log":"{\"eventName\":\"StopLogging\"}"}`)))
	fmt.Println(set.In([]byte(`{"eventName":"Stop\u004cogging"}`)))
	// Output:
	// false
	// true
	// true
}
