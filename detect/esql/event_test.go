package esql

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

// types are the fields of the tests.
var types = map[string]program.FieldType{
	"k": program.Keyword, "l": program.Keyword, "m": program.Keyword, "event.action": program.Keyword, "@timestamp": program.Date,
	"ip": program.IP, "flag": program.Boolean, "asn": program.Long, "leaf": program.Flattened, "words": program.FullText,
}

func options() []Option {
	return []Option{Mapping(func(field string) program.FieldType { return types[field] }), Indices([]string{"logs-aws.cloudtrail-default"})}
}

func compiled(query string) (*program.Program, error) {
	q, err := Parse(query)
	if err != nil {
		return nil, err
	}
	return Compile(q, options()...)
}

// where compiles a condition.
func where(t testing.TB, condition string) *program.Program {
	t.Helper()
	p, err := compiled("from logs-* | where " + condition)
	if err != nil {
		t.Fatalf("%s: %v", condition, err)
	}
	return p
}
