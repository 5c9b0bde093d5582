package cloudtrail

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
)

func packed(t testing.TB, text string) []byte {
	t.Helper()
	value, err := document.AppendFromJSON(nil, []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func asJSON(value []byte) string {
	text, err := document.AppendJSON(nil, value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// raw is a CloudTrail event with this id.
func raw(id string) string {
	return `{"eventSource":"lambda.amazonaws.com","eventName":"Invoke","eventID":"` + id + `"}`
}

// ecs is the same as Elastic has it.
func ecs(id string) string {
	return `{"event":{"provider":"lambda.amazonaws.com","action":"Invoke","id":"` + id + `"},"data_stream":{"dataset":"aws.cloudtrail"}}`
}

// quoted is JSON text as a JSON string.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

var jsonKeys = []string{"log", "message", "MESSAGE", "_raw"}

// ids returns what identifies each part: the event's id with an e before it
// where it is ECS, and a dash for a part without an event.
func ids(f *Finder) string {
	var all []string
	for _, p := range f.Parts() {
		var e Event
		switch e.Reset(p.Event, p.Form); {
		case p.Event == nil:
			all = append(all, "-")
		case p.Form == ECS:
			all = append(all, "e"+string(e.Text(LookupField("event.id"))))
		default:
			all = append(all, string(e.Text(LookupField("event.id"))))
		}
	}
	return strings.Join(all, " ")
}

var findCases = []struct {
	name   string
	record string
	want   string // ids of the parts
	splits bool
}{
	{"the event itself", raw("1"), "1", false},
	{"an S3 log file", `{"Records":[` + raw("1") + `,` + raw("2") + `]}`, "1 2", true},
	{"an S3 log file with one event", `{"Records":[` + raw("1") + `]}`, "1", true},
	{"EventBridge", `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.lambda","detail":` + raw("1") + `}`, "1", false},
	{"EventBridge with its keys in another order", `{"detail":` + raw("1") + `,"detail-type":"AWS API Call via CloudTrail"}`, "1", false},
	{"a CloudWatch Logs subscription", `{"messageType":"DATA_MESSAGE","owner":"1","logEvents":[{"id":"3","timestamp":1,"message":` +
		quoted(raw("1")) + `},{"id":"4","timestamp":2,"message":` + quoted(raw("2")) + `}]}`, "1 2", true},
	{"an SNS notification", `{"Type":"Notification","MessageId":"m","Message":` + quoted(raw("1")) + `}`, "1", false},
	{"an SQS message", `{"MessageId":"m","Body":` + quoted(raw("1")) + `}`, "1", false},
	{"an SQS message as Lambda has it", `{"messageId":"m","body":` + quoted(raw("1")) + `}`, "1", false},
	{"LookupEvents", `{"Events":[{"EventId":"1","CloudTrailEvent":` + quoted(raw("1")) + `},{"EventId":"2","CloudTrailEvent":` + quoted(raw("2")) + `}]}`, "1 2", true},
	{"one element of LookupEvents", `{"EventId":"1","CloudTrailEvent":` + quoted(raw("1")) + `}`, "1", false},
	{"JSON text under log", `{"log":` + quoted(raw("1")) + `,"stream":"stdout"}`, "1", false},
	{"JSON text under message", `{"message":` + quoted(raw("1")) + `}`, "1", false},
	{"JSON text under MESSAGE, as journald has it", `{"MESSAGE":` + quoted(raw("1")) + `}`, "1", false},
	{"JSON text under _raw", `{"_raw":` + quoted(raw("1")) + `}`, "1", false},
	{"JSON text under event, as Splunk has it", `{"time":1,"event":` + quoted(raw("1")) + `}`, "1", false},
	{"a map under event", `{"event":` + raw("1") + `}`, "1", false},
	{"a map under log", `{"log":` + raw("1") + `}`, "1", false},
	{"JSON text with white space around it", `{"log":` + quoted(" \r\n\t"+raw("1")+"\n") + `}`, "1", false},
	{"JSON text in which everything is escaped", `{"log":"\u007b\u0022eventSource\u0022:\"lambda.amazonaws.com\",\"event\\u004eame\":\"Invoke\",\"eventID\":\"1\"}"}`, "1", false},
	{"an ECS document, nested", ecs("1"), "e1", false},
	{"an ECS document, dotted", `{"event.provider":"lambda.amazonaws.com","event.id":"1","data_stream.dataset":"aws.cloudtrail"}`, "e1", false},
	{"an ECS document, mixed", `{"event":{"action":"Invoke","id":"1"},"event.dataset":"aws.cloudtrail"}`, "e1", false},
	{"an ECS document with its original", `{"event":{"original":` + quoted(raw("2")) + `,"action":"Invoke","id":"1","dataset":"aws.cloudtrail"},"message":` + quoted(raw("3")) + `}`, "e1", false},
	{"an ECS document as JSON text", `{"log":` + quoted(ecs("1")) + `}`, "e1", false},

	{"an S3 log file as JSON text", `{"log":` + quoted(`{"Records":[`+raw("1")+`,`+raw("2")+`]}`) + `}`, "1 2", true},
	{"a CloudWatch subscription of JSON text under log", `{"log":` + quoted(`{"logEvents":[{"message":`+quoted(raw("1"))+`},{"message":`+quoted(raw("2"))+`}]}`) + `}`, "1 2", true},
	{"SNS in SQS around EventBridge", `{"Body":` + quoted(`{"Type":"Notification","Message":`+quoted(`{"detail":`+raw("1")+`}`)+`}`) + `}`, "1", false},
	{"a Lambda batch of SQS messages", `{"Records":[{"messageId":"a","body":` + quoted(raw("1")) + `},{"messageId":"b","body":` + quoted(raw("2")) + `}]}`, "1 2", true},
	{"a Lambda batch of SQS messages with SNS in them", `{"Records":[{"body":` + quoted(`{"Message":`+quoted(raw("1"))+`}`) + `},{"body":` + quoted(`{"Message":`+quoted(`{"detail":`+raw("2")+`}`)+`}`) + `}]}`, "1 2", true},
	{"a Lambda batch with S3 log files in it", `{"Records":[{"body":` + quoted(`{"Records":[`+raw("1")+`,`+raw("2")+`]}`) + `},{"body":` + quoted(raw("3")) + `}]}`, "1 2 3", true},
	{"a list of ECS documents", `{"Records":[` + ecs("1") + `,` + ecs("2") + `]}`, "e1 e2", true},
	{"JSON text that is a list", `{"log":` + quoted(`[`+raw("1")+`,`+raw("2")+`]`) + `}`, "1 2", false},
	{"JSON text that is a list, in a list", `{"Records":[{"body":` + quoted(`[`+raw("1")+`,`+raw("2")+`]`) + `},` + raw("3") + `]}`, "1 2 3", true},

	{"a list with some elements that are no events", `{"Records":[` + raw("1") + `,{"x":1},` + raw("2") + `]}`, "1 - 2", true},
	{"a list that begins with other things", `{"Records":[{"x":1},{"body":"{"},` + raw("1") + `]}`, "- - 1", true},
	{"a list with elements that are no maps", `{"Records":["x",5,null,[` + raw("0") + `],` + raw("1") + `]}`, "- - - - 1", true},
	{"a list without events", `{"Records":[{"x":1},{"y":2}]}`, "", false},
	{"an empty list", `{"Records":[]}`, "", false},
	{"a list under a key of no meaning", `{"events":[` + raw("1") + `]}`, "", false},
	{"a list directly under log", `{"log":[` + raw("1") + `]}`, "", false},
	{"a list without events in a list with some", `{"Records":[{"Records":[{"x":1}]},` + raw("1") + `]}`, "- 1", true},
	{"a list without events beside JSON text with one", `{"Events":[{"x":1}],"log":` + quoted(raw("1")) + `}`, "1", false},
	{"an empty list beside an ECS document", `{"Records":[],"event":{"action":"Invoke","id":"1","dataset":"aws.cloudtrail"}}`, "e1", false},
	{"a list without events beside one with some", `{"Records":[` + raw("1") + `],"Events":[]}`, "1", true},
	{"the same the other way round", `{"Events":[{"x":1}],"logEvents":[],"Records":[` + raw("1") + `]}`, "1", true},
	{"a list that is repeated counts as it is last", `{"Records":[` + raw("1") + `],"Records":[` + raw("2") + `]}`, "2", true},
	{"a key that is repeated counts as it is last", `{"log":` + quoted(raw("1")) + `,"log":` + quoted(raw("2")) + `}`, "2", false},
	{"a source that is repeated counts as it is last", `{"eventSource":"lambda.amazonaws.com","eventName":"x","eventSource":"aws:s3"}`, "", false},
	{"all of several keys with an event count", `{"log":"{}","message":` + quoted(raw("1")) + `,"_raw":` + quoted(raw("2")) + `}`, "1 2", false},
	{"two lists of events leave a record whole", `{"Records":[` + raw("1") + `],"Events":[` + raw("2") + `]}`, "1 2", false},
	{"an event and a list under two keys leave a record whole", `{"log":` + quoted(raw("1")) + `,"message":` + quoted(`{"Records":[`+raw("2")+`]}`) + `}`, "1 2", false},
	{"a list comes before the text it was parsed from", `{"log":` + quoted(`{"Records":[`+raw("1")+`]}`) + `,"Records":[` + raw("1") + `]}`, "1", true},
	{"an event comes before what is in it", `{"eventSource":"a.b","eventName":"c","eventID":"1","detail":` + raw("2") + `,"Records":[` + raw("3") + `]}`, "1", false},
	{"many keys before the one with the event", `{"log":"{}","log":"[]","log":"{}","log":"{}","log":"{}","log":"{}","log":"{}","log":"{}","log":"{}","log":"{}",` +
		`"message":"{}","MESSAGE":"{}","detail":{},"Message":{},"Body":{},"body":{},"event":{},"_raw":` + quoted(raw("1")) + `}`, "1", false},

	{"an S3 event notification", `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"}}}]}`, "", false},
	{"an S3 event notification in SNS in SQS", `{"Body":` + quoted(`{"Message":`+quoted(`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}`)+`}`) + `}`, "", false},
	{"a CloudWatch CONTROL_MESSAGE", `{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}`, "", false},
	{"an s3:TestEvent", `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`, "", false},
	{"an EventBridge event without CloudTrail", `{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"b"}}}`, "", false},
	{"product analytics with the same keys", `{"eventSource":"web","eventName":"page_view"}`, "", false},
	{"an event without a name", `{"eventSource":"lambda.amazonaws.com"}`, "", false},
	{"an event whose source is no text", `{"eventSource":{"a":1},"eventName":"x"}`, "", false},
	{"an event whose name is no text", `{"eventSource":"lambda.amazonaws.com","eventName":1}`, "", false},
	{"an ECS document without a data set", `{"event":{"provider":"x","action":"y"}}`, "", false},
	{"an ECS document without an action or a provider", `{"event":{"dataset":"aws.cloudtrail"}}`, "", false},
	{"text that is no JSON", `{"log":"GET / HTTP/1.1"}`, "", false},
	{"text that only starts like JSON", `{"log":"{eventSource"}`, "", false},
	{"an empty record", `{}`, "", false},
}

func TestFindKnowsEveryShape(t *testing.T) {
	f := NewFinder(jsonKeys, nil)
	for _, c := range findCases {
		t.Run(c.name, func(t *testing.T) {
			events, err := f.Find(packed(t, c.record))
			want := strings.Fields(strings.ReplaceAll(c.want, "-", ""))
			if err != nil || events != len(want) || ids(f) != c.want || f.Splits() != c.splits {
				t.Errorf("%s\n%d events, %v: %q, splits %v; want %q, %v", c.record, events, err, ids(f), f.Splits(), c.want, c.splits)
			}
		})
	}
}

// An element that nothing is expected of is left alone, and stays a part.
func TestFindLooksIntoWhatIsWorthIt(t *testing.T) {
	suspects := func(b []byte) bool {
		return strings.Contains(string(b), "Records") || strings.Contains(string(b), "needle")
	}
	for _, c := range []struct{ name, record, want string }{
		{"a record that is no list is looked into always", `{"log":` + quoted(raw("1")) + `}`, "1"},
		{"a list is looked into until its first event", `{"Records":[{"x":1},` + raw("1") + `,` + raw("2") + `,` + raw("needle") + `]}`, "- 1 - needle"},
		{"JSON text too", `{"Records":[{"body":"{}"},{"body":` + quoted(raw("1")) + `},{"body":` + quoted(raw("2")) + `},{"body":` + quoted(raw("needle")) + `}]}`, "- 1 - needle"},
		{"of an element that is worth it all is read", `{"Records":[` + raw("1") + `,{"log":` + quoted(raw("2")) + `,"message":` + quoted(raw("needle")) + `}]}`, "1 2 needle"},
		{"a list in an element begins anew", `{"Records":[` + raw("1") + `,{"Records":[` + raw("2") + `,` + raw("3") + `]}]}`, "1 2 -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := NewFinder(jsonKeys, suspects)
			if _, err := f.Find(packed(t, c.record)); err != nil || ids(f) != c.want {
				t.Errorf("got %q, %v; want %q", ids(f), err, c.want)
			}
		})
	}
}

func TestFindCountsWhatOnlyStartsLikeJSON(t *testing.T) {
	for record, want := range map[string]int{
		`{"log":"{\"a\":1"}`:                               1,
		`{"log":"[broken"}`:                                1,
		`{"log":"{\"a\":1} and more"}`:                     1,
		`{"log":"{}","message":"[1,"}`:                     1,
		`{"log":"{","message":"["}`:                        0, // too short to be anything
		`{"log":"{ ","message":"[ "}`:                      2,
		`{"log":"plain"}`:                                  0,
		`{"log":` + quoted(strings.Repeat("[", 200)) + `}`: 1,
		`{"logEvents":[{"message":"{x"},{"message":"{y"},{"message":"z"}]}`: 2,
	} {
		f := NewFinder(jsonKeys, nil)
		if _, err := f.Find(packed(t, record)); err != nil || f.Malformed() != want {
			t.Errorf("%s: %d malformed, %v; want %d", record, f.Malformed(), err, want)
		}
	}
}

func TestFindTakesBytesThatAreNoRecord(t *testing.T) {
	f := NewFinder(jsonKeys, nil)
	whole := packed(t, `{"Records":[`+raw("1")+`]}`)
	for n := range len(whole) {
		if events, err := f.Find(whole[:n]); events != 0 || err != nil || len(f.Parts()) != 0 {
			t.Errorf("cut to %d bytes: %d events, %v", n, events, err)
		}
	}
	for _, record := range []string{"", "\xc1", "\xc0", "\x90", "\xa1x", "\x81\xa7Records\x91\xc1"} {
		if events, err := f.Find([]byte(record)); events != 0 || err != nil || f.Splits() {
			t.Errorf("%q: %d events, %v", record, events, err)
		}
	}
}

func TestFindLooksThroughEightWraps(t *testing.T) {
	for _, c := range []struct {
		name, inner string
		wrap        func(string) string
	}{
		{"maps around an event", raw("1"), func(s string) string { return `{"detail":` + s + `}` }},
		{"maps around an ECS document", ecs("1"), func(s string) string { return `{"detail":` + s + `}` }},
		{"texts around an event", raw("1"), func(s string) string { return `{"Message":` + quoted(s) + `}` }},
		{"lists around an event", raw("1"), func(s string) string { return `{"Records":[` + s + `]}` }},
		{"lists of text around an ECS document", ecs("1"), func(s string) string { return `{"Records":[{"log":` + quoted(s) + `}]}` }},
	} {
		t.Run(c.name, func(t *testing.T) {
			per := strings.Count(c.wrap(""), "{") // wraps that one step is
			record := c.inner
			for n := per; n <= MaxWraps+per; n += per {
				record = c.wrap(record)
				f := NewFinder(jsonKeys, nil)
				events, err := f.Find(packed(t, record))
				if want := n <= MaxWraps; err != nil || (events == 1) != want {
					t.Errorf("%d wraps: %d events, %v", n, events, err)
				}
			}
		})
	}
}

// manyEvents is a list of n events in MessagePack, under Records.
func manyEvents(t testing.TB, n int, beside string) []byte {
	siblings := packed(t, beside)
	pairs, rest, err := document.ReadMapHeader(siblings)
	if err != nil {
		t.Fatal(err)
	}
	record := msgp.AppendMapHeader(nil, uint32(pairs+1))
	record = append(record, rest...)
	record = append(record, "\xa7Records"...)
	record = msgp.AppendArrayHeader(record, uint32(n))
	event := packed(t, raw("1"))
	for range n {
		record = append(record, event...)
	}
	return record
}

func TestFindStopsAt100000Parts(t *testing.T) {
	f := NewFinder(jsonKeys, nil)
	if events, err := f.Find(manyEvents(t, MaxParts, `{}`)); err != nil || events != MaxParts {
		t.Errorf("%d events, %v", events, err)
	}
	if _, err := f.Find(manyEvents(t, MaxParts+1, `{}`)); !errors.Is(err, ErrParts) {
		t.Errorf("one more: %v", err)
	}
	if events, err := f.Find(packed(t, raw("1"))); err != nil || events != 1 {
		t.Errorf("after that, an event: %d, %v", events, err)
	}
}

func TestFindStopsWhereSplittingWouldRepeatTooMuch(t *testing.T) {
	f := NewFinder(jsonKeys, nil)
	kilobyte := `{"x":"` + strings.Repeat("x", 1020) + `"}` // 1025 bytes in MessagePack with its key
	if _, err := f.Find(manyEvents(t, 60_000, kilobyte)); err != nil {
		t.Errorf("60 MB: %v", err)
	}
	if _, err := f.Find(manyEvents(t, 70_000, kilobyte)); !errors.Is(err, ErrGrowth) {
		t.Errorf("70 MB: %v", err)
	}
	// Outer siblings are repeated as well.
	inner := string(asJSON(manyEvents(t, 35_000, kilobyte)))
	if _, err := f.Find(packed(t, `{"y":"`+strings.Repeat("y", 1020)+`","Records":[`+inner+`]}`)); !errors.Is(err, ErrGrowth) {
		t.Errorf("70 MB of two lists: %v", err)
	}
	// Few bytes and many keys: each would be compared with each.
	var keys []string
	for i := range 20_000 {
		keys = append(keys, fmt.Sprintf(`"%d":0`, i))
	}
	if _, err := f.Find(manyEvents(t, 100, `{`+strings.Join(keys, ",")+`}`)); !errors.Is(err, ErrGrowth) {
		t.Errorf("20,000 keys a hundred times: %v", err)
	}
}

func TestAppendBodyKeepsWhatStandsBeside(t *testing.T) {
	for _, c := range []struct {
		name, record string
		want         []string
	}{
		{"an S3 log file has nothing else", `{"Records":[` + raw("1") + `,` + raw("2") + `]}`, []string{raw("1"), raw("2")}},
		{"siblings come after the event's own keys", `{"host":"h","Records":[{"eventSource":"a.b","eventName":"c"}],"tag":"t"}`,
			[]string{`{"eventSource":"a.b","eventName":"c","host":"h","tag":"t"}`}},
		{"the event's own keys win", `{"eventName":"other","host":"h","Records":[{"eventSource":"a.b","eventName":"c","host":"own"}]}`,
			[]string{`{"eventSource":"a.b","eventName":"c","host":"own"}`}},
		{"inner before outer", `{"a":"outer","b":"outer","Records":[{"a":"inner","Records":[{"eventSource":"a.b","eventName":"c"}],"d":1}]}`,
			[]string{`{"eventSource":"a.b","eventName":"c","a":"inner","d":1,"b":"outer"}`}},
		{"an element without an event", `{"host":"h","Records":[` + raw("1") + `,{"x":1}]}`,
			[]string{`{"eventSource":"lambda.amazonaws.com","eventName":"Invoke","eventID":"1","host":"h"}`, `{"x":1,"host":"h"}`}},
		{"an element that is no map stays in its list", `{"host":"h","Records":[5,` + raw("1") + `,[7]]}`,
			[]string{`{"Records":[5],"host":"h"}`, `{"eventSource":"lambda.amazonaws.com","eventName":"Invoke","eventID":"1","host":"h"}`, `{"Records":[[7]],"host":"h"}`}},
		{"an element with JSON text keeps it", `{"owner":"o","logEvents":[{"id":"1","message":` + quoted(raw("1")) + `}]}`,
			[]string{`{"id":"1","message":` + quoted(raw("1")) + `,"owner":"o"}`}},
		{"a list in JSON text: the key of the text goes, its siblings stay", `{"stream":"stdout","log":` + quoted(`{"Records":[`+raw("1")+`],"x":1}`) + `}`,
			[]string{`{"eventSource":"lambda.amazonaws.com","eventName":"Invoke","eventID":"1","x":1,"stream":"stdout"}`}},
		{"a repeated key beside the list stays repeated, in its order", `{"a":1,"Records":[{"eventSource":"a.b","eventName":"c"}],"a":2}`,
			[]string{`{"eventSource":"a.b","eventName":"c","a":1,"a":2}`}},
		{"no list: the record itself", `{"log":` + quoted(raw("1")) + `,"x":1}`, []string{`{"log":` + quoted(raw("1")) + `,"x":1}`}},
		{"JSON text that is a list stays in one record", `{"a":1,"Records":[{"body":` + quoted(`[`+raw("1")+`,`+raw("2")+`]`) + `}]}`,
			[]string{`{"body":` + quoted(`[`+raw("1")+`,`+raw("2")+`]`) + `,"a":1}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := NewFinder(jsonKeys, nil)
			if _, err := f.Find(packed(t, c.record)); err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, p := range f.Parts() {
				if i > 0 && p.SameRecord(f.Parts()[i-1]) {
					continue
				}
				body := f.AppendBody([]byte("before"), p)
				if string(body[:6]) != "before" {
					t.Errorf("before became %q", body[:6])
				}
				if rest, err := document.Skip(body[6:]); err != nil || len(rest) > 0 {
					t.Errorf("%q: %v", body[6:], err)
				}
				got = append(got, asJSON(body[6:]))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestAppendBodyWritesTheShortestHeader(t *testing.T) {
	for _, c := range []struct {
		pairs  int
		header string
	}{{2, "\x82"}, {15, "\x8f"}, {16, "\xde\x00\x10"}, {70_000, "\xdf\x00\x01\x11\x70"}} {
		record := []byte("\x81\xa7Records\x91")
		record = append(record, "\xdf\x00\x00\x00\x00"...)
		record[len(record)-1], record[len(record)-2], record[len(record)-3] = byte(c.pairs), byte(c.pairs>>8), byte(c.pairs>>16)
		record = append(record, "\xabeventSource\xa3a.b\xa9eventName\xa1c"...)
		for i := 2; i < c.pairs; i++ {
			record = msgp.AppendString(record, fmt.Sprint(i))
			record = append(record, 0xc0)
		}
		f := NewFinder(nil, nil)
		if events, err := f.Find(record); err != nil || events != 1 {
			t.Fatalf("%d pairs: %d events, %v", c.pairs, events, err)
		}
		body := f.AppendBody(nil, f.Parts()[0])
		if n, _, err := document.ReadMapHeader(body); err != nil || n != c.pairs || !strings.HasPrefix(string(body), c.header) {
			t.Errorf("%d pairs: header % x, %d, %v", c.pairs, body[:5], n, err)
		}
	}
}

func TestAFinderForgetsTheLastRecord(t *testing.T) {
	f := NewFinder(jsonKeys, nil)
	for range 3 {
		for _, c := range findCases {
			if _, err := f.Find(packed(t, c.record)); err != nil || ids(f) != c.want || f.Splits() != c.splits {
				t.Errorf("%s: %q, %v", c.name, ids(f), err)
			}
			for _, p := range f.Parts() {
				f.AppendBody(nil, p)
			}
		}
	}
	if f.Footprint() == 0 {
		t.Error("a finder that has worked has no buffers")
	}
}

func BenchmarkFindRawEvent(b *testing.B) {
	record := packed(b, benchmarkEvent)
	f := NewFinder(jsonKeys, nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		if n, err := f.Find(record); n != 1 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func TestFindingARawEventAllocatesNothing(t *testing.T) {
	record := packed(t, benchmarkEvent)
	f := NewFinder(jsonKeys, nil)
	if n := testing.AllocsPerRun(100, func() { _, _ = f.Find(record) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	list := manyEvents(t, 100, `{"a":1}`)
	var body []byte
	work := func() {
		_, _ = f.Find(list)
		for _, p := range f.Parts() {
			body = f.AppendBody(body[:0], p)
		}
	}
	if n := testing.AllocsPerRun(100, work); n > 1 { // what checkGrowth sums up
		t.Errorf("%v allocations for a list", n)
	}
}

func TestIsElementWhereNothingStandsBeside(t *testing.T) {
	for _, c := range []struct {
		name, record string
		want         bool
	}{
		{"an S3 file", `{"Records":[` + raw("1") + `]}`, true},
		{"an S3 file as JSON text", `{"log":` + quoted(`{"Records":[`+raw("1")+`]}`) + `}`, true},
		{"a key beside the list", `{"Records":[` + raw("1") + `],"path":"x"}`, false},
		{"a key beside the text", `{"log":` + quoted(`{"Records":[`+raw("1")+`]}`) + `,"stream":"x"}`, false},
		{"an element that is no map", `{"Records":[5,` + raw("1") + `]}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := NewFinder(jsonKeys, nil)
			if _, err := f.Find(packed(t, c.record)); err != nil {
				t.Fatal(err)
			}
			p := f.Parts()[0]
			body, got := f.IsElement(p)
			if got != c.want {
				t.Fatalf("is the element: %v, want %v", got, c.want)
			}
			if got && !document.Equal(body, f.AppendBody(nil, p)) {
				t.Error("the element is not the record")
			}
		})
	}
}
