package eql

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/program"
)

const twoSteps = ` [iam where event.action == "a"] [any where event.action == "b"]`

func TestSequencesAreRead(t *testing.T) {
	for _, test := range []struct {
		why, query string
		by         []string
		span       time.Duration
		steps      int
	}{
		{"one field", "sequence by user.id with maxspan=15m" + twoSteps, []string{"user.id"}, 15 * time.Minute, 2},
		{"the span first", "sequence with maxspan=1h by user.id" + twoSteps, []string{"user.id"}, time.Hour, 2},
		{"several fields", "sequence by a.b, `c-d` , e with maxspan=500ms" + twoSteps, []string{"a.b", "c-d", "e"}, 500 * time.Millisecond, 2},
		{"comments and lines", "// who\nsequence by x /* key */ with maxspan=2d\n" + twoSteps + twoSteps, []string{"x"}, 48 * time.Hour, 4},
		{"the longest span", "sequence by x with maxspan=366d" + twoSteps, []string{"x"}, MaxSpan, 2},
	} {
		s, err := ParseSequence(test.query)
		if err != nil {
			t.Errorf("%s: %v", test.why, err)
			continue
		}
		if !slices.Equal(s.By(), test.by) || s.MaxSpan() != test.span || len(s.Steps()) != test.steps {
			t.Errorf("%s: by %q, span %v, %d steps", test.why, s.By(), s.MaxSpan(), len(s.Steps()))
		}
		if !IsSequence(test.query) {
			t.Errorf("%s: it is not known as a sequence", test.why)
		}
	}
	if IsSequence(`any where sequence == "1"`) || IsSequence("") || IsSequence("'") {
		t.Error("other texts pass for sequences")
	}
}

func TestWhatASequenceCannotSayIsRefusedByName(t *testing.T) {
	head := "sequence by x with maxspan=1m"
	for _, test := range []struct {
		query, message string
		column         int
		unsupported    bool
	}{
		{"sequence with maxspan=1m" + twoSteps, "without by is not supported", 10, true},
		{"sequence by x" + twoSteps, "without maxspan is not supported", 10, true},
		{head + twoSteps + " until [any where true]", "until is not supported", 95, true},
		{head + ` [any where true] ![any where true]`, "must be missing", 48, true},
		{head + ` [any where true] with runs=3 [any where true]`, "runs is not supported", 48, true},
		{head + ` [any where true] by y [any where true] by z`, "join fields of a single event", 48, true},
		{head + twoSteps + " | head 1", "pipes are not supported", 95, true},
		{"sequence by ?x with maxspan=1m" + twoSteps, "optional join field", 13, true},
		{"sequence by 1 with maxspan=1m" + twoSteps, "by needs a field", 13, false},
		{head + ` [any where true]`, "two events at least", 47, false},
		{head + ` [any where true] [any where]`, "expected a value or a field", 58, false},
		{head + ` [any where true`, "expected and, or or ]", 46, false},
		{head + twoSteps + " x", "expected [ and another event", 95, false},
		{"sequence by x with maxspan=15" + twoSteps, "expected a unit after 15", 30, false},
		{"sequence by x with maxspan=15y" + twoSteps, "expected a unit after 15", 30, false},
		{"sequence by x with maxspan=0m" + twoSteps, "maxspan must be from 1 to 527040m", 28, false},
		{"sequence by x with maxspan=367d" + twoSteps, "maxspan must be from 1 to 366d", 28, false},
		{"sequence by x with maxspan=99999999999999999999s" + twoSteps, "maxspan must be from 1", 28, false},
		{"sequence by x with maxspan=1.5m" + twoSteps, "expected a period such as 15m", 28, false},
		{head + strings.Repeat(" [any where true]", 17), "more than the 16 events", 303, false},
		{"sequence by " + strings.Repeat("a, ", 8) + "b with maxspan=1m" + twoSteps, "more than the 8 join fields", 37, false},
		{"any where true", "expected sequence", 1, false},
		{strings.Repeat(" ", program.MaxQuery+1), "more than the 131072 allowed", 1, false},
	} {
		_, err := ParseSequence(test.query)
		var syntax *SyntaxError
		switch {
		case !errors.As(err, &syntax):
			t.Errorf("%.80s: %v", test.query, err)
		case !strings.Contains(syntax.Msg, test.message) || syntax.Column != test.column || syntax.SeveralEvents != test.unsupported:
			t.Errorf("%.80s: column %d, unsupported %t: %s", test.query, syntax.Column, syntax.SeveralEvents, syntax.Msg)
		}
	}
}

// oneField answers every slot of a program with a text, by the field's name.
type oneField struct {
	fields []program.Field
	values map[string]string
}

func (d oneField) Value(slot int) program.Value {
	if text, ok := d.values[d.fields[slot].Name]; ok {
		return program.Text([]byte(text))
	}
	return program.Null()
}

func TestEachStepAndAnyOfThemMatch(t *testing.T) {
	s, err := ParseSequence("sequence by x with maxspan=1m" + twoSteps)
	if err != nil {
		t.Fatal(err)
	}
	c, err := CompileSequence(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		category, action   string
		first, second, any bool
	}{
		{"iam", "a", true, false, true},
		{"file", "a", false, false, false},
		{"file", "b", false, true, true},
		{"iam", "b", false, true, true},
		{"iam", "c", false, false, false},
	} {
		values := map[string]string{"event.category": test.category, "event.action": test.action}
		match := func(p *program.Program) bool { return p.Match(oneField{p.Fields(), values}) }
		if match(c.Steps[0]) != test.first || match(c.Steps[1]) != test.second || match(c.Any) != test.any {
			t.Errorf("%s %s: %t, %t, any %t", test.category, test.action, match(c.Steps[0]), match(c.Steps[1]), match(c.Any))
		}
	}
	broken, err := ParseSequence(`sequence by x with maxspan=1m [any where true] [any where nosuch(a)]`)
	if err != nil {
		t.Fatal(err)
	}
	var meaning *CompileError
	if _, err := CompileSequence(broken); !errors.As(err, &meaning) || meaning.Column != 59 {
		t.Errorf("an unknown function: %v", err)
	}
}

func FuzzParseSequence(f *testing.F) {
	f.Add("sequence by x with maxspan=1m" + twoSteps)
	f.Add("sequence with maxspan=1m by a, b" + twoSteps + " until [any where true]")
	f.Fuzz(func(t *testing.T, src string) {
		s, err := ParseSequence(src)
		if err != nil {
			return
		}
		if !IsSequence(src) || len(s.Steps()) < 2 || s.MaxSpan() <= 0 || len(s.By()) == 0 {
			t.Errorf("%q was read as %+v", src, s)
		}
		c, err := CompileSequence(s)
		if err != nil {
			return
		}
		nothing := func(p *program.Program) bool { return p.Match(oneField{p.Fields(), nil}) }
		one := false
		for _, p := range c.Steps {
			one = one || nothing(p)
		}
		if one != nothing(c.Any) {
			t.Errorf("%q: one of the steps %t, any of them %t", src, one, nothing(c.Any))
		}
	})
}
