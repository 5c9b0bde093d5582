package metrics_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/metrics"
	"github.com/trailwire/trailwire/internal/version"
)

func engineOfBuiltIn(t *testing.T) *detect.Engine {
	t.Helper()
	o := detect.DefaultOptions()
	var err error
	if o.Rules, err = rule.BuiltIn(); err != nil {
		t.Fatal(err)
	}
	e, err := detect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTheStartLineNamesTheRulesAndCountsTheTextsOfTheSearch(t *testing.T) {
	named := func(names ...string) (rules []*rule.Rule) {
		for i, name := range names {
			r, err := rule.Parse("r.yml", fmt.Appendf(nil, startRule, name, i))
			if err != nil {
				t.Fatal(err)
			}
			rules = append(rules, r)
		}
		return rules
	}
	builtIn, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	everything, err := rule.Parse("r.yml", []byte(ruleWithoutText))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		rules []*rule.Rule
		want  string
	}{
		{"one rule", builtIn,
			`watching for "AWS Lambda Function Policy Updated to Allow Cross-Account Invocation" (high, risk 73), searching for 4 texts`},
		{"two rules", named("a", "b"), `watching with 2 rules, searching for 4 texts: "a", "b"`},
		{"ten rules", named("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"),
			`watching with 10 rules, searching for 4 texts: "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"`},
		{"twelve rules", named("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"),
			`watching with 12 rules, searching for 4 texts: "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" and 2 more`},
		{"a name of 101 characters", named("a", strings.Repeat("é", 101)),
			`watching with 2 rules, searching for 4 texts: "a", "` + strings.Repeat("é", 99) + `…"`},
		{"a rule that no text gives away", append(named("a"), everything),
			`watching with 2 rules, evaluating every record: "a", "any error"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := detect.DefaultOptions()
			o.Rules = test.rules
			e, err := detect.New(o)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := metrics.StartLine(e), version.Number+", "+test.want; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// startRule has room for a name and a digit of the id.
const startRule = `
title: %s
id: 00000000-0000-4000-8000-%012d
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: DeleteTrail}
  condition: selection
`

// ruleWithoutText is a rule that the search cannot look for.
const ruleWithoutText = `
title: any error
id: 00000000-0000-4000-8000-0000000000ff
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {errorCode: null}
  condition: selection
`

func TestTheLineIsDueOnceInAPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engineOfBuiltIn(t)
		e.CountMalformed(7)
		c := metrics.NewCounters(e, time.Hour)
		if c.LineDue() || !c.LinesWanted() {
			t.Errorf("due at once, or not wanted: %v", c.LinesWanted())
		}
		time.Sleep(time.Hour - 1)
		if c.LineDue() {
			t.Error("due before the end of the period")
		}
		time.Sleep(time.Nanosecond)
		if due, line := c.LineDue(), c.Line(); !due || !strings.Contains(line, "malformed=7") || strings.Contains(line, "\n") {
			t.Errorf("after the period: %q, %v", line, due)
		}
		if c.LineDue() {
			t.Error("due twice")
		}
		never := metrics.NewCounters(e, 0)
		time.Sleep(time.Hour)
		if never.LineDue() || never.LinesWanted() {
			t.Errorf("without a period it is due, or wanted: %v", never.LinesWanted())
		}
	})
}

func TestATimerBringsALineEachPeriodAndChunksBringNoneBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := metrics.NewCounters(engineOfBuiltIn(t), time.Hour)
		time.Sleep(time.Minute)
		for i, jitter := range []time.Duration{0, -time.Second, time.Second, -3 * time.Second, 3 * time.Second} {
			time.Sleep(59*time.Minute + jitter)
			// A chunk may come before a timer that is late.
			if chunk, timer := i == 2 && c.LineDue(), c.TickDue(); chunk == timer {
				t.Errorf("period %d: due to a chunk: %v, to the timer: %v", i, chunk, timer)
			}
			time.Sleep(time.Minute)
			if c.LineDue() || c.TickDue() {
				t.Errorf("period %d: due again a minute later", i)
			}
		}
		never := metrics.NewCounters(engineOfBuiltIn(t), 0)
		time.Sleep(time.Hour)
		if never.TickDue() || never.TimerMilliseconds() != 0 {
			t.Errorf("without a period it is due, or there is a timer: %d", never.TimerMilliseconds())
		}
	})
}

func TestATimerHasThePeriodOrThereIsNone(t *testing.T) {
	for every, want := range map[time.Duration]int32{
		0: 0, time.Second: 1000, 24 * 24 * time.Hour: 2073600000, math.MaxInt32 * time.Millisecond: math.MaxInt32,
		(math.MaxInt32 + 1) * time.Millisecond: 0, 365 * 24 * time.Hour: 0,
	} {
		if got := metrics.NewCounters(engineOfBuiltIn(t), every).TimerMilliseconds(); got != want {
			t.Errorf("%v: %d, want %d", every, got, want)
		}
	}
}

func TestALineIsDueToOneOfManyThreads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := metrics.NewCounters(engineOfBuiltIn(t), time.Hour)
		time.Sleep(time.Hour)
		var lines, warnings atomic.Int32
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if c.LineDue() {
					lines.Add(1)
				}
				if c.WarningDue() {
					warnings.Add(1)
				}
			})
		}
		all.Wait()
		if lines.Load() != 1 || warnings.Load() != 1 {
			t.Errorf("%d lines, %d warnings", lines.Load(), warnings.Load())
		}
	})
}

func TestTroubleIsLoggedOnceAMinuteAndOnlyWhereItHasGrown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engineOfBuiltIn(t)
		c := metrics.NewCounters(e, 0)
		if line, due := c.Trouble(); due {
			t.Errorf("without trouble: %q", line)
		}
		e.CountMalformed(2)
		line, due := c.Trouble()
		if want := "what could not be read was left as it was: 2 malformed; what would become too large was not split: 0 over a limit so far"; !due || line != want {
			t.Errorf("after two: %q, %v, want %q", line, due, want)
		}
		e.CountMalformed(3)
		time.Sleep(time.Minute - 1)
		if line, due := c.Trouble(); due {
			t.Errorf("twice in a minute: %q", line)
		}
		time.Sleep(time.Nanosecond)
		if line, due := c.Trouble(); !due || !strings.Contains(line, "5 malformed") {
			t.Errorf("a minute later: %q, %v", line, due)
		}
		time.Sleep(time.Minute)
		if line, due := c.Trouble(); due {
			t.Errorf("nothing new, another minute later: %q", line)
		}
	})
}

func TestRecordsWithoutAnEventAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engineOfBuiltIn(t)
		c := metrics.NewCounters(e, 0)
		come := func(key string) {
			record, err := document.AppendFromJSON(nil, []byte(`{"`+key+`":"lambda:InvokeFunction"}`))
			if err != nil {
				t.Fatal(err)
			}
			e.Evaluator().Record(record, time.Time{})
		}
		if line, due := c.NoEvent(); due {
			t.Errorf("without any: %q", line)
		}
		come("payload")
		come("other")
		line, due := c.NoEvent()
		if want := `records that mention what a rule looks for and hold no CloudTrail event that is recognised: 2 so far ` +
			`("lambda:InvokeFunction" under "payload", "lambda:InvokeFunction" under "other"); see json_keys`; !due || line != want {
			t.Errorf("after two: %q, %v, want %q", line, due, want)
		}
		come("third")
		if line, due := c.NoEvent(); due {
			t.Errorf("twice in a minute: %q", line)
		}
		time.Sleep(time.Minute)
		if line, due := c.NoEvent(); !due || !strings.Contains(line, `3 so far ("lambda:InvokeFunction" under "third")`) {
			t.Errorf("a minute later: %q, %v", line, due)
		}
		time.Sleep(time.Minute)
		if line, due := c.NoEvent(); due {
			t.Errorf("nothing new, another minute later: %q", line)
		}
		if got := c.Line(); !strings.Contains(got, " excepted=0 no_event=3 malformed=0 ") {
			t.Errorf("the line of statistics is %q", got)
		}
	})
}
