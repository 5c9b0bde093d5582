package eql

import "strings"

// valueType is what the compiler knows about a value before there is a document.
type valueType uint8

const (
	anyType valueType = iota // a field: every document has its own
	nullType
	boolType
	numberType
	textType
)

func (t valueType) String() string {
	return [...]string{"a field", "null", "a boolean", "a number", "text"}[t]
}

// typeOf is the type of a constant.
func typeOf(v Value) valueType {
	switch v.kind {
	case KindBool:
		return boolType
	case KindInt, KindFloat:
		return numberType
	case KindText:
		return textType
	}
	return nullType
}

// operand is a compiled expression that yields a value. Its fields yield single values: the clause
// that it belongs to goes through the lists.
type operand interface {
	value(d Document) Value
}

type constant struct{ v Value }

func (c constant) value(Document) Value { return c.v }

// fieldOperand is a slot.
type fieldOperand int

func (f fieldOperand) value(d Document) Value { return d.Value(int(f)) }

// function describes one EQL function to the compiler.
type function struct {
	name     string
	tilde    bool        // there is a form that ignores case
	params   []valueType // anyType takes every type
	optional int         // how many of the parameters, from the end, may be left out
	variadic bool        // the last parameter may be repeated
	result   valueType
	// build makes the operand. It is given as many arguments as there are parameters, nil for those
	// that were left out, and more if the function is variadic.
	build func(args []operand, fold bool) operand
}

// functions by their name in lower case: Elasticsearch finds them in any case.
var functions = func() map[string]*function {
	m := make(map[string]*function)
	for _, list := range [][]*function{mathFunctions, textFunctions, numberFunctions, addressFunctions} {
		for _, f := range list {
			m[strings.ToLower(f.name)] = f
		}
	}
	return m
}()

// formerFunctions are those of other dialects of EQL, with what to write instead.
var formerFunctions = map[string]string{
	"wildcard":      "use like or : with a list of patterns",
	"match":         "use regex",
	"matchlite":     "use regex",
	"arraycontains": "a comparison with a field that has several values holds if it holds for one of them",
	"arraycount":    "Elasticsearch does not support it either",
	"arraysearch":   "Elasticsearch does not support it either",
	"safe":          "Elasticsearch does not support it either",
}
