package call

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/needle"
)

func TestTheTableHasAtLeastAHundredCallsEachOnce(t *testing.T) {
	seen := make(map[string]bool)
	for i := range Table {
		key := Table[i].Source + " " + Table[i].Name
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
	}
	if len(Table) < 100 {
		t.Errorf("there are only %d calls", len(Table))
	}
}

var (
	aPath     = regexp.MustCompile(`^(response\.)?[A-Za-z0-9]+([.-][A-Za-z0-9-]+)*$`)
	aTemplate = regexp.MustCompile(`\{([^{}]*)\}`)
)

func TestEveryRowSaysAllThatARowMustSay(t *testing.T) {
	for i := range Table {
		c := &Table[i]
		t.Run(c.Source+" "+c.Name, func(t *testing.T) {
			for _, text := range []struct{ name, value string }{
				{"Type", c.Type}, {"Noun", c.Noun}, {"Resource", c.Resource}, {"Gain", c.Gain}, {"Removal", c.Removal},
				{"Show", c.Show}, {"From", c.From}, {"Kind", string(c.Kind)}, {"Basis", string(c.Basis)},
			} {
				if text.value == "" {
					t.Errorf("%s is empty", text.name)
				}
			}
			if !strings.HasSuffix(c.Source, ".amazonaws.com") {
				t.Errorf("the source is %s", c.Source)
			}
			if !slices.Contains([]Kind{KindIdentity, KindSecret, KindData, KindCode, KindMessage, KindNetwork}, c.Kind) {
				t.Errorf("%q is not a kind", c.Kind)
			}
			if len(c.Parts) == 0 {
				t.Error("it says nowhere who is let in")
			}
			for way := range alternatives(c.Resource) {
				checkTemplate(t, way)
			}
			for _, command := range []string{c.Show, c.Undo} {
				if command != "" && !strings.HasPrefix(command, "aws ") {
					t.Errorf("%q is not a command of the AWS command line", command)
				}
				checkTemplate(t, command)
			}
		})
	}
}

// checkTemplate checks the paths of a way to a resource or of a command.
func checkTemplate(t *testing.T, text string) {
	t.Helper()
	known := []string{"partition", "region", "account", "resource", "principals", "only-the-account", "nobody"}
	for _, found := range aTemplate.FindAllStringSubmatch(text, -1) {
		if path := found[1]; !slices.Contains(known, path) && !aPath.MatchString(path) {
			t.Errorf("%q has %q in it, which is not a path", text, path)
		}
	}
}

func TestEveryPathOfAPartIsAPath(t *testing.T) {
	for i := range Table {
		c := &Table[i]
		for _, p := range c.Parts {
			all := []string{p.Policy, p.Principals, p.Organizations, p.Accounts, p.Actions, p.Conditions, p.Effect, p.Removed, p.Provider, p.Inside, p.Patch}
			for _, condition := range []string{p.When, p.Opens} {
				path, value, found := strings.Cut(condition, "=")
				if condition != "" && (!found || value == "") {
					t.Errorf("%s: %q is not path=value", c.Name, condition)
				}
				all = append(all, path)
			}
			for _, n := range p.Narrow {
				all = append(all, n.Path)
			}
			some := p.ACL || p.Lambda
			for _, paths := range all {
				for path := range alternatives(paths) {
					some = true
					if !aPath.MatchString(path) {
						t.Errorf("%s: %q is not a path", c.Name, path)
					}
				}
			}
			if !some {
				t.Errorf("%s has a part that says nothing", c.Name)
			}
			if (p.Principals != "" || p.Accounts != "" || p.Opens != "") && p.Actions == "" && len(c.Actions) == 0 {
				t.Errorf("%s does not say what may be done", c.Name)
			}
		}
	}
}

func TestFindKnowsACallByItsSourceAndItsNameInAnyVersion(t *testing.T) {
	for _, c := range []struct {
		source, name, want string
	}{
		{"s3.amazonaws.com", "PutBucketPolicy", "PutBucketPolicy"},
		{"lambda.amazonaws.com", "AddPermission20150331v2", "AddPermission*"},
		{"lambda.amazonaws.com", "AddPermission", "AddPermission*"},
		{"lambda.amazonaws.com", "AddLayerVersionPermission20181031", "AddLayerVersionPermission*"},
		{"cloudfront.amazonaws.com", "PutResourcePolicy2020_05_31", "PutResourcePolicy*"},
		{"sns.amazonaws.com", "AddPermission", "AddPermission"},
		{"sns.amazonaws.com", "AddPermission20150331", ""},
		{"s3.amazonaws.com", "PutKeyPolicy", ""},
		{"lambda.amazonaws.com", "AddPermissionSomething", ""},
		{"", "", ""},
	} {
		got := ""
		if found := Find(c.source, c.name); found != nil {
			got = found.Name
			if found.Source != c.source {
				t.Errorf("%s %s is the row of %s", c.source, c.name, found.Source)
			}
		}
		if got != c.want {
			t.Errorf("%s %s is the row %q, want %q", c.source, c.name, got, c.want)
		}
	}
}

func TestEveryCallCanBeSearchedFor(t *testing.T) {
	needles := Needles()
	for i := range Table {
		c := &Table[i]
		for _, text := range c.Needles {
			if !slices.Contains(needles, needle.Needle{Text: text}) || !slices.Contains(objectACLs, text) {
				t.Errorf("%s is looked for by %q", c.Name, text)
			}
		}
		begin, isOpen := strings.CutSuffix(c.Name, "*")
		if n := (needle.Needle{Text: begin, Call: true, Whole: !isOpen, Begins: isOpen}); len(c.Needles) == 0 && !slices.Contains(needles, n) {
			t.Errorf("%s is not looked for", c.Name)
		}
	}
}

func TestACallThatWritesAnOpenObjectHasATextThatIsLookedFor(t *testing.T) {
	for list, permission := range cannedLists {
		if !slices.ContainsFunc(objectACLs, func(text string) bool { return strings.Contains(list, text) }) {
			t.Errorf("the list %s (%s) is not found", list, permission)
		}
	}
	for _, h := range headerGrants {
		if !slices.ContainsFunc(objectACLs, func(text string) bool { return strings.Contains(h.path, text) }) {
			t.Errorf("the header %s is not found", h.path)
		}
	}
}
