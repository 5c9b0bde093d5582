package esql

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/program"
)

// reference evaluates the syntax tree as it stands, one value at a time. It is slow and says what the
// compiled form has to come to, on fields that are keywords: nil is null, everything else is text.
type reference map[string]any

// truth is true, false or null.
type truth int8

const (
	isFalse truth = iota
	isNull
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

func (r reference) holds(n node) truth {
	switch n := n.(type) {
	case *logical:
		out := r.holds(n.terms[0])
		for _, t := range n.terms[1:] {
			if n.or {
				out = max(out, r.holds(t))
			} else {
				out = min(out, r.holds(t))
			}
		}
		return out
	case *complement:
		return isTrue - r.holds(n.x)
	case *comparison:
		x, y := r.value(n.x), r.value(n.y)
		if x == nil || y == nil {
			return isNull
		}
		order := strings.Compare(*x, *y)
		return truthOf(map[string]bool{"==": order == 0, "!=": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[n.op])
	case *membership:
		out := isFalse
		for _, item := range n.list {
			out = max(out, r.holds(&comparison{op: "==", x: n.x, y: item}))
		}
		return opposite(n.negated, out)
	case *likeness:
		x := r.value(n.x)
		if x == nil {
			return isNull
		}
		out := false
		for _, p := range n.patterns {
			out = out || covers(string(p.value.Text()), *x)
		}
		return opposite(n.negated, truthOf(out))
	case *nullness:
		return opposite(n.negated, truthOf(!r.there(n.x)))
	}
	f := n.(*call)
	x, y := r.value(f.args[0]), r.value(f.args[1])
	if x == nil || y == nil {
		return isNull
	}
	return truthOf(map[string]func(a, b string) bool{"starts_with": strings.HasPrefix, "ends_with": strings.HasSuffix, "contains": strings.Contains}[f.name](*x, *y))
}

func opposite(negated bool, v truth) truth {
	if negated {
		return isTrue - v
	}
	return v
}

// there says whether a field has a value, one or several.
func (r reference) there(n node) bool {
	if f, ok := n.(*call); ok { // coalesce: others are refused here
		for _, a := range f.args {
			if r.there(a) {
				return true
			}
		}
		return false
	}
	if f, ok := n.(*field); ok {
		return r[f.name] != nil
	}
	return true
}

// value is the one value of a node, nil for null.
func (r reference) value(n node) *string {
	switch n := n.(type) {
	case *literal:
		if n.value.Kind() == program.KindNull {
			return nil
		}
		s := string(n.value.Text())
		return &s
	case *field:
		switch v := r[n.name].(type) {
		case string:
			return &v
		case []any:
			for _, e := range v {
				if e != v[0] {
					return nil
				}
			}
			s := v[0].(string)
			return &s
		}
		return nil
	}
	f := n.(*call)
	if f.name == "coalesce" {
		for _, a := range f.args {
			if r.there(a) {
				return r.value(a)
			}
		}
		return nil
	}
	x := r.value(f.args[0])
	if x == nil {
		return nil
	}
	s := strings.ToLower(*x)
	return &s
}

// covers is the definition of a pattern of like.
func covers(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return covers(pattern[1:], s) || s != "" && covers(pattern, s[1:])
	case pattern[0] == '\\':
		pattern = pattern[1:]
	case pattern[0] == '?':
		return s != "" && covers(pattern[1:], s[1:])
	}
	return s != "" && s[0] == pattern[0] && covers(pattern[1:], s[1:])
}

// composer writes random conditions.
type composer struct{ *rand.Rand }

func (c composer) of(choices ...string) string { return choices[c.IntN(len(choices))] }

func (c composer) condition(depth int) string {
	if depth > 0 {
		switch c.IntN(4) {
		case 0:
			return "not " + c.of("", "not ") + "(" + c.condition(depth-1) + ")"
		case 1:
			return "(" + c.condition(depth-1) + c.of(" and ", " or ") + c.condition(depth-1) + c.of("", " and "+c.condition(0), " or "+c.condition(0)) + ")"
		}
	}
	subject := c.of("k", "l", "m", "k", "l", "to_lower(k)", "to_lower(m)", "coalesce(k, l)", `coalesce(l, m, "b")`)
	switch c.IntN(8) {
	case 0:
		return c.of("k", "l", "m", "coalesce(k, l)") + c.of(" is null", " is not null")
	case 1:
		return subject + c.of(" in ", " not in ") + "(" + c.text() + ", " + c.of(c.text(), "null") + ")"
	case 2:
		return subject + c.of(" like ", " not like ") + c.of(`"a*"`, `"*b"`, `"?"`, `"a\\*"`, `("*a*", "b")`, `"*"`)
	case 3:
		return c.of("starts_with", "ends_with", "contains") + "(" + subject + ", " + c.of(c.text(), "null") + ")"
	case 4:
		return c.of("k", "l") + c.of(" == ", " != ") + c.of("l", "m")
	case 5:
		return "to_lower(k)" + c.of(" == ", " != ") + "to_lower(m)"
	case 6:
		return c.of("k", "l", "m") + c.of(" < ", " <= ", " > ", " >= ") + c.text()
	}
	return subject + c.of(" == ", " != ") + c.of(c.text(), c.text(), "null")
}

func (c composer) text() string { return c.of(`"a"`, `"b"`, `"ab"`, `""`, `"a*"`, `"x"`) }

func (c composer) document() event {
	e := event{}
	for _, name := range []string{"k", "l", "m"} {
		value := func() any { return c.of("a", "b", "ab", "AB", "", "a*", "A") }
		switch c.IntN(6) {
		case 0:
		case 1:
			e[name] = []any{value(), value()}
		default:
			e[name] = value()
		}
	}
	return e
}

func TestCompiledQueriesDoWhatTheSyntaxTreeSays(t *testing.T) {
	c := composer{rand.New(rand.NewPCG(1, 2))}
	seen := map[truth]int{}
	for range 4000 {
		condition := c.condition(3)
		q, err := Parse("from logs-* | where " + condition)
		if err != nil {
			t.Fatalf("%s: %v", condition, err)
		}
		p, err := Compile(q, options()...)
		if err != nil {
			t.Fatalf("%s: %v", condition, err)
		}
		for range 5 {
			e := c.document()
			want := reference(e).holds(q.where[0])
			seen[want]++
			clause := p.Explain(e.on(p))
			if got := truth(clause.Verdict); got != want {
				t.Fatalf("%s\non %v: got %d, want %d\n%s", condition, e, got, want, clause)
			}
			if got := p.Match(e.on(p)); got != (want == isTrue) {
				t.Fatalf("%s\non %v: Match says %t\n%s", condition, e, got, clause)
			}
			if want == isTrue {
				requires(t, condition, p, e)
			}
		}
	}
	for v := isFalse; v <= isTrue; v++ {
		if seen[v] < 1000 {
			t.Errorf("%d of the verdicts are %d: nothing is compared", seen[v], v)
		}
	}
}

// requires checks that an event which matches has what the program says each such event has.
func requires(t *testing.T, condition string, p *program.Program, e event) {
	t.Helper()
	for _, either := range p.Required() {
		found := false
		for _, l := range either {
			values, ok := e[p.Fields()[l.Slot].Name].([]any)
			if !ok {
				values = []any{e[p.Fields()[l.Slot].Name]}
			}
			for _, v := range values {
				text, _ := v.(string)
				if l.Fold {
					text = strings.ToLower(text)
				}
				found = found || text == l.Text || !l.Whole && strings.Contains(text, l.Text)
			}
		}
		if !found {
			t.Fatalf("%s\nrequires one of %v, which %v does not have", condition, either, e)
		}
	}
}

// FuzzParse: no text makes the parser or the compiler panic, errors have a place in it, and Match and
// Explain agree.
func FuzzParse(f *testing.F) {
	for _, query := range []string{
		`from logs-aws.cloudtrail-* metadata _id | where k == "a" and not l in ("b", null) | keep k`,
		"from logs-* | where coalesce(k, l) rlike \"\"\".*a.*\"\"\" or cidr_match(ip, \"10.0.0.0/8\") // x",
		`from logs-* [metadata _id] | where starts_with(to_lower(k), "a") == false | limit 5`,
		`from logs-* | where @timestamp > "2026-08-20" and length(k) >= -1 and flag | stats count(*)`,
		"FROM `a`, \"b\" | WHERE k.`x y` IS NOT NULL AND asn != 5.5e3 /* */ | sort k",
	} {
		f.Add(query, "a", int64(5))
	}
	f.Fuzz(func(t *testing.T, query, x string, n int64) {
		if len(query) > 1<<13 {
			return
		}
		p, err := compiled(query)
		if err != nil {
			e := err.(*Error)
			if e.Offset < 0 || e.Offset > len(query) || e.Msg == "" || strings.ContainsAny(e.Msg, "\n\r") {
				t.Fatalf("%+v", e)
			}
			e.Caret()
			return
		}
		d := make(row, len(p.Fields()))
		for i := range d {
			text := program.Text([]byte(x))
			d[i] = []program.Value{text, program.Int(n), program.Null(), program.List([]program.Value{text, program.Int(n)})}[i%4]
		}
		if got := p.Match(d); got != (p.Explain(d).Verdict == program.True) {
			t.Fatalf("Match says %t\n%s", got, p.Explain(d))
		}
		p.Required()
	})
}
