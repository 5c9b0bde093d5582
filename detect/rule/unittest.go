package rule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/program"
)

// RuleTest is a unit test of a rule: an event, and whether the rule is to match
// it.
type Test struct {
	Why      string // what the test shows, in a sentence
	Expected bool
	Record   []byte // the event as MessagePack, in any shape that a [cloudtrail.Finder] knows
	// Before are events that came before it, in order: for a rule about several events, or
	// about what became of a grant. A rule is to match the last one.
	Before [][]byte
	Line   int // where the test begins in its file
}

// RuleTestFile returns where the unit tests of the rule file NAME.toml or
// NAME.yml are: NAME.test.json.
func TestFile(ruleFile string) string {
	for _, ending := range [...]string{".toml", ".yml", ".yaml"} {
		if name, ok := strings.CutSuffix(ruleFile, ending); ok {
			return name + ".test.json"
		}
	}
	return ruleFile + ".test.json"
}

// ParseRuleTests reads a file of unit tests: a JSON list of objects with the
// keys event, expected and, if wanted, why. name is what errors call the file;
// they are [*Error]s.
func ParseTests(name string, text []byte) ([]Test, error) {
	fail := func(at int64, format string, args ...any) error {
		return newError(name, text, min(int(at), len(text)), format, args...)
	}
	var whole []json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(text, &whole); {
	case errors.As(err, &syntax):
		// The offset counts the bytes up to the one that is wrong.
		return nil, fail(max(syntax.Offset-1, 0), "the file is not JSON: %v", err)
	case err != nil:
		return nil, fail(0, "the file must be a list: [{\"event\": {…}, \"expected\": true, \"why\": \"…\"}, …]")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if _, err := d.Token(); err != nil { // the bracket, which is there
		return nil, fail(0, "%v", err)
	}
	var tests []Test
	for d.More() {
		at := skipSeparators(text, d.InputOffset())
		var row struct {
			Event    json.RawMessage   `json:"event"`
			Expected *bool             `json:"expected"`
			Why      string            `json:"why"`
			Before   []json.RawMessage `json:"before"`
		}
		if err := d.Decode(&row); err != nil {
			return nil, fail(at, "%s: a test has the keys event, expected, before and why", strings.TrimPrefix(err.Error(), "json: "))
		}
		switch {
		case len(row.Event) == 0:
			return nil, fail(at, "the test has no event")
		case row.Expected == nil:
			return nil, fail(at, "the test does not say what is expected: true or false")
		}
		record, err := packEvent(row.Event)
		if err != nil {
			return nil, fail(at, "the event%v", err)
		}
		var before [][]byte
		for i, event := range row.Before {
			earlier, err := packEvent(event)
			if err != nil {
				return nil, fail(at, "event %d of those before%v", i+1, err)
			}
			before = append(before, earlier)
		}
		line := 1 + bytes.Count(text[:at], []byte{'\n'})
		tests = append(tests, Test{Why: row.Why, Expected: *row.Expected, Record: record, Before: before, Line: line})
	}
	return tests, nil
}

// packEvent turns an event of a test into MessagePack. An error goes on with the words that say
// which event it is.
func packEvent(text []byte) ([]byte, error) {
	record, err := document.AppendFromJSON(nil, text)
	if err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	if !document.IsMap(record) {
		return nil, errors.New(" must be a JSON object")
	}
	return record, nil
}

// skipSeparators returns the offset of the next value at or after at.
func skipSeparators(text []byte, at int64) int64 {
	for int(at) < len(text) && strings.IndexByte(" \t\r\n,", text[at]) >= 0 {
		at++
	}
	return at
}

// ErrNoEvent says that a record holds no CloudTrail event in any shape that is
// known, so that no rule can match it.
var ErrNoEvent = errors.New("this is not a CloudTrail event, in any shape that is known")

// Try evaluates the rule on a record, without any of the exceptions and limits
// that an engine has. It returns whether the rule matches an event in it, and
// why or why not, clause by clause, for each of the events.
func (r *Rule) Try(record []byte) (matches bool, why []*program.Clause, err error) {
	finder := cloudtrail.NewFinder(cloudtrail.DefaultJSONKeys(), nil)
	if finder.Find(record) == 0 {
		return false, nil, ErrNoEvent
	}
	for _, part := range finder.Parts() {
		if part.Event == nil {
			continue
		}
		event := new(cloudtrail.Event)
		event.Reset(part.Event, part.Form)
		clause := r.Explain(event)
		why = append(why, clause)
		matches = matches || clause.Verdict == program.True
	}
	return matches, why, nil
}
