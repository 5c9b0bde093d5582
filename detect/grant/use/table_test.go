package use

import (
	"slices"
	"strings"
	"testing"
)

func TestTheTableHasEachCallOnceAndSaysHowItIsKnown(t *testing.T) {
	seen := map[string]bool{}
	for i := range Table {
		row := &Table[i]
		id := row.Source + " " + row.Name
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
		for what, value := range map[string]string{
			"Action": row.Action, "Kind": string(row.Kind), "Type": row.Type, "Noun": row.Noun, "Resource": row.Resource,
			"Basis": string(row.Basis), "From": row.From,
		} {
			if value == "" {
				t.Errorf("%s: %s is empty", id, what)
			}
		}
		if !strings.HasSuffix(row.Source, ".amazonaws.com") || strings.Count(row.Action, ":") != 1 {
			t.Errorf("%s has the action %s", id, row.Action)
		}
		if got := Find([]byte(row.Source), []byte(strings.TrimSuffix(row.Name, "*"))); got != row {
			t.Errorf("%s is found as %v", id, got)
		}
		if row.CallersTrail && row.Provider != "" {
			t.Errorf("%s: a caller of a provider has no trail", id)
		}
	}
}

func TestFindKnowsACallInAnyVersionOfTheAPI(t *testing.T) {
	for _, c := range []struct{ source, name, want string }{
		{"lambda.amazonaws.com", "GetFunction20150331v2", "GetFunction*"},
		{"lambda.amazonaws.com", "GetFunctionConfiguration20150331v2", "GetFunctionConfiguration*"},
		{"lambda.amazonaws.com", "Invoke", "Invoke*"},
		{"lambda.amazonaws.com", "Invoked", ""},
		{"lambda.amazonaws.com", "invoke", ""},
		{"s3.amazonaws.com", "ListObjectsV2", "ListObjectsV2"},
		{"s3.amazonaws.com", "GetObject20060301", ""},
		{"kms.amazonaws.com", "GetObject", ""},
		{"", "", ""},
	} {
		got := ""
		if row := Find([]byte(c.source), []byte(c.name)); row != nil {
			got = row.Name
		}
		if got != c.want {
			t.Errorf("%s %s is the row %q, want %q", c.source, c.name, got, c.want)
		}
	}
}

func TestNeedlesAreFewAndEachThereOnce(t *testing.T) {
	needles := Needles()
	if len(needles) > 10 {
		t.Errorf("there are %d", len(needles))
	}
	for i, n := range needles {
		if len(n.Text) < 6 || slices.Contains(needles[:i], n) {
			t.Errorf("%+v is short or there twice", n)
		}
	}
}
