package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
)

func TestARecordThatMentionsWhatARuleLooksForAndHoldsNoEventIsCounted(t *testing.T) {
	for _, c := range []struct {
		name, record string
		want         uint64
		key          string
	}{
		{"under keys that mean nothing", `{"unknown":{"deeper":[1,{"x.y":"lambda:InvokeFunction"}]}}`, 1, "unknown.deeper.x.y"},
		{"in a key", `{"a":{"lambda:InvokeFunction":1}}`, 1, "a.lambda:InvokeFunction"},
		{"in text", `{"note":"x lambda:InvokeFunction {"}`, 1, "note"},
		{"in text that is not an event", `{"log":"{\"eventSource\":\"lambda.amazonaws.com\",\"x\":\"lambda:InvokeFunction\"}"}`, 1, "log"},
		{"in an event that is cut off", `{"log":"{\"eventSource\":\"lambda.amazonaws.com\",\"x\":\"lambda:InvokeFunction"}`, 1, "log"},
		{"under a long key", `{"` + strings.Repeat("é", 100) + `":"lambda:InvokeFunction"}`, 1, strings.Repeat("é", 40) + "…"},
		{"under a key that is not to be printed", `{"a\u001b[2J\nb":"lambda:InvokeFunction"}`, 1, "a\ufffd[2J\ufffdb"},
		{"an event that does not match", `{"eventSource":"iam.amazonaws.com","eventName":"lambda:InvokeFunction"}`, 0, ""},
		{"a list without events is not a mention", `{"Records":[{"x":1}]}`, 0, ""},
		{"an escape is not a mention", `{"log":"\\u0041"}`, 0, ""},
		{"an alert of ours", `{"alert":{"dedup_key":"a:b","grant":{"action":"lambda:InvokeFunction"}}}`, 0, ""},
		{"an alert in ECS", `{"trailwire":{"dedup_key":"a:b"},"message":"lambda:InvokeFunction"}`, 0, ""},
		{"a finding in OCSF", `{"metadata":{"product":{"name":"Trailwire"}},"message":"lambda:InvokeFunction"}`, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine := newEngine(t, func(*detect.Options) {})
			evaluate(engine, [][]byte{packedJSON(t, c.record)})
			got := engine.TakeMentions()
			if n := engine.Stats().NoEvent; n != c.want || uint64(len(got)) != c.want {
				t.Fatalf("%d counted, %d kept, want %d", n, len(got), c.want)
			}
			if c.want > 0 && (got[0].Key != c.key || got[0].Text != "lambda:InvokeFunction") {
				t.Errorf("it is said to be %q under %q, want %q", got[0].Text, got[0].Key, c.key)
			}
		})
	}
}

func TestOfManyMentionsAFewAreKeptEachOnce(t *testing.T) {
	engine := newEngine(t, func(*detect.Options) {})
	var records [][]byte
	for _, key := range []string{"a", "b", "a", "c", "d", "e", "f"} {
		records = append(records, packedJSON(t, `{"`+key+`":"lambda:InvokeFunction"}`))
	}
	evaluate(engine, records)
	var keys []string
	for _, m := range engine.TakeMentions() {
		keys = append(keys, m.Key)
	}
	if !slices.Equal(keys, []string{"a", "b", "c", "d"}) || engine.Stats().NoEvent != 7 {
		t.Errorf("kept %q of %d", keys, engine.Stats().NoEvent)
	}
	if again := engine.TakeMentions(); len(again) > 0 {
		t.Errorf("told of twice: %v", again)
	}
}

func packedJSON(t testing.TB, text string) []byte {
	t.Helper()
	record, err := document.AppendFromJSON(nil, []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return record
}
