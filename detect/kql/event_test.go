package kql

import (
	"fmt"
	"testing"

	"github.com/trailwire/trailwire/detect/program"
)

// event is a document as the tests write it: Go values by field name. A Go slice is a list, and a name
// that is not there is a missing field.
type event map[string]any

// on resolves the event for one program.
func (e event) on(p *program.Program) program.Document {
	d := make(row, len(p.Fields()))
	for i, f := range p.Fields() {
		d[i] = valueOf(e[f.Name])
	}
	return d
}

// row is a document that has its values by slot.
type row []program.Value

func (r row) Value(slot int) program.Value { return r[slot] }

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

// types are the fields of the tests that are not of the type dynamic.
var types = map[string]program.FieldType{
	"event.action": program.Keyword, "event.outcome": program.Keyword, "user.id": program.Keyword, "user_agent.original": program.Keyword,
	"aws.cloudtrail.resources.arn": program.Keyword, "aws.cloudtrail.request_parameters": program.Keyword,
	"source.ip": program.IP, "flag": program.Boolean, "asn": program.Long, "date": program.Date, "leaf": program.Flattened, "k": program.Keyword,
}

func options() []Option {
	var names []string
	for name := range types {
		names = append(names, name)
	}
	return []Option{Mapping(func(field string) program.FieldType { return types[field] }), Fields(names)}
}

func compile(t testing.TB, query string) *program.Program {
	t.Helper()
	q, err := Parse(query)
	if err != nil {
		t.Fatalf("Parse(%s): %v", query, err)
	}
	p, err := Compile(q, options()...)
	if err != nil {
		t.Fatalf("Compile(%s): %v", query, err)
	}
	return p
}

// rejection returns the error that Parse or Compile has for a query.
func rejection(t testing.TB, query string) *Error {
	t.Helper()
	q, err := Parse(query)
	if err == nil {
		_, err = Compile(q, options()...)
	}
	if err == nil {
		t.Fatalf("accepted: %s", query)
	}
	return err.(*Error)
}

type matchCase struct {
	name  string
	query string
	event event
	want  bool
}

func runMatches(t *testing.T, cases []matchCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := compile(t, c.query)
			d := c.event.on(p)
			if got := p.Match(d); got != c.want {
				t.Errorf("%s on %v: got %v, want %v\n%s", c.query, c.event, got, c.want, p.Explain(d))
			}
			if got := p.Explain(d).Verdict == program.True; got != c.want {
				t.Errorf("Explain(%s) on %v: got %v, want %v", c.query, c.event, got, c.want)
			}
		})
	}
}
