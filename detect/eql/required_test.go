package eql

import (
	"fmt"
	"github.com/trailwire/trailwire/detect/program"
	"strings"
	"testing"
)

// requirements writes them as the tests do: a:"x" for a value that contains x, a="x" for one that
// is x, with a tilde before the text if case does not count.
func requirements(p *program.Program) string {
	var all []string
	for _, either := range p.Required() {
		var one []string
		for _, l := range either {
			s := p.Fields()[l.Slot].Name
			if l.Whole {
				s += "="
			} else {
				s += ":"
			}
			if l.Fold {
				s += "~"
			}
			one = append(one, s+l.Text)
		}
		all = append(all, strings.Join(one, " | "))
	}
	return strings.Join(all, " & ")
}

func TestRequired(t *testing.T) {
	for _, c := range []struct{ name, query, want string }{
		{"the shipped rule", shippedRule, "data_stream.dataset=aws.cloudtrail & event.provider=lambda.amazonaws.com & event.outcome=success & event.action:~addpermission & aws.cloudtrail.request_parameters:lambda:InvokeFunction"},
		{"a category", `iam where true`, "event.category=iam"},
		{"== is the whole value", `any where a == "X"`, "a=X"},
		{"a constant on the left", `any where "X" == a`, "a=X"},
		{"an alternative requires what is rarest on either side, and something of each field that both ask for",
			`any where (a == "longest" and b == "x") or (a == "y" and b == "longer")`, "a=longest | b=longer & a=longest | a=y & b=x | b=longer"},
		{"a field that one side does not ask for is left out", `any where (a == "xx" and b == "y") or a == "z"`, "a=xx | a=z"},
		{"of a field that is asked twice it is the rarest", `any where (a : "x*" and a : "*yy" and b == "zzz") or (a == "w" and b == "v")`, "b=zzz | a=w & a:~yy | a=w & b=zzz | b=v"},
		{"a number requires no text", `any where a == 5`, ""},
		{"!= requires nothing", `any where a != "x"`, ""},
		{"not != requires the value", `any where not a != "x"`, "a=x"},
		{"not == requires nothing", `any where not a == "x"`, ""},
		{"two nots are none", `any where not not a == "x"`, "a=x"},
		{"a null test requires nothing", `any where a != null`, ""},
		{"a list is an alternative", `any where a in ("x", "y")`, "a=x | a=y"},
		{"a list with a number requires nothing", `any where a in ("x", 5)`, ""},
		{"the empty text requires nothing", `any where a == ""`, ""},
		{"a list with the empty text requires nothing", `any where a in ("x", "")`, ""},
		{"a list without case", `any where a in~ ("X*", "Y")`, "a=~x* | a=~y"},
		{"not in requires nothing", `any where a not in ("x")`, ""},
		{"a colon without a star is the whole value", `any where a : "X"`, "a=~x"},
		{"a pattern requires its pieces", `any where a : "A*Bc?d"`, "a:~a & a:~bc & a:~d"},
		{"a pattern with case requires them with case", `any where a like "A*"`, "a:A"},
		{"a list of patterns requires the longest pieces", `any where a like ("A*bc", "d")`, "a:bc | a=d"},
		{"a list with a pattern of stars requires nothing", `any where a like ("A*bc", "*?")`, ""},
		{"letters beyond ASCII are left out where case does not count", `any where a : "straße"`, "a:~stra & a:~e"},
		{"and are not where it does", `any where a like "straße"`, "a=straße"},
		{"stringContains requires its pieces", `any where stringContains(a, "x=[*],\\*")`, "a:x=[ & a:],*"},
		{"stringContains~ requires them without case", `any where stringContains~(a, "X")`, "a:~x"},
		{"startsWith requires its text", `any where startsWith(a, "x*")`, "a:x*"},
		{"startsWith~ requires it without case", `any where startsWith~(a, "Ab")`, "a:~ab"},
		{"endsWith requires its pieces", `any where endsWith(a, "x*y")`, "a:x & a:y"},
		{"endsWith of the empty text requires nothing", `any where endsWith(a, "")`, ""},
		{"stringContains of a function requires nothing", `any where stringContains(substring(a, 1), "x")`, ""},
		{"stringContains of two fields requires nothing", `any where stringContains(a, b)`, ""},
		{"a comparison of a function requires nothing", `any where concat(a, "x") == "yx"`, ""},
		{"a regular expression requires the text in it", `any where a regex "x+yz.*"`, "a:x & a:yz"},
		{"an alternative in a regular expression requires nothing", `any where a regex "x|y"`, ""},
		{"one of several regular expressions requires nothing", `any where a regex ("x", "y")`, ""},
		{"an order requires nothing", `any where a < "x"`, ""},
		{"and requires both", `any where a == "x" and b == "y"`, "a=x & b=y"},
		{"or requires one of them, the longest of each", `any where a == "x" and b == "long" or c == "z"`, "b=long | c=z"},
		{"or says nothing twice", `any where a == "x" and b == 1 or a == "x"`, "a=x"},
		{"or with something unknown requires nothing", `any where a == "x" or b > 5`, ""},
		{"or with something false requires the rest", `any where a == "x" or false or null`, "a=x"},
		{"or with something true requires nothing", `any where a == "x" or true`, ""},
		{"not or is not and not", `any where not (a != "x" or b != "y")`, "a=x & b=y"},
		{"not and is not or not", `any where not (a != "x" and b != "y")`, "a=x | b=y"},
		{"a condition compared with false is its negation", `any where (a != "x") == false`, "a=x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := requirements(compile(t, c.query)); got != c.want {
				t.Errorf("%s\n got %s\nwant %s", c.query, got, c.want)
			}
		})
	}
}

// holds says whether a document has what a literal says.
func holds(l program.Literal, v program.Value) bool {
	switch v.Kind() {
	case program.KindList:
		for _, e := range v.List() {
			if holds(l, e) {
				return true
			}
		}
	case program.KindText:
		s := string(v.Text())
		if l.Fold {
			s = strings.Map(func(r rune) rune {
				if r >= 'A' && r <= 'Z' {
					r += 'a' - 'A'
				}
				return r
			}, s)
		}
		if l.Whole {
			return s == l.Text
		}
		return strings.Contains(s, l.Text)
	}
	return false
}

// unsound returns a requirement that a document does not meet.
func unsound(p *program.Program, d program.Document) error {
	for _, either := range p.Required() {
		met := false
		for _, l := range either {
			met = met || holds(l, d.Value(l.Slot))
		}
		if !met || len(either) == 0 {
			return fmt.Errorf("requires %v, which the event does not have", either)
		}
	}
	return nil
}
