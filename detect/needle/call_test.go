package needle_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/needle"
	"github.com/trailwire/trailwire/detect/program"
)

func TestTheNameOfACallIsFoundAfterItsKey(t *testing.T) {
	set := needle.NewSet([]needle.Needle{needle.OfCall("StopLogging"), needle.OfCall("AddPermission*"),
		{Text: "trail", Fold: true, Call: true}, {Text: "invoke", Fold: true, Whole: true, Call: true}}, false)
	for _, test := range []struct {
		name, data string
		want       bool
	}{
		{"in MessagePack", "\xa9eventName\xabStopLogging", true},
		{"after longer headers", "\xd9\x09eventName\xd9\x0bStopLogging", true},
		{"after a header with a length of two bytes", "\xda\x00\x09eventName\xda\x00\x0bStopLogging", true},
		{"after a header with a length of four bytes", "\xdb\x00\x00\x00\x09eventName\xdb\x00\x00\x00\x0bStopLogging", true},
		{"in Athena's lower case", "\xa9eventname\xabStopLogging", true},
		{"in an ECS document", "\xa5event\x81\xa6action\xabStopLogging", true},
		{"in one with dots", "\xacevent.action\xabStopLogging", true},
		{"in one with dots and a list", "\xacevent.action\x92\xa1x\xabStopLogging", true},
		{"in JSON", `"eventName":"StopLogging"`, true},
		{"in JSON with white space", "\"eventName\" \t\r\n: \n\"StopLogging\"", true},
		{"in JSON in a text", `\"eventName\":\"StopLogging\"`, true},
		{"in JSON in a text in a text", `\\\"eventName\\\":\\\"StopLogging\\\"`, true},
		{"in JSON in a text with white space", `\"eventName\"\n:\t\r\"StopLogging\"`, true},
		{"in JSON in a text in a text with white space", `\\\"eventName\\\"\\n: \\t\\\"StopLogging\\\"`, true},
		{"in JSON with white space as a number", `\"eventName\"\u000a:\"StopLogging\"`, true},
		{"in a JSON list", `"event.action":["StopLogging"]`, true},
		{"in OpenTelemetry's JSON", `{"key":"eventName","value":{"stringValue":"StopLogging"}}`, true},
		{"in OpenTelemetry's JSON as MessagePack", "\x82\xa3key\xa9eventName\xa5value\x81\xabstringValue\xabStopLogging", true},
		{"in the same with dots", "\x82\xa3key\xacevent.action\xa5value\x81\xabstringValue\xabStopLogging", true},
		{"in the same with longer headers", "\x82\xa3key\xdb\x00\x00\x00\x09eventName\xa5value\x81\xabstringValue\xabStopLogging", true},
		{"where nobody knows what it is", `eventName=StopLogging, "eventName=StopLogging`, true},
		{"with a beginning", "\xa9eventName\xb7AddPermission20150331v2", true},
		{"that is its beginning", "\xa9eventName\xadAddPermission", true},
		{"with a part in any case", "\xa9eventName\xabUpdateTRAIL", true},
		{"with a part at its beginning", "\xa9eventName\xabTrailUpdate", true},
		{"in any case", "\xa9eventName\xa6INVOKE", true},
		{"as a text with a quotation mark in it", `"eventName":"a\"trail"`, true},
		{"as a text with a backslash in it", `"eventName":"a\\trail"`, true},
		{"as a text with a slash in it", `"eventName":"a\/trail"`, true},

		{"another name", "\xa9eventName\xabListBuckets", false},
		{"another name in JSON", `"eventName":"ListBuckets"`, false},
		{"another name in JSON in a text", `\"eventName\" : \n\"ListBuckets\"`, false},
		{"a longer name", "\xa9eventName\xacStopLoggingX", false},
		{"a shorter name", "\xa9eventName\xaaStopLoggin", false},
		{"a name in another case", "\xa9eventName\xabstopLogging", false},
		{"what begins a name, but not here", "\xa9eventName\xb0NotAddPermission", false},
		{"a name that another one has in it", "\xa9eventName\xa8Invoking", false},
		{"under another key", "\xa9eventType\xabStopLogging", false},
		{"under a longer key", "\xaaeventNames\xabStopLogging", false},
		{"under a key that ends so", "\xabtransaction\xabStopLogging", false},
		{"without a key", "StopLogging", false},
		{"as a key", "\xabStopLogging\xa9eventName\xa1x", false},
		{"a null", "\xa9eventName\xc0\xabStopLogging", false},
		{"a null in JSON", `"eventName":null,"x":"StopLogging"`, false},
		{"a number in JSON", `"eventName":-1,"x":"StopLogging"`, false},
		{"an object in JSON", `"action":{"x":"StopLogging"}`, false},
		{"a map", "\xa6action\x81\xa1x\xabStopLogging", false},
		{"a key without a value", `{"x":"eventName"}`, false},
		{"a value in a list", `["x","action"]`, false},
		{"a key at the end", "\xa9eventName", false},
		{"a key at the end in JSON", `"eventName":`, false},
		{"a text that is cut off", "\xa9eventName\xabStopLoggi", false},
		{"a text that is cut off in JSON", `"eventName":"StopLogging`, false},
		{"at the beginning, without what is before it", "eventName\xabStopLogging", false},
		{"an empty name", "\xa9eventName\xa0", false},
	} {
		if got := set.In([]byte(test.data)); got != test.want {
			t.Errorf("%s: %q: found: %t, want %t", test.name, test.data, got, test.want)
		}
	}
}

func TestTheNameOfACallThatIsLookedForAnywhereNeedsNoKey(t *testing.T) {
	n := needle.OfCall("StopLogging*").Anywhere()
	if set := needle.NewSet([]needle.Needle{n}, false); !set.In([]byte("x StopLogging")) {
		t.Error("it is not found")
	}
}

// FuzzTheNameOfACallIsFoundWhereAnEventHasIt takes JSON or MessagePack, looks for events in it as the filter
// does, and for the name of each by what search there is for it: to pass over one would hide an alert.
func FuzzTheNameOfACallIsFoundWhereAnEventHasIt(f *testing.F) {
	for _, seed := range wrappings(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, body := range bodies(data) {
			for _, name := range names(body) {
				lookFor(t, body, name)
			}
		}
	})
}

// bodies are what data may be: a map, or JSON of one.
func bodies(data []byte) (all [][]byte) {
	if document.IsMap(data) {
		all = append(all, data)
	}
	if body, err := document.AppendFromJSON(nil, data); err == nil && document.IsMap(body) {
		all = append(all, body)
	}
	return all
}

// names are the names of the calls in the events of a record.
func names(body []byte) (all []string) {
	finder := cloudtrail.NewFinder(cloudtrail.DefaultJSONKeys(), nil)
	finder.Find(body)
	for _, part := range finder.Parts() {
		if part.Event == nil {
			continue
		}
		var event cloudtrail.Event
		part.Show(&event)
		action := event.Value(cloudtrail.FieldAction)
		values := action.List()
		if action.Kind() != program.KindList {
			values = []program.Value{action}
		}
		for _, v := range values {
			if v.Kind() == program.KindText {
				all = append(all, string(v.Text()))
			}
		}
	}
	return all
}

// lookFor looks for a name, and for parts of it. Of what a needle cannot have, nobody makes one.
func lookFor(t *testing.T, body []byte, name string) {
	t.Helper()
	if len(name) < 3 || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"\&'<=>/`, r) }) {
		return
	}
	for _, n := range []needle.Needle{
		needle.OfCall(name), needle.OfCall(name[:3] + "*"), {Text: name[len(name)-3:], Call: true},
		{Text: strings.ToLower(name), Fold: true, Whole: true, Call: true},
	} {
		if set := needle.NewSet([]needle.Needle{n}, false); !set.In(body) {
			t.Fatalf("%+v is not found in %q", n, body)
		}
	}
}

func TestTheNameOfACallIsFoundInEveryWrapping(t *testing.T) {
	found := 0
	for _, data := range wrappings(t) {
		some := false
		for _, body := range bodies(data) {
			for _, name := range names(body) {
				some = some || name == "StopLogging"
				lookFor(t, body, name)
			}
		}
		if !some {
			t.Errorf("no event is in %q", data)
		}
		found++
	}
	if found < 100 {
		t.Errorf("%d wrappings were tried", found)
	}
}

// wrappings are records with an event whose call is StopLogging.
func wrappings(t testing.TB) (all [][]byte) {
	t.Helper()
	const raw = `{"eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","requestParameters":{"action":"x"}}`
	events := []string{
		raw,
		`{"eventsource":"cloudtrail.amazonaws.com","eventname":"StopLogging"}`,
		`{"eventName":"StartLogging","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging"}`,
		"{ \"eventSource\" : \"cloudtrail.amazonaws.com\" ,\n\t\"eventName\"\r\n\t: \n\"StopLogging\" }",
		`{"event":{"action":"StopLogging","provider":"cloudtrail.amazonaws.com","dataset":"aws.cloudtrail"}}`,
		`{"event.action":"StopLogging","event.provider":"cloudtrail.amazonaws.com","event.dataset":"aws.cloudtrail"}`,
		`{"event":{"action":["x","StopLogging"],"provider":"cloudtrail.amazonaws.com"},"data_stream.dataset":"aws.cloudtrail"}`,
		`{"kvlistValue":{"values":[{"key":"eventSource","value":{"stringValue":"cloudtrail.amazonaws.com"}},{"key":"eventName","value":{"stringValue":"StopLogging"}}]}}`,
		`{"kvlistValue":{"values":[{"key" : "eventName", "other":{"a":[1]}, "value":{"stringValue":"StopLogging"}},{"key":"eventSource","value":{"stringValue":"cloudtrail.amazonaws.com"}}]}}`,
		`{"attributes":[{"key":"event.action","value":{"stringValue":"StopLogging"}},{"key":"event.provider","value":{"stringValue":"cloudtrail.amazonaws.com"}},{"key":"event.dataset","value":{"stringValue":"aws.cloudtrail"}}]}`,
	}
	for _, event := range events {
		for _, wrap := range []string{`EVENT`, `{"detail":EVENT}`, `{"Records":[EVENT]}`, `{"log":TEXT}`, `{"message":TEXT}`, `{"log":TEXT,"message":"x"}`} {
			once := strings.ReplaceAll(wrap, "EVENT", event)
			once = strings.ReplaceAll(once, "TEXT", quoted(t, event))
			all = append(all, []byte(once), []byte(`{"log":`+quoted(t, once)+`}`), []byte(`{"log":`+quoted(t, `{"message":`+quoted(t, once)+`}`)+`}`))
		}
	}
	for _, key := range []string{"\xa9eventName", "\xd9\x09eventName", "\xda\x00\x09eventName", "\xdb\x00\x00\x00\x09eventName"} {
		for _, value := range []string{"\xabStopLogging", "\xd9\x0bStopLogging", "\xda\x00\x0bStopLogging", "\xdb\x00\x00\x00\x0bStopLogging"} {
			source := msgp.AppendString(msgp.AppendString(nil, "eventSource"), "cloudtrail.amazonaws.com")
			all = append(all, slices.Concat([]byte("\x82"), []byte(key+value), source), slices.Concat([]byte("\x82"), source, []byte(key+value)))
		}
	}
	return all
}

// quoted is a text as JSON.
func quoted(t testing.TB, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
