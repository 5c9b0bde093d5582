package eql

import (
	"fmt"
	"github.com/trailwire/trailwire/detect/program"
	"testing"
)

// event is a document as the tests write it: Go values by field name. A Go slice is a list, nil is
// null, and a name that is not there is a missing field.
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
	case int64:
		return program.Int(x)
	case float64:
		return program.Float(x)
	case string:
		return program.Text([]byte(x))
	case []byte:
		return program.Text(x)
	case []any:
		var vs []program.Value
		for _, e := range x {
			vs = append(vs, valueOf(e))
		}
		return program.List(vs)
	}
	panic(fmt.Sprintf("no value for a %T", x))
}

func compile(t testing.TB, query string, opts ...Option) *program.Program {
	t.Helper()
	q, err := Parse(query)
	if err != nil {
		t.Fatalf("Parse(%s): %v", query, err)
	}
	p, err := Compile(q, opts...)
	if err != nil {
		t.Fatalf("Compile(%s): %v", query, err)
	}
	return p
}

// rejection returns the error that Parse or Compile has for a query.
func rejection(t testing.TB, query string) error {
	t.Helper()
	q, err := Parse(query)
	if err == nil {
		_, err = Compile(q)
	}
	if err == nil {
		t.Fatalf("accepted: %s", query)
	}
	return err
}
