package cloudtrail

import (
	"encoding/json"
	"fmt"
	"reflect"
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
// if it is ECS, and a dash for a part without an event.
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

	{"a list with some elements that are not events", `{"Records":[` + raw("1") + `,{"x":1},` + raw("2") + `]}`, "1 - 2", true},
	{"a list that begins with other things", `{"Records":[{"x":1},{"body":"{"},` + raw("1") + `]}`, "- - 1", true},
	{"a list with elements that are not maps", `{"Records":["x",5,null,[` + raw("0") + `],` + raw("1") + `]}`, "- - - - 1", true},
	{"a list without events", `{"Records":[{"x":1},{"y":2}]}`, "", false},
	{"an empty list", `{"Records":[]}`, "", false},
	{"a list under a key of no meaning", `{"events":[` + raw("1") + `]}`, "", false},
	{"a list directly under log", `{"log":[` + raw("1") + `,` + raw("2") + `]}`, "1 2", false},
	{"a list of texts under message", `{"message":[` + quoted(raw("1")) + `,` + quoted(raw("2")) + `]}`, "1 2", false},
	{"a list of texts under Records", `{"Records":[` + quoted(raw("1")) + `,` + quoted(raw("2")) + `]}`, "1 2", true},
	{"a list under Records as JSON text", `{"Records":` + quoted(`[`+raw("1")+`,`+raw("2")+`]`) + `}`, "1 2", false},
	{"a list of lists of events under log", `{"log":[{"Records":[` + raw("1") + `]},{"x":"` + strings.Repeat("x", 30) + `"}]}`, "1", false},

	{"two values in one text", `{"log":` + quoted(raw("1")+raw("2")) + `}`, "1 2", false},
	{"two values in one text, with a comma", `{"log":` + quoted(raw("1")+", "+raw("2")) + `}`, "1 2", false},
	{"a value on each line", `{"message":` + quoted(raw("1")+"\n"+raw("2")+"\n\n"+raw("3")+"\n") + `}`, "1 2 3", false},
	{"a value on each line, with a byte order mark", `{"message":` + quoted("\ufeff"+raw("1")+"\n\ufeff"+raw("2")) + `}`, "1 2", false},
	{"a value on each line, some of them broken", `{"log":` + quoted(raw("1")+"\n"+`{"eventSource":"a.b","x":`+"\n"+raw("2")+"\n"+`{"eventSource":"a.b`+"\n"+raw("3")) + `}`, "1 2 3", false},
	{"a broken value, and one after a byte order mark on the next line", `{"log":` + quoted(`{"eventSource":"a.b","x":`+"\n\ufeff"+raw("2")) + `}`, "2", false},
	{"values after record separators", `{"log":` + quoted("\x1e"+raw("1")+"\n\x1e"+raw("2")+"\n") + `}`, "1 2", false},
	{"two files in one text stay in one record", `{"log":` + quoted(`{"Records":[`+raw("1")+`]}{"Records":[`+raw("2")+`]}`) + `}`, "1 2", false},
	{"text after the event", `{"log":` + quoted(raw("1")+" took 3 ms") + `}`, "1", false},
	{"a byte order mark", `{"log":` + quoted("\ufeff"+raw("1")) + `}`, "1", false},
	{"a byte order mark before a file", `{"log":` + quoted("\ufeff"+`{"Records":[`+raw("1")+`,`+raw("2")+`]}`) + `}`, "1 2", true},
	{"escaped once more", `{"log":` + quoted(quoted(raw("1"))) + `}`, "1", false},
	{"escaped twice more", `{"log":` + quoted(quoted(quoted(raw("1")))) + `}`, "1", false},
	{"a file that is escaped once more", `{"log":` + quoted(quoted(`{"Records":[`+raw("1")+`]}`)) + `}`, "1", true},
	{"escaped once more, braces too", `{"log":` + quoted(strings.NewReplacer(`{`, `\u007b`, `}`, `\u007D`, `[`, `\u005b`).Replace(quoted(`{"Records":[`+raw("1")+`]}`))) + `}`, "1", true},
	{"a list in a list", `{"log":[[` + raw("1") + `],[[` + raw("2") + `]]]}`, "1 2", false},
	{"JSON text of a list in a list", `{"log":` + quoted(`[[`+raw("1")+`]]`) + `}`, "1", false},
	{"a result of CloudWatch Logs Insights", `{"@timestamp":"2026-01-01 00:00:00.000","@message":` + quoted(raw("1")) + `}`, "1", false},
	{"escaped after words, as logfmt has it", `{"log":` + quoted(`level=info msg="`+strings.Trim(quoted(raw("1")), `"`)+`" caller=x`) + `}`, "1", false},
	{"two of these, one of them broken", `{"log":` + quoted(`a="{\"x\":\"}" b="`+strings.Trim(quoted(raw("1")), `"`)+`"`) + `}`, "1", false},
	{"escaped once more, without the quotation marks", `{"log":` + quoted(strings.Trim(quoted(raw("1")), `"`)+"\n") + `}`, "1", false},
	{"a CloudWatch export", `{"log":` + quoted("2026-03-02T10:00:00.000Z "+raw("1")) + `}`, "1", false},
	{"CRI", `{"log":` + quoted("2026-03-02T10:00:00Z stdout F "+raw("1")) + `}`, "1", false},
	{"CRI, several lines", `{"log":` + quoted("2026-03-02T10:00:00Z stdout F "+raw("1")+"\n2026-03-02T10:00:00Z stdout F "+raw("2")) + `}`, "1 2", false},
	{"syslog", `{"log":` + quoted(`<134>1 2026-03-02T10:00:00Z host app[7] - [a@1 b="c"] `+raw("1")) + `}`, "1", false},
	{"words with braces before the JSON", `{"log":` + quoted(`{worker-3} {} got {it}: `+raw("1")) + `}`, "1", false},
	{"words before a list", `{"log":` + quoted(`INFO [main] [`+raw("1")+`,`+raw("2")+`]`) + `}`, "1 2", false},
	{"words before a file: it stays in one record", `{"log":` + quoted(`INFO {"Records":[`+raw("1")+`]}`) + `}`, "1", false},

	{"the original of a document that Elastic's pipeline has not seen", `{"event":{"dataset":"aws.cloudtrail","original":` + quoted(raw("1")) + `}}`, "1", false},
	{"the same as a map", `{"event":{"original":` + raw("1") + `}}`, "1", false},
	{"the same with a dotted key", `{"event.original":` + quoted(raw("1")) + `,"data_stream.dataset":"aws.cloudtrail"}`, "1", false},
	{"an original that is not an event's", `{"original":` + quoted(raw("1")) + `}`, "", false},
	{"Splunk's export", `{"preview":false,"result":{"_raw":` + quoted(raw("1")) + `}}`, "1", false},
	{"Splunk's export, flat", `{"result._raw":` + quoted(raw("1")) + `}`, "1", false},
	{"Elasticsearch", `{"_index":"x","_source":` + ecs("1") + `}`, "e1", false},
	{"Elasticsearch's search result", `{"hits":{"total":{"value":2},"hits":[{"_source":` + ecs("1") + `},{"_source":` + raw("2") + `}]}}`, "e1 2", false},
	{"log_processed", `{"log":"text","log_processed":` + raw("1") + `}`, "1", false},
	{"Lake's eventData", `{"eventData":` + raw("1") + `}`, "1", false},
	{"Lake's eventJson", `{"eventJson":` + quoted(raw("1")) + `}`, "1", false},
	{"Athena's columns", `{"eventsource":"lambda.amazonaws.com","eventname":"Invoke","eventid":"1"}`, "1", false},
	{"OpenTelemetry's body", `{"body":` + raw("1") + `,"attributes":{}}`, "1", false},
	{"OpenTelemetry's body in JSON", `{"body":{"stringValue":` + quoted(raw("1")) + `}}`, "1", false},
	{"OpenTelemetry's body with a dotted key", `{"body.stringValue":` + quoted(raw("1")) + `}`, "1", false},
	{"OpenTelemetry's attributes", `{"body":"x","attributes":` + raw("1") + `}`, "1", false},
	{"an export of OpenTelemetry's", `{"resourceLogs":[{"resource":{},"scopeLogs":[{"logRecords":[{"body":{"stringValue":` + quoted(raw("1")) + `}},{"body":{"stringValue":` + quoted(raw("2")) + `}}]}]}]}`, "1 2", false},

	{"beside an element that nests too deep", `{"log":` + quoted(`{"Records":[`+raw("1")+`,{"eventSource":"a.b","eventName":"c","x":`+strings.Repeat("[", 120)+strings.Repeat("]", 120)+`},`+raw("2")+`]}`) + `}`, "1 2", false},
	{"beside an element that is broken", `{"log":` + quoted(`{"Records":[`+raw("1")+`,{"eventSource":"a.b","eventName":c},`+raw("2")+`]}`) + `}`, "1 2", false},
	{"in a list that is cut off", `{"log":` + quoted(`{"Records":[`+raw("1")+`,`+raw("2")+`,{"eventSource":"a.b","eventName":"c"`) + `}`, "1 2", false},
	{"in lists of texts that are cut off", `{"log":` + quoted(`{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","message":`+quoted(raw("1"))+`},{"id":"2","mess`) + `}`, "1", false},
	{"in JSON text that is a list and broken", `{"log":` + quoted(`[`+raw("1")+`,{"a":},`+raw("2")+`]`) + `}`, "1 2", false},
	{"an event that is broken is none", `{"log":` + quoted(`{"eventSource":"a.b","eventName":"c","resources":[`+raw("1")+`,x]}`) + `}`, "", false},

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
	{"an event whose source is not text", `{"eventSource":{"a":1},"eventName":"x"}`, "", false},
	{"an event whose name is not text", `{"eventSource":"lambda.amazonaws.com","eventName":1}`, "", false},
	{"an ECS document without a data set", `{"event":{"provider":"x","action":"y"}}`, "", false},
	{"an ECS document without an action or a provider", `{"event":{"dataset":"aws.cloudtrail"}}`, "", false},
	{"text that is not JSON", `{"log":"GET / HTTP/1.1"}`, "", false},
	{"text that only starts like JSON", `{"log":"{eventSource"}`, "", false},
	{"an empty record", `{}`, "", false},
}

func TestFindKnowsEveryShape(t *testing.T) {
	f := NewFinder(jsonKeys, nil)
	for _, c := range findCases {
		t.Run(c.name, func(t *testing.T) {
			events := f.Find(packed(t, c.record))
			want := strings.Fields(strings.ReplaceAll(c.want, "-", ""))
			if events != len(want) || ids(f) != c.want || f.Splits() != c.splits {
				t.Errorf("%s\n%d events: %q, splits %v; want %q, %v", c.record, events, ids(f), f.Splits(), c.want, c.splits)
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
		{"a record that is not a list is looked into always", `{"log":` + quoted(raw("1")) + `}`, "1"},
		{"a list is looked into until its first event", `{"Records":[{"x":1},` + raw("1") + `,` + raw("2") + `,` + raw("needle") + `]}`, "- 1 - needle"},
		{"JSON text too", `{"Records":[{"body":"{}"},{"body":` + quoted(raw("1")) + `},{"body":` + quoted(raw("2")) + `},{"body":` + quoted(raw("needle")) + `}]}`, "- 1 - needle"},
		{"of an element that is worth it all is read", `{"Records":[` + raw("1") + `,{"log":` + quoted(raw("2")) + `,"message":` + quoted(raw("needle")) + `}]}`, "1 2 needle"},
		{"a list in an element begins anew", `{"Records":[` + raw("1") + `,{"Records":[` + raw("2") + `,` + raw("3") + `]}]}`, "1 2 -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := NewFinder(jsonKeys, suspects)
			if f.Find(packed(t, c.record)); ids(f) != c.want {
				t.Errorf("got %q; want %q", ids(f), c.want)
			}
		})
	}
}

// noteList notes the list that Find is handed a record with, as the walk over a chunk does: the longest.
func noteList(f *Finder, record []byte) {
	noted, longest := f.Noted(), 0
	for pairs := document.OverMap(record); pairs.Next(); {
		n, _, err := document.ReadArrayHeader(pairs.Value)
		if err != nil || n <= longest {
			continue
		}
		longest = n
		noted.At, noted.Ends = len(record)-len(pairs.Rest())-len(pairs.Value), noted.Ends[:0]
		for items := document.OverArray(pairs.Value); items.Next(); {
			_, end := items.Place()
			noted.Ends = append(noted.Ends, uint32(end))
		}
	}
}

func TestARecordWithANotedListIsReadTheSame(t *testing.T) {
	plain, noting := NewFinder(jsonKeys, nil), NewFinder(jsonKeys, nil)
	lists := 0
	for _, c := range findCases {
		for _, record := range []string{
			c.record,
			`{"a":[1],"Records":[` + c.record + `,{"padding":"0123456789012345"}]}`,
			`{"Records":[` + c.record + `,` + raw("1") + `],"b":{"c":["1","2"]},"d":[1]}`,
			`{"Records":[` + c.record + `,` + raw("1") + `],"tags":["a","b","c"]}`,
			`{"Records":[` + raw("1") + `,` + raw("2") + `],"Records":[` + c.record + `,3,"x"]}`,
			`{"Records":{"Records":[` + c.record + `]}}`,
		} {
			record := packed(t, record)
			noteList(noting, record)
			if noting.Noted().In(record) != nil {
				lists++
			}
			plain.Find(record)
			noting.Find(record)
			if got, want := wholeResult(noting), wholeResult(plain); got != want {
				t.Fatalf("%s\nwith a list noted it is\n%s\nwithout\n%s", c.name, got, want)
			}
		}
	}
	if lists < 3*len(findCases) {
		t.Errorf("only %d lists were noted", lists)
	}
}

// notePairs notes where the keys and values of a record end.
func notePairs(l *document.List, record []byte) {
	l.At, l.Ends = 0, l.Ends[:0]
	for pairs := document.OverMap(record); pairs.Next(); {
		end := len(record) - len(pairs.Rest())
		l.Ends = append(l.Ends, uint32(end-len(pairs.Value)), uint32(end))
	}
}

func TestARecordWithNotedPairsIsReadTheSame(t *testing.T) {
	keys := append([]string{"requestParameters"}, jsonKeys...) // the first is a member of an event as well
	number := msgp.AppendMapHeader(nil, 3)                     // its bytes are those of a member's name
	for _, name := range []string{"eventSource", "eventName"} {
		number = msgp.AppendString(msgp.AppendString(number, name), "a.b")
	}
	number = msgp.AppendNil(append(number, "\xcfreadOnly"...))
	for _, jsonKeys := range [][]string{jsonKeys, keys} {
		plain, noting := NewFinder(jsonKeys, nil), NewFinder(jsonKeys, nil)
		for _, c := range findCases {
			record := packed(t, c.record)
			long := msgp.AppendMapHeader(nil, 3) // keys that are longer, twice, and none of them text
			long = append(msgp.AppendString(long, strings.Repeat("k", 40)), record...)
			long = append(msgp.AppendString(long, "log"), record...)
			long = append(msgp.AppendInt(long, 7), record...)
			for _, record := range [][]byte{record, packed(t, raw("1")), packed(t, `{"eventName":"a","log":`+c.record+`,"requestParameters":`+c.record+`}`), long, number} {
				notePairs(noting.Noted(), record)
				plain.Find(record)
				noting.Find(record)
				if got, want := wholeResult(noting), wholeResult(plain); got != want {
					t.Fatalf("%s\nwith pairs noted it is\n%s\nwithout\n%s", c.name, got, want)
				}
				var got, want Event
				for i := range plain.Parts() {
					noting.Parts()[i].Show(&got)
					plain.Parts()[i].Show(&want)
					if !reflect.DeepEqual(got.top, want.top) {
						t.Fatalf("%s\nwith pairs noted the members are\n%q\nwithout\n%q", c.name, got.top, want.top)
					}
				}
			}
		}
	}
}

func BenchmarkFindAnEvent(b *testing.B) {
	record := msgp.AppendMapHeader(nil, 20) // as Fluent Bit writes it: with short headers
	record = msgp.AppendString(msgp.AppendString(record, "eventSource"), "lambda.amazonaws.com")
	for i := range 19 {
		name := []string{"eventName", "awsRegion", "requestID", "eventTime", "requestParameters"}[i%5]
		record = msgp.AppendString(msgp.AppendString(record, name), "a value of some length")
	}
	for _, noted := range []bool{false, true} {
		b.Run(fmt.Sprintf("noted=%v", noted), func(b *testing.B) {
			f := NewFinder(jsonKeys, nil)
			var pairs document.List
			notePairs(&pairs, record)
			b.ReportAllocs()
			for b.Loop() {
				if noted {
					f.Noted().At, f.Noted().Ends = 0, pairs.Ends
				}
				if f.Find(record) != 1 {
					b.Fatal("there is no event")
				}
			}
		})
	}
}

// wholeResult is all that a Finder says about a record.
func wholeResult(f *Finder) string {
	var b strings.Builder
	fmt.Fprintln(&b, f.events, f.Splits(), f.OverLimit(), f.Growth(), f.Malformed())
	for i := range f.Parts() {
		p := f.Parts()[i]
		body, is := f.IsElement(&p)
		fmt.Fprintf(&b, "%x %d %x %v %v %x\n", p.Event, p.Form, body, is, f.MayMatch(p), f.AppendBody(nil, p))
	}
	return b.String()
}

func TestANoteIsForOneRecord(t *testing.T) {
	f := NewFinder(jsonKeys, nil)
	record := packed(t, `{"Records":[`+raw("1")+`,`+raw("2")+`]}`)
	noteList(f, record)
	f.Find(record)
	// Of the same length, with the list in the same place, and elements that end elsewhere.
	other := packed(t, `{"Records":[`+raw("22")+`,`+raw("")+`]}`)
	if f.Find(other); len(other) != len(record) || ids(f) != "22 " {
		t.Errorf("%d bytes have the events %q", len(other), ids(f))
	}
}

func TestAListIsSearchedAsOftenAsSomethingIsFound(t *testing.T) {
	var events []string
	for i := range 100 {
		events = append(events, raw(fmt.Sprintf("%d", i)))
	}
	events[40], events[70], events[71] = raw("needle1"), raw("needle2"), raw("needle3")
	record := packed(t, `{"Records":[`+strings.Join(events, ",")+`,`+quoted("needle in a text that is long enough")+`,"needle",1]}`)
	searches := 0
	f := NewFinder(jsonKeys, func(b []byte) bool { return strings.Contains(string(b), "needle") })
	f.SearchBy(func(list []byte, from int) int {
		searches++
		if i := strings.Index(string(list[from:]), "needle"); i >= 0 {
			return from + i
		}
		return len(list)
	})
	f.Find(record)
	if got, want := strings.ReplaceAll(ids(f), "- ", ""), "0 needle1 needle2 needle3 -"; got != want {
		t.Errorf("looked into %q, want %q", got, want)
	}
	if parts := len(f.Parts()); parts != 103 {
		t.Errorf("there are %d parts, want 103", parts)
	}
	if searches != 4 {
		t.Errorf("the list is searched %d times, want 4: once for each hit", searches)
	}
}

func TestFindCountsWhatCannotBeRead(t *testing.T) {
	for record, want := range map[string]int{
		`{"log":"{\"a\":1"}`:                               1,
		`{"log":"[broken"}`:                                0, // words in brackets
		`{"log":"[\"broken"}`:                              1,
		`{"log":"[INFO] {x}"}`:                             0,
		`{"log":"{\"a\":1} and more"}`:                     1,
		`{"log":"{}","message":"[{,"}`:                     1,
		`{"log":"{","message":"["}`:                        0, // too short to be anything
		`{"log":"{ ","message":"[ "}`:                      0,
		`{"log":"plain"}`:                                  0,
		`{"log":` + quoted(strings.Repeat("[", 200)) + `}`: 1,
		`{"logEvents":[{"id":"a longer one","message":"{\"x"},{"id":"a longer one","message":"{\"y"},{"id":"a longer one","message":"z"}]}`: 2,
		`{"log":` + quoted(raw("1")+` and more`) + `}`: 1,
		`{"log":` + quoted(raw("1")+raw("2")) + `}`:    0,
		`{"log":` + quoted(`{"Records":[{"a":1},{"eventSource":"a.b","eventName":ccc},{"eventSource":"a.b","eventName":ddd},`+raw("2")+`]}`) + `}`: 2,
		`{"log":` + quoted(`{"Records":[`+raw("1")+`,{"eventSource":"a.b","x":`+strings.Repeat("[", 120)+strings.Repeat("]", 120)+`}]}`) + `}`:     1,
		`{"log":"time={x} {broken"}`:                                                                   0,
		`{"log":` + quoted(`12:00 {"level":"info","mess`) + `}`:                                        0, // not of CloudTrail
		`{"log":` + quoted(`12:00 {"eventVersion":"1.08","userIdent`) + `}`:                            1,
		`{"log":` + quoted(`12:00 {"x":1} {"y":{"eventSource":"a.b","eventName":ccc}} z`) + `}`:        1,
		`{"log":` + quoted("12:00 {\"eventName\":\n12:01 "+raw("1")+"\n12:02 {\"eventName\":\n") + `}`: 2,
	} {
		f := NewFinder(jsonKeys, nil)
		if f.Find(packed(t, record)); f.Malformed() != want {
			t.Errorf("%s: %d malformed; want %d", record, f.Malformed(), want)
		}
	}
}

func TestFindTakesBytesThatAreNoRecord(t *testing.T) {
	f := NewFinder(jsonKeys, nil)
	whole := packed(t, `{"Records":[`+raw("1")+`]}`)
	for n := range len(whole) {
		if events := f.Find(whole[:n]); events != 0 || len(f.Parts()) != 0 {
			t.Errorf("cut to %d bytes: %d events", n, events)
		}
	}
	for _, record := range []string{"", "\xc1", "\xc0", "\x90", "\xa1x", "\x81\xa7Records\x91\xc1"} {
		if events := f.Find([]byte(record)); events != 0 || f.Splits() {
			t.Errorf("%q: %d events", record, events)
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
				events := f.Find(packed(t, record))
				if want := n <= MaxWraps; (events == 1) != want {
					t.Errorf("%d wraps: %d events", n, events)
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

func TestARecordThatWouldBecomeManyTimesItsSizeStaysWhole(t *testing.T) {
	kilobyte := `{"x":"` + strings.Repeat("x", 1020) + `"}` // 1025 bytes in MessagePack with its key
	inner := asJSON(manyEvents(t, 100, kilobyte))
	var keys []string
	for i := range 2000 {
		keys = append(keys, fmt.Sprintf(`"%d":0`, i))
	}
	for _, c := range []struct {
		name   string
		record []byte
		events int
		splits bool
	}{
		{"nothing beside", manyEvents(t, 200_000, `{}`), 200_000, true},
		{"one event with a kilobyte beside it", manyEvents(t, 1, kilobyte), 1, true},
		{"five events of 72 bytes with a kilobyte beside them", manyEvents(t, 5, kilobyte), 5, true},
		{"twenty", manyEvents(t, 20, kilobyte), 20, false},
		{"what is beside an outer list counts as well", packed(t, `{"y":"`+strings.Repeat("y", 1020)+`","Records":[`+inner+`]}`), 100, false},
		{"few bytes and many keys", manyEvents(t, 100, `{`+strings.Join(keys, ",")+`}`), 100, false},
		{"many elements in which there is no room for an event", packed(t, `{"Records":[`+raw("1")+strings.Repeat(",0", 100)+`]}`), 1, false},
		{"a few of them", packed(t, `{"Records":[`+raw("1")+strings.Repeat(",0", 50)+`]}`), 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := NewFinder(jsonKeys, nil)
			if events := f.Find(c.record); events != c.events || f.Splits() != c.splits || f.OverLimit() == c.splits {
				t.Errorf("%d events, splits %v, over a limit %v", events, f.Splits(), f.OverLimit())
			}
		})
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
		{"an element that is not a map stays in its list", `{"host":"h","Records":[5,` + raw("1") + `,[7]]}`,
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
			f.Find(packed(t, c.record))
			var got []string
			for i, p := range f.Parts() {
				if i > 0 && p.SameRecord(&f.Parts()[i-1]) {
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
		if events := f.Find(record); events != 1 {
			t.Fatalf("%d pairs: %d events", c.pairs, events)
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
			if f.Find(packed(t, c.record)); ids(f) != c.want || f.Splits() != c.splits {
				t.Errorf("%s: %q", c.name, ids(f))
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
		if n := f.Find(record); n != 1 {
			b.Fatal(n)
		}
	}
}

func TestFindingARawEventAllocatesNothing(t *testing.T) {
	record := packed(t, benchmarkEvent)
	f := NewFinder(jsonKeys, nil)
	if n := testing.AllocsPerRun(100, func() { f.Find(record) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	list := manyEvents(t, 100, `{"a":1}`)
	var body []byte
	work := func() {
		f.Find(list)
		for _, p := range f.Parts() {
			body = f.AppendBody(body[:0], p)
		}
	}
	if n := testing.AllocsPerRun(100, work); n > 0 {
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
		{"an element that is not a map", `{"Records":[5,` + raw("1") + `]}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := NewFinder(jsonKeys, nil)
			f.Find(packed(t, c.record))
			p := f.Parts()[0]
			body, got := f.IsElement(&p)
			if got != c.want {
				t.Fatalf("is the element: %v, want %v", got, c.want)
			}
			if got && !document.Equal(body, f.AppendBody(nil, p)) {
				t.Error("the element is not the record")
			}
		})
	}
}

func TestAKeyOfTheUserMayBeAMemberOfEvents(t *testing.T) {
	event := `"{\"eventSource\":\"a.b\",\"eventName\":\"C\"}"`
	for _, test := range []struct {
		name, record string
		keys         []string
		want         int
	}{
		{"a key that events have", `{"requestParameters":` + event + `}`, []string{"requestParameters"}, 1},
		{"the name of the event itself", `{"eventName":` + event + `}`, []string{"log", "eventName"}, 1},
		{"one that is not among the user's", `{"requestParameters":` + event + `}`, []string{"log"}, 0},
	} {
		packed, err := document.AppendFromJSON(nil, []byte(test.record))
		if err != nil {
			t.Fatal(err)
		}
		if got := NewFinder(test.keys, nil).Find(packed); got != test.want {
			t.Errorf("%s: %d events are found, want %d", test.name, got, test.want)
		}
	}
}
