package conformance

import (
	"bytes"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
)

// FuzzECS says that, whatever else is in a record that matches, it becomes a
// document with one verdict, ours, which stands when the record comes round
// again.
func FuzzECS(f *testing.F) {
	for _, beside := range []string{
		`{}`, `{"event":{"kind":"event","event":{"kind":1}},"event.kind":"x"}`, `{"event":"x","rule":1,"threat":[],"tags":{"a":null}}`,
		`{"cloud.account":{"id":1},"cloud":{"account.id":2,"account":null}}`, `{"trailwire":{"suppressed":"duplicate"},"trailwire.x":1}`,
		`{"tags":["a",1,"a"],"message":null,"source":"aws.lambda","user":[{"name":"x"}],"event.":1,".event":2,"":3}`,
		`{"event":{"kind":"event"},"event":{"kind":"event"}}`, `{"ecs":{"version":8},"data_stream.dataset":"x"}`,
	} {
		f.Add([]byte(beside))
	}
	event := pack(f, crossAccountGrant(nil))
	f.Fuzz(func(t *testing.T, beside []byte) {
		own, err := document.AppendFromJSON(nil, beside)
		if err != nil || !document.IsMap(own) {
			return
		}
		n, pairs, _ := document.ReadMapHeader(event)
		m, more, _ := document.ReadMapHeader(own)
		record := []byte{0xdf, byte((n + m) >> 24), byte((n + m) >> 16), byte((n + m) >> 8), byte(n + m)}
		record = append(append(record, more...), pairs...) // of a key that is there twice, the event's counts

		options := func(o *detect.Options) { o.AlertFormat, o.Split = alert.FormatECS, false }
		outputs := newEngine(t, options).ThoroughEvaluator().Record(record, arrival)
		if len(outputs) == 0 {
			return // something else in it was taken for the event
		}
		first := bytes.Clone(outputs[0].Body)
		if rest, err := document.Skip(first); err != nil || len(rest) > 0 {
			t.Fatalf("%d bytes too many, %v", len(rest), err)
		}
		if kind, _ := document.Path(first, "event.kind"); !document.Equal(kind, pack(t, `"alert"`)) {
			t.Errorf("event.kind is %x", kind)
		}
		if name, _ := document.Path(first, "trailwire.severity"); !document.Equal(name, pack(t, `"high"`)) {
			t.Errorf("trailwire.severity is %x", name)
		}
		again := newEngine(t, options).ThoroughEvaluator().Record(first, arrival)
		if len(again) > 0 && len(again[0].Alerts) > 0 {
			t.Errorf("the second pass makes of\n%v\n%v", unpack(t, first), unpack(t, again[0].Body))
		}
	})
}
