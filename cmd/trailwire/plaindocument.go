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
	values []eql.Value
}

// Value implements [eql.Document].
func (d *plainDocument) Value(slot int) eql.Value {
	d.values = nil // those of an earlier field are still in use
	d.collect(d.record, d.fields[slot].Name, 0)
	switch len(d.values) {
	case 0:
		return eql.Null()
	case 1:
		return d.values[0]
	}
	return eql.List(d.values)
}

func (d *plainDocument) collect(value []byte, path string, depth int) {
	if depth > document.MaxDepth {
		return
	}
	if document.IsArray(value) {
		for items := document.OverArray(value); items.Next(); {
			d.collect(items.Value, path, depth+1)
		}
		return
	}
	if path == "" {
		if v := scalar(value); v.Kind() != eql.KindNull {
			d.values = append(d.values, v)
		}
		return
	}
	var few [8]document.Spelling
	spellings, _ := document.Spellings(few[:0], value, path)
	for _, s := range spellings {
		d.collect(s.Value, s.Rest, depth+1)
	}
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
