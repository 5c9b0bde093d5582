package sigma

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/program"
)

// written is a rule with a detection.
func written(detection string) string {
	return "title: A rule\nid: an-id\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  " + strings.ReplaceAll(detection, "\n", "\n  ") + "\n"
}

func compile(t testing.TB, detection string) *program.Program {
	t.Helper()
	r, err := Parse([]byte(written(detection)))
	if err != nil {
		t.Fatalf("%s: %v", detection, err)
	}
	p, err := r.Compile()
	if err != nil {
		t.Fatalf("%s: %v", detection, err)
	}
	return p
}

type event map[string]any

type row []program.Value

func (r row) Value(slot int) program.Value { return r[slot] }

func (e event) on(p *program.Program) row {
	d := make(row, len(p.Fields()))
	for i, f := range p.Fields() {
		d[i] = valueOf(e[f.Name])
	}
	return d
}

func valueOf(x any) program.Value {
	switch x := x.(type) {
	case nil:
		return program.Null()
	case bool:
		return program.Bool(x)
	case int:
		return program.Int(int64(x))
	case float64:
		return program.Float(x)
	case string:
		return program.Text([]byte(x))
	case []any:
		var vs []program.Value
		for _, e := range x {
			vs = append(vs, valueOf(e))
		}
		return program.List(vs)
	}
	panic(fmt.Sprintf("no value for a %T", x))
}

func TestItems(t *testing.T) {
	for _, c := range []struct {
		name, item string
		yes, no    []any // values of the field a
	}{
		{"text is compared in full and without case", `a: Abc`, []any{"abc", "ABC", []any{"x", "aBc"}}, []any{"abcd", "", nil, 5}},
		{"cased has case", `a|cased: Abc`, []any{"Abc"}, []any{"abc"}},
		{"a star is any text", `a: 'A*c'`, []any{"ac", "axxC"}, []any{"acd", nil}},
		{"a question mark is one character", `a: a?c`, []any{"abc", "aéc"}, []any{"ac", "abbc"}},
		{"an escaped star is one", `a: 'a\*c'`, []any{"a*c"}, []any{"abc", `a\*c`}},
		{"two backslashes before a star are one and a wildcard", `a: 'a\\*c'`, []any{`a\xc`, `a\c`}, []any{"a*c", "axc"}},
		{"three are one and a star", `a: 'a\\\*c'`, []any{`a\*c`}, []any{`a\xc`}},
		{"a backslash before anything else is one", `a: 'C:\x'`, []any{`c:\x`}, []any{"c:x"}},
		{"two before anything else are one", `a: 'C:\\x'`, []any{`c:\x`}, []any{`c:\\x`}},
		{"one at the end is one", `a: 'x\'`, []any{`x\`}, []any{"x"}},
		{"contains", `a|contains: b*d`, []any{"aBcDe", "bd"}, []any{"db", nil}},
		{"startswith", `a|startswith: ab`, []any{"ABc", "ab"}, []any{"xab"}},
		{"endswith", `a|endswith: ab`, []any{"xAB"}, []any{"abx"}},
		{"contains of a star is any value", `a|contains: '*'`, []any{"x", "", 5, false}, []any{nil, []any{}}},
		{"contains of an escaped star is a star", `a|contains: '\*'`, []any{"a*b"}, []any{"ab"}},
		{"contains of a text that ends in an escaped star", `a|contains: 'x\*'`, []any{"ax*b"}, []any{"axb"}},
		{"one of several", "a:\n  - x\n  - y", []any{"X", "y", []any{"z", "y"}}, []any{"z"}},
		{"all of several", "a|contains|all:\n  - x\n  - y", []any{"yx", []any{"ax", "by"}}, []any{"x"}},
		{"a boolean of the event is its text", `a: 'true'`, []any{true, "True"}, []any{false}},
		{"a boolean of the rule is its text", `a: true`, []any{true, "true"}, []any{false, "yes"}},
		{"a number of either is its text", "a:\n  - 22\n  - '23'", []any{22, "22", 23}, []any{22.5, 220}},
		{"null is a missing field", `a: null`, []any{nil, []any{}, ""}, []any{"x", 0, false}},
		{"the empty text is not a missing field", `a: ''`, []any{""}, []any{nil, "x"}},
		{"null in a list", "a:\n  - null\n  - x", []any{nil, "X"}, []any{"y"}},
		{"an empty list is null", `a: []`, []any{nil}, []any{"x"}},
		{"exists", `a|exists: true`, []any{"x", "", false}, []any{nil, []any{}}},
		{"does not exist", `a|exists: false`, []any{nil}, []any{"x", ""}},
		{"neq is the opposite", `a|neq: x`, []any{"y", nil}, []any{"X", []any{"y", "x"}}},
		{"a regular expression is searched for", `a|re: b+c`, []any{"abbcd"}, []any{"ABBC", "bd", nil}},
		{"without case", `a|re|i: b+c`, []any{"ABBC"}, nil},
		{"with lines", `a|re|m|s: '^b.c$'`, []any{"a\nb\nc"}, []any{"xb\nc"}},
		{"a dot without s", `a|re: b.c`, []any{"bxc"}, []any{"b\nc"}},
		{"a block", `a|cidr: 10.0.0.0/8`, []any{"10.1.2.3", []any{"x", "10.0.0.1"}}, []any{"11.0.0.1", "AWS Internal", nil}},
		{"one of several blocks", "a|cidr:\n  - 10.0.0.0/8\n  - 2001:db8::/32", []any{"2001:DB8::1"}, []any{"::1"}},
		{"less", `a|lt: 5`, []any{4, 4.5, "4", -1}, []any{5, "5", "x", nil, true}},
		{"less or equal", `a|lte: 5`, []any{5, "5.0"}, []any{5.1}},
		{"greater", `a|gt: 5`, []any{10, "10"}, []any{5, "1", "a"}},
		{"greater or equal", `a|gte: 5.5`, []any{5.5, 6}, []any{5}},
		{"base64", `a|base64: foobar`, []any{"Zm9vYmFy"}, []any{"foobar", "xZm9vYmFy"}},
		{"base64 in a text", `a|base64|contains: foobar`, []any{"x Zm9vYmFy y"}, []any{"Zm9vYmF"}},
		{"base64 at any offset", `a|base64offset|contains: foobar`, []any{"Zm9vYmFy", "eGZvb2Jhcg==", "eHhmb29iYXI="}, []any{"eHg="}},
		{"base64 of an escaped star", `a|base64: 'a\*'`, []any{"YSo="}, []any{"YVwq"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := compile(t, "s:\n  "+strings.ReplaceAll(c.item, "\n", "\n  ")+"\ncondition: s")
			not := compile(t, "s:\n  "+strings.ReplaceAll(c.item, "\n", "\n  ")+"\ncondition: not s")
			for want, values := range map[bool][]any{true: c.yes, false: c.no} {
				for _, x := range values {
					e := event{"a": x}
					if got := p.Match(e.on(p)); got != want {
						t.Errorf("%v: got %t\n%s", x, got, p.Explain(e.on(p)))
					}
					if got := not.Match(e.on(not)); got == want {
						t.Errorf("not, on %v: got %t", x, got)
					}
				}
			}
		})
	}
}

func TestFieldsAreComparedWithFields(t *testing.T) {
	for _, c := range []struct {
		name, item string
		a, b       any
		want       bool
	}{
		{"equal without case", `a|fieldref: b`, "Bob", "bob", true},
		{"different", `a|fieldref: b`, "bob", "rob", false},
		{"with case", `a|fieldref|cased: b`, "Bob", "bob", false},
		{"one of several values", `a|fieldref: b`, []any{"x", "bob"}, []any{"y", "BOB"}, true},
		{"a number and its text", `a|fieldref: b`, 5, "5", true},
		{"a missing side", `a|fieldref: b`, "bob", nil, false},
		{"both missing", `a|fieldref: b`, nil, nil, false},
		{"a part", `a|fieldref|contains: b`, "arn:aws:iam::1:user/Bob", "bob", true},
		{"the beginning", `a|fieldref|startswith: b`, "bob/x", "Bob", true},
		{"the end", `a|endswith|fieldref: b`, "user/Bob", "bob", false},
	} {
		if strings.HasPrefix(c.item, "a|endswith") {
			continue // a modifier for what is around comes after fieldref
		}
		for condition, want := range map[string]bool{"s": c.want, "not s": !c.want} {
			p := compile(t, "s:\n  "+c.item+"\ncondition: "+condition)
			if got := p.Match(event{"a": c.a, "b": c.b}.on(p)); got != want {
				t.Errorf("%s: %s: got %t", c.name, condition, got)
			}
		}
	}
}

func TestConditions(t *testing.T) {
	const selections = `sel_a: {a: '1'}
sel_b: {b: '1'}
filter-c: {c: '1'}
_hidden: {d: '1'}
either:
  - a: '2'
  - b: '2'
    c: '2'
`
	for _, c := range []struct {
		condition string
		match     []string // of the fields, as letters and their values
		none      []string
	}{
		{"sel_a", []string{"a1"}, []string{"b1", ""}},
		{"sel_a and sel_b or filter-c", []string{"a1b1", "c1"}, []string{"a1"}},
		{"sel_a and (sel_b or filter-c)", []string{"a1c1"}, []string{"c1", "a1"}},
		{"not sel_a and sel_b", []string{"b1"}, []string{"a1b1", ""}},
		{"not (sel_a or sel_b)", []string{"", "c1"}, []string{"a1"}},
		{"not not sel_a", []string{"a1"}, []string{""}},
		{"1 of sel_*", []string{"a1", "b1"}, []string{"c1"}},
		{"any of sel_*", []string{"a1"}, []string{"c1"}},
		{"all of sel_*", []string{"a1b1"}, []string{"a1"}},
		{"1 of them", []string{"c1", "a2"}, []string{"d1"}},
		{"all of *a", []string{"a1"}, []string{"b1"}},
		{"_hidden", []string{"d1"}, []string{"a1"}},
		{"sel_a AND NOT 1 OF filter*", []string{"a1"}, []string{"a1c1"}},
		{"either", []string{"a2", "b2c2"}, []string{"b2"}},
		{"\n  - sel_a\n  - sel_b", []string{"a1", "b1"}, []string{"c1"}},
	} {
		p := compile(t, selections+"condition: "+c.condition)
		for want, events := range map[bool][]string{true: c.match, false: c.none} {
			for _, fields := range events {
				e := event{}
				for i := 0; i < len(fields); i += 2 {
					e[fields[i:i+1]] = fields[i+1 : i+2]
				}
				if got := p.Match(e.on(p)); got != want {
					t.Errorf("%s on %q: got %t\n%s", c.condition, fields, got, p.Explain(e.on(p)))
				}
			}
		}
	}
}

func TestErrors(t *testing.T) {
	in := func(detection string) string { return written(detection) }
	for _, c := range []struct {
		name, text, want string
		unsupported      bool
	}{
		{"an empty file", "", "line 1, column 1: the file is empty", false},
		{"not YAML", "title: a\n  b: [", "line 2, column 1: the file is not YAML: line 2: mapping values are not allowed in this context", false},
		{"a list", "- a", "line 1, column 1: a rule is a map with title, id, logsource and detection", false},
		{"a key twice", "title: a\ntitle: b", "line 2, column 1: the key title is there twice", false},
		{"two documents", written("s: {a: b}\ncondition: s") + "---\ntitle: b\n", "line 7, column 1: a file has one rule: several documents are not supported", true},
		{"a correlation", "title: a\ncorrelation:\n  type: event_count\n", "line 3, column 3: a correlation rule is about several events", true},
		{"a filter", "title: a\nfilter:\n  rules: any\n", "line 3, column 3: a filter is about other rules", true},
		{"no title", "id: x", "line 1, column 1: title is missing: a line for analysts to read", false},
		{"no id", "title: x", "line 1, column 1: id is missing: an id that no other rule has, such as a UUID", false},
		{"no detection", "title: x\nid: y\nlogsource: {product: aws}", "line 1, column 1: detection is missing: selections, and a condition", false},
		{"no condition", in("s: {a: b}"), "line 5, column 3: detection.condition is missing: it says which selections have to hold", false},
		{"a selection that is not there", in("s: {a: b}\ncondition: s and t"), "line 6, column 20: there is no selection t", false},
		{"a pattern that fits nothing", in("s: {a: b}\ncondition: s and not 1 of filter_*"), "line 6, column 29: no selection fits filter_*", false},
		{"a pattern by itself", in("s: {a: b}\ncondition: s*"), "line 6, column 14: s* is a pattern: it is written 1 of s* or all of s*", false},
		{"a number of selections", in("s: {a: b}\ncondition: 2 of s*"), "line 6, column 14: 2 of is not supported: Sigma has 1 of and all of", true},
		{"a count", in("s: {a: b}\ncondition: s | count() > 5"), "line 6, column 16: a condition with | counts events, which Sigma has in correlation rules today: that is about several events", true},
		{"a condition that ends", in("s: {a: b}\ncondition: s and"), "line 6, column 19: expected the name of a selection, found the end of the condition", false},
		{"a condition that goes on", in("s: {a: b}\ncondition: s s"), "line 6, column 16: expected and, or or the end, found s", false},
		{"a parenthesis", in("s: {a: b}\ncondition: (s"), "line 6, column 16: expected ), found the end of the condition", false},
		{"a sign", in("s: {a: b}\ncondition: s && s"), "line 6, column 16: a condition has names, and, or, not, 1 of, all of and parentheses, found && s", false},
		{"a timeframe", in("s: {a: b}\ntimeframe: 5m\ncondition: s"), "line 6, column 3: timeframe is about several events", true},
		{"a keyword", in("s: word\ncondition: s"), "line 5, column 6: keywords are not supported: a value without a field would be looked for in the whole event", true},
		{"keywords", in("s:\n  - one\n  - two\ncondition: s"), "line 6, column 7: keywords are not supported: a value without a field would be looked for in the whole event", true},
		{"keywords with a modifier", in("s:\n  '|all': [one]\ncondition: s"), "line 6, column 5: keywords are not supported: a value without a field would be looked for in the whole event", true},
		{"an empty selection", in("s: {}\ncondition: s"), "line 5, column 6: the selection s is empty", false},
		{"a modifier that is not supported", in("s: {a|windash: b}\ncondition: s"), "line 5, column 7: the modifier windash is not supported", true},
		{"a modifier that nobody knows", in("s: {a|contians: b}\ncondition: s"), "line 5, column 7: the modifier contians is not supported", true},
		{"a placeholder", in("s: {a|expand: '%x%'}\ncondition: s"), "line 5, column 7: the modifier expand is not supported", true},
		{"a modifier at the wrong place", in("s: {a|contains|re: b}\ncondition: s"), "line 5, column 7: the modifier re cannot be where it is, in a|contains|re", false},
		{"a modifier that is missing", in("s: {'a|': b}\ncondition: s"), "line 5, column 7: a modifier is missing after |", false},
		{"a value that is a map", in("s: {a: {b: c}}\ncondition: s"), "line 5, column 10: the value of a is a map: it is text, a number, a boolean, null or a list of these", false},
		{"a regular expression that Go does not have", in("s: {a|re: '(?=x)'}\ncondition: s"), "line 5, column 13: the regular expression cannot be evaluated: invalid or unsupported Perl syntax: `(?=`", true},
		{"a block that is none", in("s: {a|cidr: x}\ncondition: s"), `line 5, column 15: "x" is not a CIDR block, as 10.0.0.0/8 is`, false},
		{"a number that is none", in("s: {a|lt: '5'}\ncondition: s"), "line 5, column 13: 5 is not a number", false},
		{"a wildcard in base64", in("s: {a|base64: 'x*'}\ncondition: s"), "line 5, column 17: a value with wildcards cannot be encoded: x*", false},
		{"a field with a star", in("s: {a|fieldref: 'x*'}\ncondition: s"), "line 5, column 19: fieldref names one field, found x*", false},
		{"whether a field exists", in("s: {a|exists: yes please}\ncondition: s"), "line 5, column 17: exists is true or false, found yes please", false},
		{"null with a modifier", in("s: {a|contains: null}\ncondition: s"), "line 5, column 19: null cannot be compared with the modifiers of a|contains", false},
		{"an alias in itself", "a: &x [*x]", "line 1, column 4: the file has more than 16384 values, or nests deeper than 100 levels", false},
		{"not UTF-8", "title: \xff", "line 1, column 1: the file is not valid UTF-8", false},
	} {
		r, err := Parse([]byte(c.text))
		if err == nil {
			_, err = r.Compile()
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\ngot  %v\nwant %s", c.name, err, c.want)
			continue
		}
		if at := err.(*Error); at.Unsupported != c.unsupported || at.Caret() == "" {
			t.Errorf("%s: unsupported: %t\n%s", c.name, at.Unsupported, at.Caret())
		}
	}
}

func TestADetectionIsReadByItself(t *testing.T) {
	deletes, fails := event{"a": "DeleteTrail"}, event{"a": "DeleteTrail", "b": "AccessDenied"}
	for _, c := range []struct {
		name, text string
		want       string // the error, or whether each of the two events matches
	}{
		{"one selection", "{a|startswith: delete, b: null}", "true false"},
		{"one selection, over several lines", "a: x\nb: AccessDenied", "false false"},
		{"a detection", "s: {a: Delete*}\nf: {b: '*'}\ncondition: s and f", "false true"},
		{"a whole rule", written("s: {a: DeleteTrail}\ncondition: s"), "true true"},
		{"a rule that says nothing of itself", "detection:\n  s: {b: null}\n  condition: s", "true false"},
		{"a detection that is not a map", "detection: x", "line 1, column 12: detection is a map: selections, and a condition"},
		{"a condition by itself", "condition: s", "line 1, column 12: there is no selection s"},
		{"text", "DeleteTrail", "line 1, column 1: a detection is a map of selections with a condition, or of fields: {eventName: DeleteTrail}"},
		{"an empty map", "{}", "line 1, column 1: a detection is a map of selections with a condition, or of fields: {eventName: DeleteTrail}"},
		{"a correlation", "correlation: {type: event_count}", "line 1, column 14: a correlation rule is about several events"},
		{"selections without a condition", "s: {a: b}\nt: {a: c}", "line 1, column 4: the value of s is a map: it is text, a number, a boolean, null or a list of these"},
	} {
		got := ""
		r, err := ParseDetection([]byte(c.text))
		var p *program.Program
		if err == nil {
			p, err = r.Compile()
		}
		if err != nil {
			got = err.Error()
		} else {
			got = fmt.Sprint(p.Match(deletes.on(p)), p.Match(fails.on(p)))
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// A file of aliases costs no more than its limit.
func TestAliasesAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 9; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	if _, err := Parse([]byte(b.String())); err == nil || !strings.Contains(err.Error(), "more than 16384 values") {
		t.Errorf("got %v", err)
	}
}

func TestExplainQuotesTheFile(t *testing.T) {
	p := compile(t, "s:\n  a: x\n  b|contains:\n    - y\n    - z\nfilter: {c: null}\ncondition: s and not filter")
	const want = `false s and not filter
  false a: x b|contains: - y - z
    true  a: x  ← a = "X"
    false b|contains: - y - z  ← b = "w"
  false not filter
    true  c: null
      true  c: null  ← c = null
      null  c: null  ← c = null`
	if got := p.Explain(event{"a": "X", "b": "w"}.on(p)).String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRequired(t *testing.T) {
	p := compile(t, "s:\n  a: DeleteTrail\n  b|contains|all: [one, two]\n  c|re: x+\ncondition: s")
	var all []string
	for _, either := range p.Required() {
		for _, l := range either {
			all = append(all, fmt.Sprint(l.Text, l.Fold))
		}
	}
	if got := strings.Join(all, " "); got != "deletetrailtrue onetrue twotrue xfalse" {
		t.Errorf("it requires %s", got)
	}
}

// FuzzParse: no file makes the reader or the compiler panic, errors have a place in it, and Match and
// Explain agree.
func FuzzParse(f *testing.F) {
	for _, detection := range []string{
		"s: {a|contains|all: [x, 'y*'], b: null}\nf: {c|fieldref: d}\ncondition: s and not 1 of f*", "s:\n - a|re|i: x\n - b|cidr: 10.0.0.0/8\ncondition: all of them",
		"s: {a|base64offset|contains: x, b|gte: 5, c|exists: false}\ncondition:\n - s\n - not s", "s: x\ncondition: s | count() > 1", "s: &x {a: b}\nt: *x\ncondition: (s or t)",
	} {
		f.Add(written(detection), "x", int64(5))
	}
	f.Add("title: x\ncorrelation: y", "", int64(0))
	f.Fuzz(func(t *testing.T, text, x string, n int64) {
		if len(text) > 1<<13 {
			return
		}
		if r, err := ParseDetection([]byte(text)); err == nil {
			_, _ = r.Compile() // it does not panic
		}
		r, err := Parse([]byte(text))
		var p *program.Program
		if err == nil {
			p, err = r.Compile()
		}
		if err != nil {
			e := err.(*Error)
			if e.Offset < 0 || e.Offset > len(text) || e.Msg == "" {
				t.Fatalf("%+v", e)
			}
			e.Caret()
			return
		}
		d := make(row, len(p.Fields()))
		for i := range d {
			d[i] = []program.Value{program.Text([]byte(x)), program.Int(n), program.Null()}[i%3]
		}
		if got := p.Match(d); got != (p.Explain(d).Verdict == program.True) {
			t.Fatalf("Match says %t\n%s", got, p.Explain(d))
		}
		r.Places()
		r.Detection()
	})
}
