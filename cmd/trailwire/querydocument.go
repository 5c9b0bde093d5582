package main

import (
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/eql"
)

// plainDocument answers a query's fields from a JSON document of any kind: by
// their names, whether they are spelled as nested maps or with dots, through
// lists, as Elasticsearch reads documents.
type plainDocument struct {
	record []byte
	fields []eql.Field
}

// Value implements [eql.Document].
func (d *plainDocument) Value(slot int) eql.Value {
	var values []eql.Value
	document.Leaves(d.record, d.fields[slot].Name, func(leaf []byte) {
		if v := scalar(leaf); v.Kind() != eql.KindNull {
			values = append(values, v)
		}
	})
	switch len(values) {
	case 0:
		return eql.Null()
	case 1:
		return values[0]
	}
	return eql.List(values)
}

// scalar is the value that a query can compare. An empty string is one: only
// the pipeline for CloudTrail drops those.
func scalar(value []byte) eql.Value {
	switch document.KindOf(value) {
	case document.KindText:
		text, _ := document.Text(value)
		return eql.Text(text)
	case document.KindBool:
		b, _ := document.Bool(value)
		return eql.Bool(b)
	case document.KindInt, document.KindUint:
		if n, ok := document.Int(value); ok {
			return eql.Int(n)
		}
		n, _ := document.Uint(value)
		return eql.Float(float64(n))
	case document.KindFloat:
		f, _ := document.Float(value)
		return eql.Float(f)
	}
	return eql.Null()
}
