package property

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/version"
)

func engine(t *testing.T) *detect.Engine {
	t.Helper()
	e, err := detect.New(read(t, set{}).Options)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTheStartLineNamesTheRule(t *testing.T) {
	e := engine(t)
	want := version.Number + `, watching for "AWS Lambda Function Policy Updated to Allow Cross-Account Invocation" (high, risk 73)`
	if got := StartLine(e); !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
		t.Errorf("got %s", got)
	}
}

func TestAReportIsDueOnceInAPeriod(t *testing.T) {
	e := engine(t)
	e.CountMalformed(7)
	r := NewReport(e, time.Hour)
	if r.Due() || !r.Wanted() {
		t.Errorf("due at once, or not wanted: %v", r.Wanted())
	}
	r.next.Store(time.Now().Add(-time.Second).UnixNano())
	due, line := r.Due(), r.Line()
	if !due || !strings.Contains(line, "malformed=7") || strings.Contains(line, "\n") {
		t.Errorf("after the period: %q, %v", line, due)
	}
	if r.Due() {
		t.Error("due twice")
	}
	never := NewReport(e, 0)
	if never.Due() || never.Wanted() {
		t.Errorf("without a period it is due, or wanted: %v", never.Wanted())
	}
}

func TestOnlyOneOfManyThreadsReports(t *testing.T) {
	r := NewReport(engine(t), time.Hour)
	r.next.Store(0)
	var due, rare atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if r.Due() {
				due.Add(1)
			}
			if r.Rare() {
				rare.Add(1)
			}
		})
	}
	wg.Wait()
	if due.Load() != 1 || rare.Load() != 1 {
		t.Errorf("%d reports, %d rare lines", due.Load(), rare.Load())
	}
}

func TestTroubleIsToldOnceAMinuteAndOnlyWhereItHasGrown(t *testing.T) {
	e := engine(t)
	r := NewReport(e, 0)
	if line, due := r.Trouble(); due {
		t.Errorf("without trouble: %q", line)
	}
	e.CountMalformed(2)
	line, due := r.Trouble()
	if want := "what could not be read was left as it was: 2 malformed; what would become too large was not split: 0 over a limit so far"; !due || line != want {
		t.Errorf("after two: %q, %v, want %q", line, due, want)
	}
	e.CountMalformed(3)
	if line, due := r.Trouble(); due {
		t.Errorf("twice in a minute: %q", line)
	}
	r.rare.Store(0)
	if line, due := r.Trouble(); !due || !strings.Contains(line, "5 malformed") {
		t.Errorf("a minute later: %q, %v", line, due)
	}
	r.rare.Store(0)
	if line, due := r.Trouble(); due {
		t.Errorf("nothing new, another minute later: %q", line)
	}
}

func TestRecordsWithoutAnEventAreToldOfOnceAMinute(t *testing.T) {
	e := engine(t)
	r := NewReport(e, 0)
	come := func(key string) {
		record, err := document.AppendFromJSON(nil, []byte(`{"`+key+`":"lambda:InvokeFunction"}`))
		if err != nil {
			t.Fatal(err)
		}
		e.Evaluator().Record(record, time.Time{})
	}
	if line, due := r.NoEvent(); due {
		t.Errorf("without any: %q", line)
	}
	come("payload")
	come("other")
	line, due := r.NoEvent()
	if want := `records that mention what a rule looks for and hold no CloudTrail event that is recognised: 2 so far ` +
		`("lambda:InvokeFunction" under "payload", "lambda:InvokeFunction" under "other"); see json_keys`; !due || line != want {
		t.Errorf("after two: %q, %v, want %q", line, due, want)
	}
	come("third")
	if line, due := r.NoEvent(); due {
		t.Errorf("twice in a minute: %q", line)
	}
	r.noEventLine.Store(0)
	if line, due := r.NoEvent(); !due || !strings.Contains(line, `3 so far ("lambda:InvokeFunction" under "third")`) {
		t.Errorf("a minute later: %q, %v", line, due)
	}
	r.noEventLine.Store(0)
	if line, due := r.NoEvent(); due {
		t.Errorf("nothing new, another minute later: %q", line)
	}
	if got := r.Line(); !strings.Contains(got, " excepted=0 no_event=3 malformed=0 ") {
		t.Errorf("the line of statistics is %q", got)
	}
}
