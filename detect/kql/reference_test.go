package kql

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/program"
)

// reference evaluates the syntax tree as it stands, one value at a time. It is slow and says what the
// compiled form has to come to, on fields that are keywords or dynamic. In it there is no unknown: a
// clause holds or does not.
type reference map[string]program.Value

func (r reference) holds(n node) bool {
	switch n := n.(type) {
	case *logical:
		return chained(n, r.holds)
	case *complement:
		return !r.holds(n.x)
	case *comparison:
		return r.some(n.field.text(), func(v program.Value) bool {
			return inOrder(v, n.order, n.value.text(), types[n.field.text()] == program.Keyword)
		})
	}
	c := n.(*clause)
	return r.values(c.field.text(), c.values)
}

func chained(n *logical, holds func(node) bool) bool {
	for _, t := range n.terms {
		if holds(t) == n.or {
			return n.or
		}
	}
	return !n.or
}

func (r reference) values(field string, n node) bool {
	switch n := n.(type) {
	case *logical:
		return chained(n, func(n node) bool { return r.values(field, n) })
	case *complement:
		return !r.values(field, n.x)
	}
	l := n.(*literal)
	return r.some(field, func(v program.Value) bool { return covers(l.parts, plain(v)) })
}

// some says whether one value of a field passes.
func (r reference) some(field string, passes func(program.Value) bool) bool {
	for _, v := range flatten(r[field]) {
		if v.Kind() != program.KindNull && passes(v) {
			return true
		}
	}
	return false
}

func flatten(v program.Value) []program.Value {
	if v.Kind() != program.KindList {
		return []program.Value{v}
	}
	var all []program.Value
	for _, e := range v.List() {
		all = append(all, flatten(e)...)
	}
	return all
}

func plain(v program.Value) string {
	switch v.Kind() {
	case program.KindBool:
		return strconv.FormatBool(v.Bool())
	case program.KindInt:
		return strconv.FormatInt(v.Int(), 10)
	}
	return string(v.Text())
}

// covers is the definition of a pattern: the parts, with any text between them.
func covers(parts []string, s string) bool {
	if len(parts) == 1 {
		return parts[0] == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	rest := s[len(parts[0]):]
	for i := 0; i <= len(rest); i++ {
		if covers(parts[1:], rest[i:]) {
			return true
		}
	}
	return false
}

func inOrder(v program.Value, o program.Order, text string, isKeyword bool) bool {
	order := strings.Compare(plain(v), text)
	if n, err := strconv.Atoi(text); err == nil && v.Kind() == program.KindInt && !isKeyword {
		order = int(v.Int()) - n
	}
	switch o {
	case program.Less:
		return order < 0
	case program.LessOrEqual:
		return order <= 0
	case program.Greater:
		return order > 0
	}
	return order >= 0
}

// composer writes random queries.
type composer struct{ *rand.Rand }

func (c composer) of(choices ...string) string { return choices[c.IntN(len(choices))] }

func (c composer) condition(depth int) string {
	if depth > 0 {
		switch c.IntN(4) {
		case 0:
			return "not (" + c.condition(depth-1) + ")"
		case 1:
			return "(" + c.condition(depth-1) + c.of(" and ", " or ") + c.condition(depth-1) + c.of("", " and "+c.condition(0)) + ")"
		}
	}
	if c.IntN(6) == 0 {
		return c.field() + c.of(" < ", " >= ", "<=", ">") + c.of("a", `"b"`, "1", "10", "true", `\*`)
	}
	return c.field() + c.of(":", ": ", " : ") + c.of(c.value(), "("+c.list(2)+")")
}

func (c composer) list(depth int) string {
	if depth > 0 {
		switch c.IntN(4) {
		case 0:
			return "not " + c.of(c.value(), "("+c.list(depth-1)+")")
		case 1:
			return "(" + c.list(depth-1) + c.of(" and ", " or ") + c.list(depth-1) + ")"
		case 2:
			return c.value() + " or " + c.value() + c.of("", " or "+c.value())
		}
	}
	return c.value()
}

func (c composer) field() string { return c.of("a", "k", "k", `"b"`) }

func (c composer) value() string {
	return c.of("a", "ab", "a*", "*b", "*a*b*", "*", "**", `"a*"`, "1", "10", "true", `"true"`, "false", `a\*`, "x y", `""`, "ß*", `\or`, "1*", "t*e")
}

func (c composer) document() program.Value {
	switch c.IntN(8) {
	case 0:
		return program.Null()
	case 1:
		return program.Int(int64(c.IntN(12)))
	case 2:
		return program.Bool(c.IntN(2) == 0)
	case 3:
		var vs []program.Value
		for range c.IntN(3) {
			vs = append(vs, c.document())
		}
		return program.List(vs)
	}
	return program.Text([]byte(c.of("a", "ab", "b", "a*", "xab", "aab", "x y", "", "true", "10", "ßx", "or")))
}

func TestCompiledQueriesDoWhatTheSyntaxTreeSays(t *testing.T) {
	c := composer{rand.New(rand.NewPCG(5, 6))}
	matched, needed := 0, 0
	for range 20_000 {
		query := c.condition(4)
		q, err := Parse(query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		p, err := Compile(q, options()...)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		for range 5 {
			d, r := make(row, len(p.Fields())), reference{}
			for i, f := range p.Fields() {
				d[i] = c.document()
				r[f.Name] = d[i]
			}
			want, got := r.holds(q.where), p.Match(d)
			if got != want {
				t.Fatalf("%s on %v of %v: got %v, want %v\n%s", query, d, p.Fields(), got, want, p.Explain(d))
			}
			if explained := p.Explain(d).Verdict == program.True; explained != got {
				t.Fatalf("%s on %v: Match %v, Explain %v", query, d, got, explained)
			}
			if got {
				matched++
				needed += len(p.Required())
				if missing := unmet(p, d); missing != "" {
					t.Fatalf("%s matches %v, and requires %s", query, d, missing)
				}
			}
		}
	}
	if matched < 20_000 || needed < 1_000 {
		t.Errorf("%d matches with %d requirements: the test says little", matched, needed)
	}
}

// unmet returns what a program requires and an event that matches does not have. A number does not have
// its text: an event does not contain it.
func unmet(p *program.Program, d row) string {
	for _, either := range p.Required() {
		met := false
		for _, l := range either {
			for _, v := range flatten(d[l.Slot]) {
				text := string(v.Text())
				met = met || l.Whole && text == l.Text || !l.Whole && strings.Contains(text, l.Text)
			}
		}
		if !met {
			return either[0].Text
		}
	}
	return ""
}

func TestRequired(t *testing.T) {
	for _, c := range []struct{ name, query, want string }{
		{"a value", `event.action: DeleteTrail`, "DeleteTrail"},
		{"a list of values", `event.action: (DeleteTrail or "StopLogging")`, "DeleteTrail|StopLogging"},
		{"a list of values and patterns", `event.action: (DeleteTrail or Stop*)`, "DeleteTrail|Stop"},
		{"patterns", `event.action: (Delete*Trail or Stop*)`, "Delete|Stop"},
		{"all of several", `event.action: Delete* and user.id: AIDA*`, "Delete AIDA"},
		{"nothing of a negation", `not event.action: DeleteTrail`, ""},
		{"nothing of a number", `k: 22`, ""},
		{"nothing of a field that has to be there", `event.action: *`, ""},
		{"nothing of an address", `source.ip: 10.0.0.1`, ""},
	} {
		var all []string
		for _, either := range compile(t, c.query).Required() {
			var one []string
			for _, l := range either {
				one = append(one, l.Text)
			}
			all = append(all, strings.Join(one, "|"))
		}
		if got := strings.Join(all, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestExplainQuotesTheQuery(t *testing.T) {
	p := compile(t, "event.action: (Add* or Put*)\n  and not user.id: (root or svc*)")
	const want = `false event.action: (Add* or Put*) and not user.id: (root or svc*)
  true  event.action: (Add* or Put*)  ← event.action = "AddX"
  false not user.id: (root or svc*)
    true  user.id: (root or svc*)
      false root  ← user.id = "svc-1"
      true  svc*  ← user.id = "svc-1"`
	if got := p.Explain(event{"event.action": "AddX", "user.id": "svc-1"}.on(p)).String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

var fuzzSeeds = []string{
	`event.outcome:success AND NOT event.action:Invoke*`, `user.id: *\:i-*`, `k : ("a\"b" or \u0041* and not (x y or *))`, `"k" >= 2026-08-20`,
	`event.*: (true or "null")`, `*: *`, `not (a: \or or b: {c: d})`, "a: b\u00a0or c", `k: \ud83d\ude00`, `source.ip: (10.0.0.0/8 or "::1")`, `a: (`, ``,
}

// FuzzParse: no text makes the parser panic, and what it prints of a query is the same query.
func FuzzParse(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		q, err := Parse(src)
		if err != nil {
			e := err.(*Error)
			if e.Error() == "" || e.Offset < 0 || e.Offset > len(src) || e.Line < 1 || e.Column < 1 {
				t.Fatalf("%+v", e)
			}
			e.Caret()
			return
		}
		printed := q.String()
		again, err := Parse(printed)
		if err != nil {
			if len(printed) > program.MaxQuery {
				return // escapes can make it longer than what was read
			}
			t.Fatalf("%q\nis printed as\n%q\n%v", src, printed, err)
		}
		if !same(q.where, again.where) {
			t.Fatalf("%q\nis printed as\n%q\nwhich is another query", src, printed)
		}
		if twice := again.String(); twice != printed {
			t.Fatalf("%q\nis printed as\n%q\nand then as\n%q", src, printed, twice)
		}
	})
}

// same compares two syntax trees in everything but the places in the source.
func same(a, b node) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case *logical:
		b, ok := b.(*logical)
		if !ok || a.or != b.or || len(a.terms) != len(b.terms) {
			return false
		}
		for i := range a.terms {
			if !same(a.terms[i], b.terms[i]) {
				return false
			}
		}
		return true
	case *complement:
		b, ok := b.(*complement)
		return ok && same(a.x, b.x)
	case *comparison:
		b, ok := b.(*comparison)
		return ok && a.order == b.order && same(a.field, b.field) && same(a.value, b.value)
	case *clause:
		b, ok := b.(*clause)
		return ok && (a.field == nil) == (b.field == nil) && (a.field == nil || same(a.field, b.field)) && same(a.values, b.values)
	}
	x, y := a.(*literal), b
	l, ok := y.(*literal)
	return ok && x.quoted == l.quoted && strings.Join(x.parts, "\x00") == strings.Join(l.parts, "\x00")
}

// FuzzMatch: no query and no event make the evaluation panic; Match and Explain agree; what Required
// claims is true of every event that matches; the printed query does the same as the one that was read.
func FuzzMatch(f *testing.F) {
	for i, s := range fuzzSeeds {
		f.Add(s, "AddPermission", "10.0.0.1", int64(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, src, x, y string, n int64, shape uint8) {
		if len(src) > 1<<12 || len(x)+len(y) > 1<<12 || !utf8.ValidString(x) {
			return // long ones are slow, and say nothing that short ones do not
		}
		q, err := Parse(src)
		if err != nil {
			return
		}
		p, err := Compile(q, options()...)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		values := []program.Value{
			program.Text([]byte(x)), program.Int(n), program.Null(), program.Text([]byte(y)), program.Bool(n > 0), program.Float(float64(n) / 3),
			program.List([]program.Value{program.Text([]byte(y)), program.Int(n), program.Text([]byte(x))}),
		}
		d := make(row, len(p.Fields()))
		for i := range d {
			d[i] = values[(i*(1+int(shape>>4))+int(shape&15))%len(values)]
		}
		got := p.Match(d)
		if explained := p.Explain(d); (explained.Verdict == program.True) != got {
			t.Fatalf("Match says %v\n%s", got, explained)
		}
		if got {
			if missing := unmet(p, d); missing != "" {
				t.Fatalf("%q matches %v, and requires %q", src, d, missing)
			}
		}
		again, err := Parse(q.String())
		if err != nil {
			t.Fatal(err)
		}
		p2, err := Compile(again, options()...)
		if err != nil {
			t.Fatalf("%q compiles, %q does not: %v", src, again, err)
		}
		if p2.Match(d) != got {
			t.Fatalf("%q and %q differ", src, again)
		}
	})
}

func TestMatchDoesNotAllocate(t *testing.T) {
	p := compile(t, `event.action: (Add* or Put*) and event.outcome: success and not user.id: (root or svc* or 22) and k: (* and not x) and flag: true and date > 2026`)
	d := event{"event.action": "AddX", "event.outcome": "success", "user.id": []any{"a", 5, true}, "k": "y", "flag": "true", "date": "2027-01-01T00:00:00Z"}.on(p)
	if !p.Match(d) {
		t.Fatal(p.Explain(d))
	}
	if n := testing.AllocsPerRun(100, func() { p.Match(d) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
