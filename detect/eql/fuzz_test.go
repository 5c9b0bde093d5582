package eql

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/trailwire/trailwire/detect/program"
)

var fuzzSeeds = []string{
	shippedRule,
	`"my category" where ?a.` + "`b-c`" + `.d != null // x`,
	`iam where a in (1, 2.5, "x", true, null) and b not in~ ("X*", "\u{200f}\n")`,
	`any where a : ("x*", "?y") or b like~ "*ß*" and not c like ("%", """\*""")`,
	`any where a regex ("[^a-c\\d]+?", "(x|y){1,3}", "a@#\"q\"") or a regex~ ".*[]x]"`,
	`any where -a * (2 + b) / 3 % 4 - 1e3 >= .5`,
	`any where stringContains~(a, "p=\\*?*\\") == false and startsWith(a, b) and endsWith(concat(a, 1), "1")`,
	`any where between~(a, "x", b, true) == "y" or indexOf(a, "b", -1) > 0 or length(substring(a, 1, -1)) < 3`,
	`any where cidrMatch(a, "10.0.0.0/8", "2001:db8::/32") and number(a, 16) == 255 and string(a == 1) : "true"`,
	`any where null == (not (a > 1 and b)) and /* c */ not not divide(a, 0) == null`,
	`sequence by a [any where true]`, `any where true | head 5`, `any where a[0] == 'x'`,
}

// FuzzParse: no text makes the parser panic, and what it prints of a query is the same query.
func FuzzParse(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		q, err := Parse(src)
		if err != nil {
			e := err.(*SyntaxError)
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
				return // backquotes and parentheses can make it longer than what was read
			}
			t.Fatalf("%s\nis printed as\n%s\n%v", src, printed, err)
		}
		if !same(reflect.ValueOf(q.where), reflect.ValueOf(again.where)) || q.any != again.any || q.category != again.category {
			t.Fatalf("%s\nis printed as\n%s\nwhich is another query", src, printed)
		}
		if twice := again.String(); twice != printed {
			t.Fatalf("%s\nis printed as\n%s\nand then as\n%s", src, printed, twice)
		}
	})
}

// same compares two syntax trees in everything but the places in the source.
func same(a, b reflect.Value) bool {
	if a.Kind() == reflect.Interface || a.Kind() == reflect.Pointer {
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return a.Elem().Type() == b.Elem().Type() && same(a.Elem(), b.Elem())
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).Type != reflect.TypeFor[node]() && !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

// FuzzMatch: no query and no event make the evaluation panic; Match and Explain agree; what Required
// claims is true of every event that matches; the printed query does the same as the one that was
// read.
func FuzzMatch(f *testing.F) {
	for i, s := range fuzzSeeds {
		f.Add(s, []byte("{functionName=f, principal=*, action=lambda:InvokeFunction}"), []byte("AddPermission"), int64(i), uint8(i))
		f.Add(s, []byte("xẞ\xff10.0.0.1"), []byte("x"), int64(-i), uint8(3*i))
	}
	f.Fuzz(func(t *testing.T, src string, x, y []byte, n int64, shape uint8) {
		if len(src) > 1<<12 || len(x)+len(y) > 1<<12 {
			return // long ones are slow, and say nothing that short ones do not
		}
		q, err := Parse(src)
		if err != nil {
			return
		}
		p, err := Compile(q)
		if err != nil {
			if _, ok := err.(*CompileError); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		values := []program.Value{
			program.Text(x), program.Text(y), program.Int(n), program.Null(), program.List([]program.Value{program.Text(y), program.Int(n), program.Text(x)}), program.Float(float64(n) / 3), program.Bool(n > 0),
			program.List(nil), program.List([]program.Value{program.Null(), program.List([]program.Value{program.Text(x)})}),
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
			if err := unsound(p, d); err != nil {
				t.Fatal(err)
			}
		}
		if err := wronglyImpossible(p, d, shape); err != nil {
			t.Fatal(err)
		}
		again, err := Parse(q.String())
		if err != nil {
			t.Fatal(err)
		}
		p2, err := Compile(again)
		if err != nil {
			t.Fatalf("%s compiles, %s does not: %v", src, again, err)
		}
		if p2.Match(d) != got {
			t.Fatalf("%s and %s differ", src, again)
		}
		strict, err := Compile(q, StrictNull())
		if err != nil {
			t.Fatal(err)
		}
		if strict.Match(d) {
			if err := unsound(strict, d); err != nil {
				t.Fatal(err)
			}
		}
		if err := wronglyImpossible(strict, d, shape); err != nil {
			t.Fatal(err)
		}
	})
}

// wronglyImpossible says where what Impossible finds is not so: of an event of which all
// is known it finds something exactly when Match is false, and of one of which less is
// known, never where Match is true.
func wronglyImpossible(p *program.Program, d row, known uint8) error {
	all := func(slot int) (program.Value, bool) { return d[slot], true }
	if at, found := p.Impossible(all); found == p.Match(d) {
		return fmt.Errorf("%s: Match says %v, and Impossible %v (%v)", p.Source(), p.Match(d), found, at)
	}
	some := func(slot int) (program.Value, bool) { return d[slot], known>>(slot%8)&1 != 0 }
	if at, found := p.Impossible(some); found && p.Match(d) {
		return fmt.Errorf("%s: matches, and Impossible finds %q", p.Source(), p.Source()[at.Start:at.End])
	}
	return nil
}
