package chunk

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/search"
)

// newEngine returns an engine with the built-in rule. It has no memory of past
// alerts, so that one engine can judge many chunks.
// started is when the tests began.
var started = time.Now()

func newEngine(t testing.TB, change func(*detect.Options)) *detect.Engine {
	t.Helper()
	o := detect.DefaultOptions()
	rules, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	o.Rules, o.DedupWindow, o.MaxSignals = rules, -1, 1<<30
	if change != nil {
		change(&o)
	}
	o.Collector = "collector-7"
	o.Clock = func() time.Time { return started } // alerts of two engines have the same time
	e, err := detect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// match is an event that the built-in rule matches, ordinary one that it does
// not.
const (
	match = `{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2","eventID":"e1","eventTime":"2025-06-18T10:00:00Z",` +
		`"recipientAccountId":"111122223333","requestParameters":{"functionName":"f","action":"lambda:InvokeFunction","principal":"444455556666"}}`
	ordinary = `{"eventSource":"lambda.amazonaws.com","eventName":"Invoke","eventID":"e2","requestParameters":{"functionName":"f"}}`
)

func packed(t testing.TB, json string) []byte {
	t.Helper()
	value, err := document.AppendFromJSON(nil, []byte(json))
	if err != nil {
		t.Fatalf("%s: %v", json, err)
	}
	return value
}

const header = "\x92\x92" + stamp + "\x81\xa1k\xa1v"

func event(t testing.TB, json string) string { return header + string(packed(t, json)) }

func TestFilterLeavesAloneWhatHasNoMatch(t *testing.T) {
	engine := newEngine(t, nil)
	for _, c := range []struct{ name, chunk string }{
		{"an empty chunk", ""},
		{"an ordinary event", event(t, ordinary)},
		{"many ordinary events", strings.Repeat(event(t, ordinary), 100)},
		{"an event that nearly matches", event(t, strings.Replace(match, "444455556666", "*", 1))},
		{"a match in a marker", "\x92\x92\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00\x80" + string(packed(t, match))},
		{"a match in the metadata", "\x92\x92" + stamp + string(packed(t, match)) + "\x80"},
		{"a match that is not an event", string(packed(t, match))},
		{"garbage", "\xc1\xc1"},
		{"garbage before a match", "\xc1" + event(t, match)},
		{"a match that is cut off", event(t, match)[:len(event(t, match))-1]},
		{"a look-alike", event(t, `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, changed := Filter([]byte("before"), []byte(c.chunk), engine)
			if changed || string(out) != "before" {
				t.Errorf("changed %v, %q", changed, out)
			}
		})
	}
}

func TestFilterTagsAMatchAndNothingElse(t *testing.T) {
	one, two := event(t, match), event(t, ordinary)
	for _, c := range []struct{ name, before, after string }{
		{"alone", "", ""},
		{"first", "", two},
		{"last", two + two, ""},
		{"in the middle", two, two},
		{"beside a marker", "\x92\x92\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00\x80\x80", "\x92\x92\xd7\x00\xff\xff\xff\xfe\x00\x00\x00\x00\x80\x80"},
		{"beside what is not an event", "\xc0\xa3abc", "\x05"},
		{"before garbage", two, "\xc1\xff\xff" + two},
		{"before a cut off event", "", two[:20]},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine := newEngine(t, nil)
			out, changed := Filter([]byte("dst"), []byte(c.before+one+c.after), engine)
			got, ok := bytes.CutPrefix(out, []byte("dst"+c.before+header))
			if !changed || !ok {
				t.Fatalf("changed %v, %q", changed, out)
			}
			if got, ok = bytes.CutSuffix(got, []byte(c.after)); !ok {
				t.Fatalf("%q does not end with %q", out, c.after)
			}
			checkTagged(t, got, packed(t, match), "alert")
		})
	}
}

// checkTagged fails unless body is was with an alert at its end: byte for byte,
// apart from the header and the keys that the alert has taken.
func checkTagged(t testing.TB, body, was []byte, key string) {
	t.Helper()
	n, rest, err := document.ReadMapHeader(body)
	if after, err := document.Skip(body); err != nil || len(after) > 0 {
		t.Fatalf("%q: %v", body, err)
	}
	m, wanted, errWas := document.ReadMapHeader(was)
	if err != nil || errWas != nil || n <= m {
		t.Fatalf("%d pairs became %d, %v, %v", m, n, err, errWas)
	}
	for ; m > 0; m, n = m-1, n-1 {
		var k, kWas, v, vWas []byte
		k, rest, _ = document.Next(rest)
		v, rest, _ = document.Next(rest)
		kWas, wanted, _ = document.Next(wanted)
		vWas, wanted, _ = document.Next(wanted)
		text, _ := document.Text(k)
		textWas, _ := document.Text(kWas)
		moved := (string(textWas) == key || string(textWas) == key+"s") &&
			strings.HasPrefix(string(text), string(textWas)+"_original")
		if !bytes.Equal(k, kWas) && !moved || !bytes.Equal(v, vWas) {
			t.Fatalf("%q became %q", append(kWas, vWas...), append(k, v...))
		}
	}
	if k, _ := document.Text(rest); string(k) != key {
		t.Fatalf("after its own keys comes %q", rest)
	}
	if _, after, _ := document.Next(rest); document.KindOf(after) != document.KindMap {
		t.Fatalf("the alert is %q", after)
	}
}

func TestFilterSplitsAList(t *testing.T) {
	engine := newEngine(t, nil)
	list := event(t, `{"host":"h","Records":[`+ordinary+`,`+match+`,`+ordinary+`]}`)
	out, changed := Filter(nil, []byte(event(t, ordinary)+list+event(t, ordinary)), engine)
	var bodies [][]byte
	for rest := out; len(rest) > 0; {
		e, after, err := Next(rest)
		if err != nil {
			t.Fatal(err)
		}
		if string(e.Header()) != header {
			t.Errorf("header %q", e.Header())
		}
		bodies, rest = append(bodies, e.Body), after
	}
	if !changed || len(bodies) != 5 {
		t.Fatalf("changed %v, %d records", changed, len(bodies))
	}
	beside := func(event string) []byte {
		body := packed(t, strings.TrimSuffix(event, "}")+`,"host":"h"}`)
		_, rest, _ := document.ReadMapHeader(body)
		n, _, _ := document.ReadMapHeader(body)
		return append(msgp.AppendMapHeader(nil, uint32(n)), rest...)
	}
	for i, want := range [][]byte{packed(t, ordinary), beside(ordinary), nil, beside(ordinary), packed(t, ordinary)} {
		if want != nil && !bytes.Equal(bodies[i], want) {
			t.Errorf("record %d is %q, want %q", i, bodies[i], want)
		}
	}
	checkTagged(t, bodies[2], beside(match), "alert")

	whole := newEngine(t, func(o *detect.Options) { o.Split = false })
	out, changed = Filter(nil, []byte(list), whole)
	if !changed {
		t.Fatal("with split off nothing is tagged")
	}
	checkTagged(t, out[len(header):], []byte(list)[len(header):], "alert")
	if _, changed := Filter(nil, []byte(event(t, `{"Records":[`+ordinary+`]}`)), whole); changed {
		t.Error("with split off an ordinary list is changed")
	}
}

// What is beside a list is part of each record that it is split into, and so of
// what is evaluated: filtering such a record again gives the same verdict.
func TestASplitEventIsJudgedAsItLeaves(t *testing.T) {
	const bare = `{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2","eventID":"e3"}`
	const request = `"requestParameters":{"functionName":"f","action":"lambda:InvokeFunction","principal":"444455556666"}`
	for _, c := range []struct {
		name, body string
		want       []bool // which of the records are tagged
	}{
		{"request parameters beside the list", `{"Events":[` + ordinary + `,` + bare + `],` + request + `}`, []bool{false, true}},
		{"request parameters around the list", `{"log":{"Events":[` + ordinary + `,` + bare + `]},` + request + `}`, []bool{false, true}},
		{"the event's own come first", `{` + request + `,"Events":[` + ordinary + `,` + strings.Replace(match, "444455556666", "*", 1) + `]}`, []bool{false, false}},
		{"an error beside the list", `{"Records":[` + match + `,` + match + `],"errorCode":"AccessDenied"}`, []bool{false, false}},
		{"the rest of an event beside the list", `{"Records":[` + ordinary + `,{"eventName":"AddPermission"}],"eventSource":5,` + request + `}`, []bool{false, false}},
		{"text beside the list", `{"logEvents":[{"message":` + strconv.Quote(ordinary) + `},{"message":"{"}],"log":` + strconv.Quote(match[:len(match)-1]) + `}`, []bool{false, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine := newEngine(t, nil)
			out, _ := checkFilter(t, engine, nil, []byte(event(t, c.body)))
			var got []bool
			for rest := out; len(rest) > 0; {
				e, after, err := Next(rest)
				if err != nil {
					t.Fatal(err)
				}
				got, rest = append(got, hasOurAlert(e.Body)), after
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("tagged %v, want %v", got, c.want)
			}
		})
	}
}

// Metadata is repeated with every record that a list is split into. Beyond a
// limit it is left out: a few megabytes would become hundreds of gigabytes.
func TestFilterDoesNotRepeatHugeMetadata(t *testing.T) {
	engine := newEngine(t, nil)
	list := msgp.AppendArrayHeader([]byte("\x81\xa7Records"), 1000)
	for range 1000 {
		list = append(list, packed(t, ordinary)...)
	}
	for _, c := range []struct {
		size int
		kept bool
	}{{200, true}, {1 << 10, false}, {1 << 20, false}} {
		metadata := append([]byte("\x81\xa1k"), msgp.AppendString(nil, strings.Repeat("x", c.size))...)
		in := append(append([]byte("\x92\x92"+stamp), metadata...), list...)
		out, changed := Filter(nil, in, engine)
		records := 0
		for rest := out; len(rest) > 0; records++ {
			e, after, err := Next(rest)
			if err != nil {
				t.Fatal(err)
			}
			want := "\x92\x92" + stamp + "\x80"
			if c.kept {
				want = "\x92\x92" + stamp + string(metadata)
			}
			if string(e.Header()) != want {
				t.Fatalf("%d bytes of metadata: header %.60q", c.size, e.Header())
			}
			rest = after
		}
		if !changed || records != 1000 || len(out) > len(in)+maxHeaders(len(in)) {
			t.Errorf("%d bytes of metadata: %d records, %d bytes", c.size, records, len(out))
		}
	}
}

func TestFilterCountsWhatItCannotRead(t *testing.T) {
	engine := newEngine(t, nil)
	Filter(nil, []byte("\xc0"+event(t, match)+"\x05\xc1"), engine)
	if s := engine.Stats(); s.Malformed != 3 || s.Alerts != 1 || s.Records != 1 {
		t.Errorf("%+v", s)
	}
}

// A sender chooses its records' timestamps. None but a marker's hides a record.
func TestNoTimestampOfARecordHidesIt(t *testing.T) {
	for _, c := range []struct{ name, timestamp string }{
		{"seconds of 2^31", "\xd7\x00\x80\x00\x00\x00\x00\x00\x00\x00"},
		{"seconds of 2^32-3", "\xd7\x00\xff\xff\xff\xfd\x00\x00\x00\x00"},
		{"seconds of 2^32-1 as an integer", "\xce\xff\xff\xff\xff"},
		{"seconds of 2^32-1 as a float", "\xcb\x41\xef\xff\xff\xff\xe0\x00\x00"},
		{"seconds of -3", "\xfd"},
		{"not a number", "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"},
		{"null", "\xc0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine := newEngine(t, nil)
			head := "\x92\x92" + c.timestamp + "\x80"
			out, changed := Filter(nil, []byte(head+string(packed(t, match))), engine)
			got, ok := bytes.CutPrefix(out, []byte(head))
			if !changed || !ok {
				t.Fatalf("changed %v, %q", changed, out)
			}
			checkTagged(t, got, packed(t, match), "alert")
		})
	}
}

// Without its metadata a record keeps its timestamp as it was written: the same
// seconds in an extension could be those of a marker, which no output delivers.
func TestWithoutItsMetadataARecordKeepsItsTimestamp(t *testing.T) {
	for _, c := range []struct{ name, timestamp, want string }{
		{"an extension", stamp, stamp},
		{"2^32-1 seconds as an integer", "\xce\xff\xff\xff\xff", "\xce\xff\xff\xff\xff"},
		{"a float", "\xcb\x41\xd9\x54\xfc\x40\x20\x00\x00", "\xcb\x41\xd9\x54\xfc\x40\x20\x00\x00"},
		{"text of any size", string(msgp.AppendString(nil, strings.Repeat("x", 1<<20))), "\xd7\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, _, err := Next([]byte("\x92\x92" + c.timestamp + "\x81\xa1k\xa1v\x80"))
			if got := string(e.bareHeader()); err != nil || got != "\x92\x92"+c.want+"\x80" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// bySlowPath returns what Filter must return. It does not search: every event
// is evaluated.
func bySlowPath(engine *detect.Engine, chunk []byte) (out []byte, changed bool) {
	v := engine.ThoroughEvaluator()
	for rest := chunk; len(rest) > 0; {
		raw, after, err := document.Next(rest)
		if err != nil {
			return append(out, rest...), changed
		}
		e, _, err := Next(rest)
		var outputs []detect.Output
		if err == nil && !e.IsMarker() {
			outputs = v.Record(e.Body, e.Time())
		}
		if outputs == nil {
			out = append(out, raw...)
		} else {
			changed = true
		}
		for _, o := range outputs {
			out = append(append(out, e.Header()...), o.Body...)
		}
		rest = after
	}
	return out, changed
}

// checkFilter compares Filter with the slow path, and with itself: filtering
// its output again changes nothing.
func checkFilter(t testing.TB, engine *detect.Engine, s *search.Search, chunk []byte) (out []byte, changed bool) {
	t.Helper()
	saved := bytes.Clone(chunk)
	out, changed = Filter(nil, chunk, engine)
	if !bytes.Equal(chunk, saved) {
		t.Fatalf("the chunk %q was written to", saved)
	}
	if !changed {
		if len(out) > 0 {
			t.Fatalf("%q became %q, unchanged", chunk, out)
		}
		out = chunk
	}
	want, wantChanged := bySlowPath(engine, chunk)
	if changed != wantChanged || !bytes.Equal(out, want) {
		t.Fatalf("the fast path (%v) and the slow one (%v) differ on %q\n%s", changed, wantChanged, chunk, difference(out, want))
	}
	if changed && !engine.Suspects(chunk) {
		t.Fatalf("not suspicious, and changed: %q", chunk)
	}
	if s != nil {
		byC, cChanged := FilterSuspects(func() []byte { return nil }, chunk, engine, s.Over(chunk, s.Next(chunk, 0)), nil)
		if cChanged != changed || changed && !bytes.Equal(byC, out) {
			t.Fatalf("with the search in C %q\nbecomes %v %q\nwithout  %v %q", chunk, cChanged, byC, changed, out)
		}
	}
	if again, twice := Filter(nil, out, engine); twice {
		t.Fatalf("%q\nchanges again\n%s", chunk, difference(out, again))
	}
	return out, changed
}

// difference shows the first record in which two chunks differ.
func difference(a, b []byte) string {
	for {
		x, restA, errA := Next(a)
		y, restB, errB := Next(b)
		if errA != nil || errB != nil || !bytes.Equal(x.Raw, y.Raw) {
			one, _ := document.AppendJSON(nil, x.Raw)
			other, _ := document.AppendJSON(nil, y.Raw)
			return fmt.Sprintf("%s %v\n%s %v", one, errA, other, errB)
		}
		a, b = restA, restB
	}
}

// engines are the engines that the properties hold for.
func engines(t testing.TB) (all []*detect.Engine, searches []*search.Search) {
	for i, change := range []func(*detect.Options){
		nil,
		func(o *detect.Options) { o.Split = false },
		func(o *detect.Options) { o.Coverage = alert.CoverExtended },
		func(o *detect.Options) { o.Coverage, o.Split = alert.CoverExtended, false },
	} {
		e := newEngine(t, func(o *detect.Options) {
			if change != nil {
				change(o)
			}
			s, err := search.For(o)
			if err != nil || s == nil {
				t.Fatalf("there is no search: %v", err)
			}
			t.Cleanup(s.Free)
			if i >= 2 { // these search in Go
				o.Search, o.SearchFrom = nil, nil
			}
			searches = append(searches, s)
		})
		all = append(all, e)
	}
	return all, searches
}

// TestFilterKeepsItsPromisesOnRandomChunks is about every chunk:
//
//   - records out = records in; if lists are split, events in
//   - their order is kept
//   - an untouched record is byte-identical
//   - a tagged one without its alert is byte-identical
//   - what Filter returns it leaves alone
//   - the fast path and the slow path agree
//
// TRAILWIRE_CHUNKS says how many chunks, TRAILWIRE_SEED which.
func TestFilterKeepsItsPromisesOnRandomChunks(t *testing.T) {
	chunks, seed := 20_000, int64(1)
	if testing.Short() || raceDetector {
		chunks = 2000
	}
	for name, set := range map[string]func(int64){
		"TRAILWIRE_CHUNKS": func(n int64) { chunks = int(n) },
		"TRAILWIRE_SEED":   func(n int64) { seed = n },
	} {
		if value := os.Getenv(name); value != "" {
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			set(n)
		}
	}
	t.Logf("%d chunks, seed %d", chunks, seed)
	g := &generator{Rand: rand.New(rand.NewSource(seed)), t: t}
	all, searches := engines(t)
	changes, tagged := 0, 0
	for range chunks {
		records, garbage := g.chunk()
		which := g.Intn(len(all))
		engine, split := all[which], which%2 == 0
		in := joined(records, garbage)
		out, changed := checkFilter(t, engine, searches[which], in)
		if !changed {
			continue
		}
		changes++
		tagged += checkRecords(t, engine, records, garbage, out, split)
	}
	t.Logf("%d chunks were changed, %d records tagged", changes, tagged)
	if changes < chunks/10 || tagged < chunks/10 {
		t.Errorf("of %d chunks only %d were changed, with %d alerts", chunks, changes, tagged)
	}
}

// checkRecords walks the records in and out side by side and returns how many
// were tagged.
func checkRecords(t testing.TB, engine *detect.Engine, records []record, garbage string, out []byte, split bool) (tagged int) {
	t.Helper()
	for _, r := range records {
		if rest, same := bytes.CutPrefix(out, r.raw); same {
			if r.event && split && r.parts > 1 && isMarkedList(r.raw) {
				t.Fatalf("a list is still whole: %q", r.raw)
			}
			out = rest
			continue
		}
		if !r.event {
			t.Fatalf("%q was changed; now comes %q", r.raw, out)
		}
		e, _, err := Next(r.raw)
		if err != nil {
			t.Fatal(err)
		}
		parts := 1
		if split {
			parts = r.parts
		}
		for range parts {
			o, rest, err := Next(out)
			if err != nil || !bytes.Equal(o.Header(), e.Header()) {
				t.Fatalf("%q became %q: %v", r.raw, out, err)
			}
			if hasOurAlert(o.Body) {
				tagged++
				if parts == 1 && !isMarkedList(r.raw) || !split {
					checkTagged(t, o.Body, e.Body, "alert")
				}
			}
			out = rest
		}
	}
	if string(out) != garbage {
		t.Fatalf("after the last record comes %q, want %q", out, garbage)
	}
	return tagged
}

// isMarkedList reports whether the record is one that the generator made a
// list of.
func isMarkedList(raw []byte) bool {
	e, _, _ := Next(raw)
	for _, key := range []string{"Records", "logEvents", "Events"} {
		if list, ok := document.Get(e.Body, key); ok && document.IsArray(list) {
			return true
		}
	}
	text, _ := document.GetText(e.Body, "log")
	inner, err := document.AppendFromJSON(nil, text)
	if text, isText := document.Text(inner); isText { // escaped once more
		inner, err = document.AppendFromJSON(nil, text)
	}
	if err != nil {
		return false
	}
	_, ok := document.Get(inner, "Records")
	return ok
}

func hasOurAlert(body []byte) bool {
	id, ok := document.Path(body, "alert.rule.id")
	text, _ := document.Text(id)
	return ok && string(text) == rule.CrossAccountID
}

// The memory of past alerts makes no difference between the fast path and the
// slow one, nor between a chunk and its second pass.
func TestFilterAgreesWithTheSlowPathWithAMemory(t *testing.T) {
	g := &generator{Rand: rand.New(rand.NewSource(2)), t: t}
	change := func(o *detect.Options) { o.DedupWindow, o.MaxSignals = 0, 3 }
	for range 300 {
		g.id %= 5 // events come again
		records, garbage := g.chunk()
		in := joined(records, garbage)
		fast := newEngine(t, change)
		out, changed := Filter(nil, in, fast)
		want, wantChanged := bySlowPath(newEngine(t, change), in)
		if changed != wantChanged || changed && !bytes.Equal(out, want) {
			t.Fatalf("fast and slow path differ on %q\n%s", in, difference(out, want))
		}
		if again, twice := Filter(nil, out, fast); changed && twice {
			t.Fatalf("%q\nchanges again\n%s", in, difference(out, again))
		}
	}
}

// nearMisses are chunks that hold nearly what the rule looks for, or hide it.
func nearMisses(t testing.TB) (chunks []string) {
	add := func(parts ...string) { chunks = append(chunks, strings.Join(parts, "")) }
	text := func(s string) string { return string(msgp.AppendString(nil, s)) }
	inLog := func(s string) string { return header + "\x81\xa3log" + text(s) }
	add(header, "\x81\xa1a", text("lambda:Invoke"), header, "\x81", text("Function"), "\xc0") // across two records
	add(header, "\x81", text("lambda:InvokeFunction"), "\xc0")                                // in a key
	add("\x92\x92"+stamp+"\x81\xa1k", text("lambda:InvokeFunction"), string(packed(t, ordinary)))
	add(event(t, strings.ReplaceAll(match, "lambda:InvokeFunction", "LAMBDA:invokefunction")))
	add(event(t, strings.ReplaceAll(match, "AddPermission", "aDDpERMISSION")))
	add(event(t, strings.ReplaceAll(match, "AddPermission", "AddPermi\u017f\u017fion")))
	add(event(t, strings.ReplaceAll(match, "lambda:InvokeFunction", "lambda:InvokeFunction\u212a")))
	add(event(t, strings.ReplaceAll(match, "lambda:InvokeFunction", "lambda:*")))
	add(inLog(match))
	for _, escape := range []string{`\u0049`, `\u004`, `\u00`, `\u0069`, `\u005cu0049`, `\u005Cu0049`, `\\u0049`, `\u00\u0034\u0039`} {
		add(inLog(strings.ReplaceAll(match, "InvokeFunction", escape+"nvokeFunction")))
		nested := strings.ReplaceAll(match, "InvokeFunction", escape+"nvokeFunction")
		add(inLog(`{"message":"` + strings.ReplaceAll(nested, `"`, `\"`) + `"}`))
	}
	for _, key := range []string{"Records", `\u0052ecords`, `Record\u0073`, `Record\u005Cu0073`, "logEvents", `log\u0045vents`, "Events", `\u0045vents`} {
		add(inLog(`{"` + key + `":[` + ordinary + `]}`))
		add(inLog(`{"` + key + `":[` + ordinary + `,` + match + `]}`))
	}
	for _, name := range []string{`Add\u0050ermission20150331v2`, `Add\u0050ermi\u017fsion`, `\u0041\u0044\u0044PERMISSION`} {
		add(inLog(strings.ReplaceAll(match, "AddPermission20150331v2", name)))
		add(inLog(strings.ReplaceAll(strings.ReplaceAll(match, "AddPermission20150331v2", name), "lambda:InvokeFunction", "*")))
	}
	add(inLog(`[` + ordinary + `,` + ordinary + `]`))
	add(inLog(`[` + ordinary + `,` + match + `]`))
	add(header, "\x82\xa3log", text(ordinary), "\xa7message", text(match))
	add(header, "\x82\xa3log", text(match), "\xa7message", text(ordinary))
	add(event(t, `{"Records":[{"log":`+strconv.Quote(ordinary)+`,"message":`+strconv.Quote(match)+`}]}`))
	add(event(t, `{"Records":[`+ordinary+`,{"log":`+strconv.Quote(ordinary)+`,"message":`+strconv.Quote(match)+`}]}`))
	add(event(t, `{"Events":[`+ordinary+`,`+match+`],"Records":[]}`))
	add(event(t, `{"Events":[{"x":1}],"log":`+strconv.Quote(match)+`}`))
	return chunks
}

func TestNearMissesAreSeenThrough(t *testing.T) {
	all, searches := engines(t)
	tagged := 0
	for _, chunk := range nearMisses(t) {
		for i, engine := range all {
			if _, changed := checkFilter(t, engine, searches[i], []byte(chunk)); changed {
				tagged++
			}
		}
	}
	if tagged < 40 {
		t.Errorf("only %d were changed", tagged)
	}
}

// FuzzFilter takes any bytes for a chunk: the fast path, the slow path and the
// search in C agree, and a second pass changes nothing.
func FuzzFilter(f *testing.F) {
	for _, chunk := range nearMisses(f) {
		f.Add([]byte(chunk))
	}
	g := &generator{Rand: rand.New(rand.NewSource(3)), t: f}
	for range 50 {
		records, garbage := g.chunk()
		f.Add(joined(records, garbage))
	}
	all, searches := engines(f)
	f.Fuzz(func(t *testing.T, chunk []byte) {
		for i, engine := range all {
			checkFilter(t, engine, searches[i], chunk)
		}
	})
}

// FuzzPrefilter puts any JSON text under log, or any text into the event.
// Evaluating what the prefilter passes over must change nothing.
func FuzzPrefilter(f *testing.F) {
	for _, text := range []string{match, ordinary, `{"Records":[` + ordinary + `]}`, `[` + match + `]`, `{"Events":[` + ordinary + `]}`,
		strings.ReplaceAll(match, "I", `\u0049`), strings.ReplaceAll(match, "I", `\u005cu0049`), strings.ReplaceAll(match, "A", `\u0041`),
		`{"Message":` + strconv.Quote(strings.ReplaceAll(match, "I", `\u0049`)) + `}`, `{"\u0052ecords":[` + ordinary + `]}`,
		strings.ReplaceAll(match, "AddPermission", "AddPermi\u017f\u017fion"), strings.ReplaceAll(match, "k", "\u212a")} {
		f.Add([]byte(text), "lambda:InvokeFunction")
		f.Add([]byte(text), "lambda:*")
	}
	all, _ := engines(f)
	f.Fuzz(func(t *testing.T, text []byte, action string) {
		var bodies [][]byte
		bodies = append(bodies, append([]byte("\x81\xa3log"), msgp.AppendStringFromBytes(nil, text)...))
		if body, err := document.AppendFromJSON(nil, text); err == nil && document.IsMap(body) {
			bodies = append(bodies, body)
		}
		bodies = append(bodies, packed(t, strings.ReplaceAll(match, `"lambda:InvokeFunction"`, quoteText(action))))
		for _, body := range bodies {
			chunk := append([]byte(header), body...)
			for _, engine := range all {
				if engine.Suspects(chunk) {
					continue
				}
				if out, changed := bySlowPath(engine, chunk); changed {
					t.Errorf("not suspicious: %q\nand yet it becomes %q", chunk, out)
				}
			}
		}
	})
}

// quoteText is text as JSON.
func quoteText(text string) string {
	line, err := document.AppendJSON(nil, msgp.AppendString(nil, text))
	if err != nil {
		return `""`
	}
	return string(line)
}

// ordinaryChunk has n events of ordinary size and no candidate.
func ordinaryChunk(t testing.TB, n int) []byte {
	var chunk []byte
	for i := range n {
		body := packed(t, fmt.Sprintf(`{"eventVersion":"1.09","eventTime":"2025-06-18T10:00:00Z","eventSource":"lambda.amazonaws.com","eventName":"Invoke","eventID":"id-%d",`+
			`"awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7","userAgent":%q,"userIdentity":{"type":"AssumedRole","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/deploy/alice"},`+
			`"requestParameters":{"functionName":"billing-export","invocationType":"Event"},"responseElements":null,"readOnly":false,"recipientAccountId":"111122223333"}`,
			i, strings.Repeat("aws-sdk-go/1.44 ", 40)))
		chunk = Append(chunk, time.Unix(1750240800, 0), body)
	}
	return chunk
}

func TestFilteringAChunkWithoutCandidatesAllocatesNothing(t *testing.T) {
	engine, chunk := newEngine(t, nil), ordinaryChunk(t, 1000)
	if n := testing.AllocsPerRun(10, func() { Filter(nil, chunk, engine) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestOnlyMatchesAllocate(t *testing.T) {
	engine := newEngine(t, nil)
	last := Append(nil, time.Unix(1750240800, 0), packed(t, match))
	var dst []byte
	allocations := func(others int) float64 {
		chunk := append(ordinaryChunk(t, others), last...)
		return testing.AllocsPerRun(10, func() { dst, _ = Filter(dst[:0], chunk, engine) })
	}
	// The pool of evaluators may lose one between two chunks: a few more are no allocation for each event.
	if few, many := allocations(10), allocations(1000); many > few+100 {
		t.Errorf("%v allocations after 10 other events, %v after 1,000", few, many)
	}
}

func BenchmarkFilterOrdinary(b *testing.B) {
	engine, chunk := newEngine(b, nil), ordinaryChunk(b, 1000)
	b.ReportAllocs()
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		Filter(nil, chunk, engine)
	}
}

func BenchmarkFilterOneInAHundredMatches(b *testing.B) {
	engine := newEngine(b, nil)
	var chunk, dst []byte
	for range 10 {
		chunk = append(chunk, ordinaryChunk(b, 99)...)
		chunk = Append(chunk, time.Unix(1750240800, 0), packed(b, match))
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		dst, _ = Filter(dst[:0], chunk, engine)
	}
}

// The list in a marker is noted and not evaluated. The evaluator that goes back to the engine must not
// take it for one in the next record.
func TestAListThatIsNotEvaluatedIsForgotten(t *testing.T) {
	var s *search.Search
	engine := newEngine(t, func(o *detect.Options) {
		var err error
		if s, err = search.For(o); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Free)
	})
	body, err := document.AppendFromJSON(nil, []byte(`{"Records":[`+match+`,`+match+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, arrays := range []string{"\x92\x92", "\xdd\x00\x00\x00\x02\xdd\x00\x00\x00\x02"} {
		marker := append([]byte(arrays+"\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00\x80"), body...)
		v := engine.Evaluator()
		noted := 0
		eachSuspect(marker, engine, v, func(from int, list *document.List) (event, body, end, hit int, onlyCalls bool) {
			event, body, end, hit, onlyCalls = s.Over(marker, s.Next(marker, 0))(from, list)
			noted = max(noted, len(list.Ends))
			return event, body, end, hit, onlyCalls
		}, func(*Event, int) { t.Error("a marker is evaluated") })
		if left := len(v.Noted().Ends); noted != 2 || left != 0 {
			t.Errorf("%x: %d elements are noted, want 2; %d are left, want 0", arrays, noted, left)
		}
	}
}
