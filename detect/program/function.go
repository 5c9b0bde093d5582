package program

import (
	"fmt"
	"strconv"
	"strings"
)

// Function is one of the functions of Elasticsearch's EQL. The scripts of other languages can call
// them as well.
type Function struct {
	name     string
	tilde    bool   // there is a form that ignores case
	params   []Type // AnyType takes every type
	optional int    // how many of the parameters, from the end, may be left out
	variadic bool   // the last parameter may be repeated
	result   Type
	// build makes the operand. It is given as many arguments as there are parameters, nil for those
	// that were left out, and more if the function is variadic.
	build func(args []operand, fold bool) operand
	// condition makes what the call says, if that is true or false. There is no build then.
	condition func(b *Builder, at Span, args []Operand, fold bool) (Condition, error)
}

// LookupFunction finds a function by its name in any case, as Elasticsearch does. It returns nil if
// there is none.
func LookupFunction(name string) *Function { return functions[strings.ToLower(name)] }

// Name returns the name as the reference spells it.
func (f *Function) Name() string { return f.name }

// Result is the type of what a call returns. A call can return null as well.
func (f *Function) Result() Type { return f.result }

// Takes says why the function cannot be called with so many arguments, or ignoring case.
func (f *Function) Takes(arguments int, fold bool) error {
	if fold && !f.tilde {
		return fmt.Errorf("%s has no form that ignores case (%s~)", f.name, f.name)
	}
	least, most := len(f.params)-f.optional, len(f.params)
	switch {
	case arguments < least && f.variadic:
		return fmt.Errorf("%s takes at least %s, found %d", f.name, plural(least), arguments)
	case arguments > most && f.variadic || arguments >= least && arguments <= most:
		return nil
	case f.optional > 0:
		return fmt.Errorf("%s takes %d or %s, found %d", f.name, least, plural(most), arguments)
	}
	return fmt.Errorf("%s takes %s, found %d", f.name, plural(most), arguments)
}

func plural(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return strconv.Itoa(n) + " arguments"
}

// functions by their name in lower case: Elasticsearch finds them in any case.
var functions = func() map[string]*Function {
	m := make(map[string]*Function)
	for _, list := range [][]*Function{mathFunctions, textFunctions, numberFunctions, addressFunctions} {
		for _, f := range list {
			m[strings.ToLower(f.name)] = f
		}
	}
	return m
}()
