package main

import (
	"github.com/trailwire/trailwire/detect/document"
	prog "github.com/trailwire/trailwire/detect/program"
)

// plainDocument reads a query's fields from a JSON document of any kind. It
// finds them by name, in nested maps or with dots, and through lists, as
// Elasticsearch does.
type plainDocument struct {
	record []byte
	fields []prog.Field
}

// Value implements [prog.Document].
func (d *plainDocument) Value(slot int) prog.Value {
	var values []prog.Value
	document.Leaves(d.record, d.fields[slot].Name, func(leaf []byte) {
		if v := scalar(leaf); v.Kind() != prog.KindNull {
			values = append(values, v)
		}
	})
	switch len(values) {
	case 0:
		return prog.Null()
	case 1:
		return values[0]
	}
	return prog.List(values)
}

// scalar is the value that a query can compare. An empty string is a value:
// only the pipeline for CloudTrail drops those.
func scalar(value []byte) prog.Value {
	switch document.KindOf(value) {
	case document.KindText:
		text, _ := document.Text(value)
		return prog.Text(text)
	case document.KindBool:
		b, _ := document.Bool(value)
		return prog.Bool(b)
	case document.KindInt, document.KindUint:
		if n, ok := document.Int(value); ok {
			return prog.Int(n)
		}
		n, _ := document.Uint(value)
		return prog.Float(float64(n))
	case document.KindFloat:
		f, _ := document.Float(value)
		return prog.Float(f)
	}
	return prog.Null()
}
