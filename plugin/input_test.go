package main_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/chunk"
)

// appended is what the filter has put into the input trailwire at once.
type appended struct {
	tag     string
	records []byte
}

// ids returns the eventIDs of the records, and fails if one has no alert at the
// end of its body.
func (a appended) ids(t *testing.T) (ids []string) {
	t.Helper()
	for rest := a.records; len(rest) > 0; {
		var e chunk.Event
		var err error
		if e, rest, err = chunk.Next(rest); err != nil {
			t.Fatal(err)
		}
		text, err := document.AppendJSON(nil, e.Body)
		if err != nil {
			t.Fatal(err)
		}
		if _, alert := splitAlert(string(text), "alert"); alert == nil {
			t.Errorf("a record without an alert is under %s: %s", a.tag, text)
		}
		ids = append(ids, idsInLines(string(text))...)
	}
	return ids
}

// withInput runs a chunk through the filter in the test host, with an input
// trailwire, and returns what came in there.
func withInput(t *testing.T, in []byte, options ...string) (outcome, []appended) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "appended")
	told := filepath.Join(t.TempDir(), "told")
	got := inTestHost(t, in, append([]string{"-I", "-A", file, "-C", told}, options...)...)
	var all []appended
	var counts []byte
	frame := func(b []byte) (data, rest []byte) {
		n := 4 + int(binary.BigEndian.Uint32(b))
		return b[4:n], b[n:]
	}
	written, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for rest := written; len(rest) > 0; {
		var tag, records []byte
		tag, rest = frame(rest)
		records, rest = frame(rest)
		all = append(all, appended{string(tag), settled(records)})
		counts = binary.BigEndian.AppendUint32(counts, countOf(t, records))
	}
	said, err := os.ReadFile(told)
	if err != nil && !os.IsNotExist(err) || !bytes.Equal(said, counts) {
		t.Errorf("the host is told of %x records in each append, and there are %x (%v)", said, counts, err)
	}
	return got, all
}

// countOf is how many records there are.
func countOf(t *testing.T, records []byte) (n uint32) {
	t.Helper()
	for rest := records; len(rest) > 0; n++ {
		var err error
		if _, rest, err = chunk.Next(rest); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func TestAnAlertIsTheRecordThatTaggingMakesAndTheOriginalIsUntouched(t *testing.T) {
	in := event(t, match)
	tagged := inTestHost(t, in)
	got, alerts := withInput(t, in, "-p", "alert_tag=alert.$severity")
	if got.code != 0 || got.verdict() != "notouch" || !bytes.Equal(got.chunk, in) {
		t.Fatalf("code %d, verdict %q, %d bytes of %d:\n%s", got.code, got.verdict(), len(got.chunk), len(in), got.log)
	}
	if len(alerts) != 1 || alerts[0].tag != "alert.high" || !bytes.Equal(alerts[0].records, tagged.chunk) {
		t.Errorf("what came in is %q, want what tagging makes of it", alerts)
	}
	both, alerts := withInput(t, in, "-p", "alert_tag=alert.$severity", "-p", "records=tagged")
	if both.verdict() != "modified" || !bytes.Equal(both.chunk, tagged.chunk) {
		t.Errorf("with records tagged the verdict is %q", both.verdict())
	}
	if len(alerts) != 1 || !bytes.Equal(alerts[0].records, tagged.chunk) {
		t.Errorf("with records tagged what came in is %q", alerts)
	}
}

// If records are tagged too, a list is split even if nothing in its chunk
// raises an alert. What is evaluated twice is counted once.
func TestAListWithoutAnAlertIsSplitWhereRecordsAreTagged(t *testing.T) {
	list := event(t, `{"Records":[`+lambdaCall("a", "ListFunctions20150331", "null")+","+lambdaCall("b", "ListFunctions20150331", "null")+`]}`)
	want := inTestHost(t, list)
	if want.verdict() != "modified" {
		t.Fatalf("without alert_tag the verdict is %q", want.verdict())
	}
	got, alerts := withInput(t, list, "-p", "alert_tag=alert.$severity", "-p", "records=tagged")
	if got.verdict() != "modified" || !bytes.Equal(got.chunk, want.chunk) || len(alerts) != 0 {
		t.Errorf("the verdict is %q, with %d alerts and %d bytes, want %d", got.verdict(), len(alerts), len(got.chunk), len(want.chunk))
	}
	counted, _ := withInput(t, list, "-p", "alert_tag=alert.$severity", "-p", "records=tagged", "-p", "stats_interval=1h")
	if !strings.Contains(counted.log, " records=1 events=1 matches=0 ") {
		t.Errorf("not one record is counted: %s", counted.log)
	}
}

func TestWhatIsRaisedOfAChunk(t *testing.T) {
	a, b, c := grant("a", "444455556666"), grant("b", "555566667777"), grant("c", "666677778888")
	other := lambdaCall("other", "ListFunctions20150331", "null")
	list := `{"Records":[` + a + "," + other + "," + b + `]}`
	for _, test := range []struct {
		name    string
		records []string
		options []string
		want    []string // tag: ids
	}{
		{"one event", []string{a}, nil, []string{"alert.high: a"}},
		{"none without a match", []string{other, nearMiss}, nil, nil},
		{"each event of a list by itself", []string{list}, nil, []string{"alert.high: a b"}},
		{"also when lists are not split", []string{list}, []string{"-p", "split=off"}, []string{"alert.high: a b"}},
		{"also when records are tagged", []string{list}, []string{"-p", "split=off", "-p", "records=tagged"}, []string{"alert.high: a b"}},
		{"each event of a text that is a list", []string{`{"log":` + strconv.Quote("["+a+","+other+","+b+"]") + `}`}, nil, []string{"alert.high: a b"}},
		{"a duplicate has the other tag", []string{a, b, a}, nil, []string{"alert.high: a b", "suppressed.high: a"}},
		{"which can be named", []string{a, a}, []string{"-p", "suppressed_tag=known.$rule_id"},
			[]string{"alert.high: a", "known.8f985da6-66e8-4838-a63e-21636eb9adc5: a"}},
		{"with every variable of a template", []string{a}, []string{"-p", "alert_tag=$tag.$severity.${rule_id}"},
			[]string{"my.tag.high.8f985da6-66e8-4838-a63e-21636eb9adc5: a"}},
		{"records of one tag stay in order", []string{c, a, b}, nil, []string{"alert.high: c a b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var in []byte
			for _, r := range test.records {
				in = append(in, event(t, r)...)
			}
			options := append([]string{"-t", "my.tag", "-p", "alert_tag=alert.$severity"}, test.options...)
			if i := slices.IndexFunc(test.options, func(o string) bool { return strings.HasPrefix(o, "alert_tag=") }); i >= 0 {
				options = append([]string{"-t", "my.tag"}, test.options...)
			}
			got, alerts := withInput(t, in, options...)
			var have []string
			for _, a := range alerts {
				have = append(have, a.tag+": "+strings.Join(a.ids(t), " "))
			}
			if got.code != 0 || !slices.Equal(have, test.want) {
				t.Errorf("code %d, came in: %q, want %q\n%s", got.code, have, test.want, got.log)
			}
			if tagged := slices.Contains(test.options, "records=tagged"); (got.verdict() == "modified") != tagged || !tagged && !bytes.Equal(got.chunk, in) {
				t.Errorf("the chunk was changed, or not: %s", got.verdict())
			}
		})
	}
}

func TestARecordThatCarriesItsVerdictRaisesNothingAgain(t *testing.T) {
	for _, format := range []string{"native", "ecs"} {
		tagged := inTestHost(t, event(t, match), "-p", "alert_format="+format)
		got, alerts := withInput(t, tagged.chunk, "-p", "alert_tag=alert", "-p", "alert_format="+format)
		if got.verdict() != "notouch" || len(alerts) > 0 {
			t.Errorf("in %s: verdict %q, came in: %q", format, got.verdict(), alerts)
		}
	}
	forged := strings.Replace(match, "{", `{"alert":{"severity":"low"},`, 1)
	if got, alerts := withInput(t, event(t, forged), "-p", "alert_tag=alert.$severity"); got.verdict() != "notouch" || len(alerts) != 1 || alerts[0].tag != "alert.high" {
		t.Errorf("with a forged alert: verdict %q, came in: %q", got.verdict(), alerts)
	}
}

// If the input does not get the alerts, for any reason, they are in the records
// that go on, judged as before, and the log says why.
func TestAlertsThatTheInputDoesNotTakeStayInTheirRecords(t *testing.T) {
	in := slices.Concat(event(t, match), event(t, nearMiss), event(t, match))
	plain := inTestHost(t, in, "-p", "split=off")
	for _, test := range []struct {
		name    string
		options []string
		taken   int // appends
		says    string
	}{
		{"it takes nothing", []string{"-R", "0"}, 0, "the input trailwire did not take them: it is paused, or its storage is full (2 records so far)"},
		{"it takes the first tag alone", []string{"-R", "1"}, 1, "it is paused, or its storage is full (1 records so far)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, alerts := withInput(t, in, append(test.options, "-p", "alert_tag=alert.$severity", "-p", "stats_interval=1h")...)
			if !strings.HasPrefix(got.verdict(), "modified") || !bytes.Equal(got.chunk, plain.chunk) {
				t.Errorf("verdict %q; the chunk is not what tagging makes of it", got.verdict())
			}
			if len(alerts) != test.taken || !strings.Contains(got.log, test.says) {
				t.Errorf("%d appends, want %d; the log is\n%s", len(alerts), test.taken, got.log)
			}
			if want := fmt.Sprintf("records=3 events=3 matches=2 suppressed=1 excepted=0 no_event=0 malformed=0 over_limit=0 not_taken=%d", 2-test.taken); !strings.Contains(got.log, want) {
				t.Errorf("the statistics do not say %q:\n%s", want, got.log)
			}
		})
	}
}

func TestOnAnotherThreadAlertsStayInTheirRecords(t *testing.T) {
	in := event(t, match)
	got, alerts := withInput(t, in, "-j", "4", "-n", "50", "-p", "alert_tag=alert.$severity", "-p", "max_signals=1000000", "-p", "dedup_window=0")
	// One thread is the input's own: it gets notouch, and the others do not.
	if got.code != 5 || !strings.Contains(got.log, "this filter runs on another thread than the input trailwire") {
		t.Errorf("code %d\n%s", got.code, got.log)
	}
	if n := len(alerts); n == 0 || n > 60 {
		t.Errorf("%d appends, want those of one thread alone", n)
	}
	if n := strings.Count(got.log, "another thread"); n != 1 {
		t.Errorf("the log has it %d times in a minute", n)
	}
}

func TestWithoutMemoryTheHostLives(t *testing.T) {
	in := event(t, match)
	got, alerts := withInput(t, in, "-m", "-n", "3", "-p", "alert_tag=alert.$severity")
	if got.code != 0 || got.verdict() != "notouch" || !bytes.Equal(got.chunk, in) || len(alerts) > 0 {
		t.Errorf("code %d, verdict %q, %d appends:\n%s", got.code, got.verdict(), len(alerts), got.log)
	}
}

func TestBadRoutesAreRefusedInOneLine(t *testing.T) {
	const noInput = `property "alert_tag": alerts come in by the input trailwire, and there is none: ` +
		`load flb-in_trailwire.so and add "- {name: trailwire, alias: alerts, storage.type: filesystem}" to the inputs, before an input that has this filter as its processor`
	for _, test := range []struct {
		options []string
		says    string
	}{
		{[]string{"-p", "alert_tag=alert.$severity"}, noInput},
		{[]string{"-I", "-I"}, "there is an input trailwire already, and all alerts come in there: leave this one out"},
		{[]string{"-I", "-p", "alert_tag=alert.$level"}, `property "alert_tag": the tag "alert.$level" has a variable that is not $severity, $rule_id or $tag: it must be a tag such as alert.$severity`},
		{[]string{"-I", "-p", "alert_tag=a b"}, `property "alert_tag": the tag "a b" has a character that is not a letter, a digit, or one of . _ -: it must be a tag such as alert.$severity`},
		{[]string{"-I", "-p", "suppressed_tag=x"}, `property "suppressed_tag": it has no meaning without alert_tag: set that, too, or leave it out`},
		{[]string{"-I", "-p", "records=untouched"}, `property "records": untouched needs alert_tag: without it an alert would go nowhere`},
		{[]string{"-I", "-p", "records=both", "-p", "alert_tag=a"}, `property "records": "both" is not allowed: it must be untouched or tagged`},
	} {
		t.Run(strings.Join(test.options, " "), func(t *testing.T) {
			t.Parallel()
			got := inTestHost(t, nil, test.options...)
			if lines := got.logLines(); got.code != 3 || len(lines) != 1 || !strings.HasSuffix(lines[0], test.says) {
				t.Errorf("code %d, the log is %q, want one line: %s", got.code, lines, test.says)
			}
		})
	}
}

func TestTheInputIsExportedAndNamesNoPropertyOfItsOwn(t *testing.T) {
	symbols, err := openPlugin(t).DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == "in_trailwire_plugin" })
	// 312 bytes are 5.1.1's own struct, which is copied whole.
	if i < 0 || symbols[i].Section == elf.SHN_UNDEF || symbols[i].Size < 1024 {
		t.Errorf("in_trailwire_plugin is not exported, or smaller than what a host copies")
	}
}
