package property

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// set is a source with these properties.
type set map[string]string

func (s set) Property(name string) (value string, ok bool) {
	value, ok = s[name]
	return value, ok
}

func read(t *testing.T, s set) Settings {
	t.Helper()
	settings, err := Read(s)
	if err != nil {
		t.Fatalf("%v: %v", s, err)
	}
	return settings
}

func TestWithoutPropertiesTheBuiltInRuleRunsAsElasticRunsIt(t *testing.T) {
	s := read(t, set{})
	if len(s.Options.Rules) != 1 || s.Options.Rules[0].ID != rule.CrossAccountID || s.StatsInterval != 0 || len(s.Warnings) != 0 {
		t.Errorf("%+v", s)
	}
	s.Options.Rules = nil
	if want := (detect.Options{AlertKey: "alert", Split: true, JSONKeys: []string{"log", "message", "MESSAGE", "_raw"}, StateMemory: 64 << 20, LearningPeriod: 24 * time.Hour}); !reflect.DeepEqual(s.Options, want) {
		t.Errorf("got  %+v\nwant %+v", s.Options, want)
	}
}

func TestADefaultThatIsWrittenOutChangesNothing(t *testing.T) {
	want := read(t, set{})
	want.Options.Rules = nil
	for _, p := range Table {
		if p.Default == "" {
			continue
		}
		got := read(t, set{p.Name: p.Default})
		got.Options.Rules = nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s %s gives %+v", p.Name, p.Default, got)
		}
	}
}

func TestGoodValues(t *testing.T) {
	for _, c := range []struct {
		name, value string
		get         func(*Settings) any
		want        any
	}{
		{"alert_key", "verdict", func(s *Settings) any { return s.Options.AlertKey }, "verdict"},
		{"alert_key", " spaced ", func(s *Settings) any { return s.Options.AlertKey }, "spaced"},
		{"alert_key", "Alert_1-x", func(s *Settings) any { return s.Options.AlertKey }, "Alert_1-x"},
		{"split", "off", split, false}, {"split", "FALSE", split, false}, {"split", "no", split, false}, {"split", "0", split, false},
		{"split", "on", split, true}, {"split", "True", split, true}, {"split", "yes", split, true}, {"split", "1", split, true},
		{"alert_guide", "on", func(s *Settings) any { return s.Options.AlertGuide }, true},
		{"alert_guide", "off", func(s *Settings) any { return s.Options.AlertGuide }, false},
		{"json_keys", "a", func(s *Settings) any { return s.Options.JSONKeys }, []string{"a"}},
		{"json_keys", " a , b,,c d ,", func(s *Settings) any { return s.Options.JSONKeys }, []string{"a", "b", "c d"}},
		{"coverage", "rule", coverage, alert.CoverRule},
		{"coverage", "extended", coverage, alert.CoverExtended},
		{"coverage", "Extended", coverage, alert.CoverExtended},
		{"coverage", "all", coverage, alert.CoverAll},
		{"trusted_resources", "arn:aws:s3:::public-*", func(s *Settings) any { return s.Options.Exceptions.Resources }, []string{"arn:aws:s3:::public-*"}},
		{"same_account", "alert", sameAccount, false},
		{"same_account", "ignore", sameAccount, true},
		{"trusted_accounts", "111122223333", func(s *Settings) any { return s.Options.Exceptions.Accounts }, []string{"111122223333"}},
		{"trusted_accounts", "111122223333, 444455556666", func(s *Settings) any { return s.Options.Exceptions.Accounts }, []string{"111122223333", "444455556666"}},
		{"trusted_orgs", "o-a1b2c3d4e5", func(s *Settings) any { return s.Options.Exceptions.Orgs }, []string{"o-a1b2c3d4e5"}},
		{"trusted_actors", "arn:aws:iam::111122223333:role/deploy-*,arn:*:iam::*:role/ci", func(s *Settings) any { return s.Options.Exceptions.Actors }, []string{"arn:aws:iam::111122223333:role/deploy-*", "arn:*:iam::*:role/ci"}},
		{"trusted_functions", "billing-*,arn:aws:lambda:*:*:function:f?", func(s *Settings) any { return s.Options.Exceptions.Functions }, []string{"billing-*", "arn:aws:lambda:*:*:function:f?"}},
		{"max_signals", "1", maxSignals, 1}, {"max_signals", "1000000", maxSignals, 1_000_000},
		{"interval", "1", interval, time.Second}, {"interval", "90s", interval, 90 * time.Second}, {"interval", "5m", interval, 5 * time.Minute},
		{"interval", "5M", interval, 5 * time.Minute}, {"interval", "2h", interval, 2 * time.Hour}, {"interval", "365d", interval, 365 * 24 * time.Hour},
		{"dedup_window", "6m", dedup, 6 * time.Minute}, {"dedup_window", "0", dedup, time.Duration(-1)}, {"dedup_window", "0s", dedup, time.Duration(-1)},
		{"state_memory", "1M", stateMemory, int64(1 << 20)}, {"state_memory", "2048k", stateMemory, int64(2 << 20)},
		{"state_memory", "1048576", stateMemory, int64(1 << 20)}, {"state_memory", "16G", stateMemory, int64(16 << 30)},
		{"learning_period", "7d", learning, 7 * 24 * time.Hour}, {"learning_period", "0", learning, time.Duration(-1)},
		{"stats_interval", "0", func(s *Settings) any { return s.StatsInterval }, time.Duration(0)},
		{"stats_interval", "60", func(s *Settings) any { return s.StatsInterval }, time.Minute},
	} {
		t.Run(c.name+" "+c.value, func(t *testing.T) {
			s := read(t, set{c.name: c.value})
			if got := c.get(&s); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func split(s *Settings) any       { return s.Options.Split }
func coverage(s *Settings) any    { return s.Options.Coverage }
func sameAccount(s *Settings) any { return s.Options.Exceptions.SameAccount }
func maxSignals(s *Settings) any  { return s.Options.MaxSignals }
func interval(s *Settings) any    { return s.Options.Interval }
func dedup(s *Settings) any       { return s.Options.DedupWindow }
func stateMemory(s *Settings) any { return s.Options.StateMemory }
func learning(s *Settings) any    { return s.Options.LearningPeriod }

func TestABadValueIsNamedWithWhatIsAllowed(t *testing.T) {
	const (
		key     = "it must be a key of letters, digits, _ and -, so that $key['severity'] can name it"
		onOrOff = "it must be on or off"
		account = "it must be a list of account ids of 12 digits"
		org     = "it must be a list of organization ids such as o-exampleorgid"
		arn     = "it must be a list of ARN patterns such as arn:aws:iam::111122223333:role/deploy-*"
		number  = "it must be a whole number from 1 to 1000000"
		form    = "it must be a number of seconds, or a number with s, m, h or d, such as 5m"
	)
	for _, c := range []struct{ name, value, wrong, allowed string }{
		{"rules", ",", ",", "it must be a list of rule files, globs and -builtin"},
		{"unsupported_rules", "warn", "warn", "it must be refuse or skip"},
		{"alert_key", "my alert", "my alert", key},
		{"alert_key", "a.b", "a.b", key},
		{"alert_key", "$alert", "$alert", key},
		{"alert_key", "alert['x']", "alert['x']", key},
		{"alert_key", "a\nb", `a\nb`, key},
		{"alert_guide", "maybe", "maybe", onOrOff},
		{"split", "maybe", "maybe", onOrOff},
		{"split", "2", "2", onOrOff},
		{"json_keys", " , ", ",", "it must be a list of keys"},
		{"coverage", "most", "most", "it must be rule, extended or all"},
		{"trusted_resources", "orders", "orders", "it must be a list of ARN patterns such as arn:aws:s3:::public-*"},
		{"same_account", "drop", "drop", "it must be alert or ignore"},
		{"trusted_accounts", "11112222333", "11112222333", account},
		{"trusted_accounts", "1111222233334", "1111222233334", account},
		{"trusted_accounts", "111122223333 444455556666", "111122223333 444455556666", account},
		{"trusted_accounts", "111122223333,x", "x", account},
		{"trusted_accounts", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root", account},
		{"trusted_accounts", "*", "*", account},
		{"trusted_accounts", ",", ",", account},
		{"trusted_orgs", "a1b2c3d4e5", "a1b2c3d4e5", org},
		{"trusted_orgs", "o-short", "o-short", org},
		{"trusted_orgs", "o-A1B2C3D4E5", "o-A1B2C3D4E5", org},
		{"trusted_actors", "alice", "alice", arn},
		{"trusted_actors", "*", "*", arn},
		{"trusted_actors", "arn:aws:iam::111122223333", "arn:aws:iam::111122223333", arn},
		{"trusted_actors", "role/deploy", "role/deploy", arn},
		{"trusted_functions", ",", ",", "it must be a list of function names or ARN patterns"},
		{"max_signals", "0", "0", number},
		{"max_signals", "-1", "-1", number},
		{"max_signals", "1000001", "1000001", number},
		{"max_signals", "many", "many", number},
		{"max_signals", "1.5", "1.5", number},
		{"max_signals", "99999999999999999999", "99999999999999999999", number},
		{"interval", "0", "0", "it must be from 1s to 365d"},
		{"interval", "366d", "366d", "it must be from 1s to 365d"},
		{"interval", "4294967295d", "4294967295d", "it must be from 1s to 365d"},
		{"interval", "5 m", "5 m", form},
		{"interval", "5min", "5min", form},
		{"interval", "-5m", "-5m", form},
		{"interval", "m", "m", form},
		{"interval", "1.5h", "1.5h", form},
		{"interval", "now-5m", "now-5m", form},
		{"interval", "4294967296", "4294967296", form},
		{"dedup_window", "x", "x", form},
		{"dedup_window", "366d", "366d", "it must be from 0 to 365d"},
		{"state_memory", "64", "64", "it must be a size from 1M to 16G"},
		{"state_memory", "0", "0", "it must be a size from 1M to 16G"},
		{"state_memory", "1023K", "1023K", "it must be a size from 1M to 16G"},
		{"state_memory", "17G", "17G", "it must be a size from 1M to 16G"},
		{"state_memory", "1099511627775G", "1099511627775G", "it must be a size from 1M to 16G"},
		{"state_memory", "-1M", "-1M", "it must be a size from 1M to 16G"},
		{"state_memory", "64MB", "64MB", "it must be a size from 1M to 16G"},
		{"state_memory", "M", "M", "it must be a size from 1M to 16G"},
		{"learning_period", "soon", "soon", form},
		{"learning_period", "366d", "366d", "it must be from 0 to 365d"},
		{"stats_interval", "often", "often", form},
		{"stats_interval", "9999999h", "9999999h", "it must be from 0 to 365d"},
	} {
		t.Run(c.name+" "+c.value, func(t *testing.T) {
			s, err := Read(set{c.name: c.value})
			want := fmt.Sprintf(`property %q: "%s" is not allowed: %s`, c.name, c.wrong, c.allowed)
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if !reflect.DeepEqual(s, Settings{}) {
				t.Errorf("there are settings: %+v", s)
			}
		})
	}
}

func TestAnEmptyValueIsAnErrorOfEveryProperty(t *testing.T) {
	for _, p := range Table {
		for _, value := range []string{"", " ", "\t\n"} {
			want := fmt.Sprintf("property %q: the value is empty: leave the property out for its default", p.Name)
			if _, err := Read(set{p.Name: value}); err == nil || err.Error() != want {
				t.Errorf("%s %q: %v", p.Name, value, err)
			}
		}
	}
}

const ruleFile = `[rule]
rule_id = "ID"
name = "A rule"
type = "eql"
language = "eql"
severity = "low"
risk_score = 21
query = 'any where event.action == "CreateUser"'
`

func TestRulesAreLoadedFromFilesAndGlobs(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.toml":   strings.Replace(ruleFile, "ID", "a", 1),
		"b.toml":   strings.Replace(ruleFile, "ID", "b", 1),
		"bad.rule": strings.Replace(ruleFile, "any where", "any whither", 1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		value string
		want  []string
	}{
		{dir + "/a.toml", []string{rule.CrossAccountID, "a"}},
		{dir + "/*.toml", []string{rule.CrossAccountID, "a", "b"}},
		{dir + "/b.toml, " + dir + "/a.toml", []string{rule.CrossAccountID, "b", "a"}},
		{"-builtin," + dir + "/a.toml", []string{"a"}},
		{dir + "/a.toml,-builtin", []string{"a"}},
	} {
		var got []string
		for _, r := range read(t, set{"rules": c.value}).Options.Rules {
			got = append(got, r.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("rules %s: %q", c.value, got)
		}
	}
	for value, want := range map[string]string{
		dir + "/none.toml":                  "no such rule file",
		dir + "/none*":                      "no such rule file",
		dir + "/[":                          "syntax error in pattern",
		"-builtin":                          "leaves no rule",
		dir + "/a.toml," + dir + "/a.toml":  "",
		dir + "/a.toml," + dir + "/*.toml":  "",
		dir + "/bad.rule":                   "bad.rule",
		dir:                                 "",
		dir + "/a.toml,/no/such/file/there": "no such rule file",
	} {
		_, err := Read(set{"rules": value})
		if err == nil {
			// The same file twice is an error or the same rule once.
			continue
		}
		checkError(t, err, "rules")
		if !strings.Contains(err.Error(), want) {
			t.Errorf("rules %s: %v", value, err)
		}
	}
}

// checkError says that an error is one line that begins with the property.
func checkError(t *testing.T, err error, name string) {
	t.Helper()
	if !strings.HasPrefix(err.Error(), fmt.Sprintf("property %q: ", name)) || strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("the error is %q", err)
	}
}

func TestEveryPropertyIsNamedAndHelpedProperly(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := make(map[string]bool)
	for _, p := range Table {
		if !name.MatchString(p.Name) || seen[p.Name] {
			t.Errorf("the name %q", p.Name)
		}
		seen[p.Name] = true
		if len(p.Help) < 20 || !strings.HasSuffix(p.Help, ".") || strings.ContainsAny(p.Help, "\n\t\"") || strings.TrimSpace(p.Help) != p.Help {
			t.Errorf("%s: the help %q", p.Name, p.Help)
		}
		switch p.Kind {
		case KindText, KindSwitch, KindNumber, KindPeriod, KindList:
		default:
			t.Errorf("%s: the kind %q", p.Name, p.Kind)
		}
		if p.set == nil {
			t.Errorf("%s cannot be set", p.Name)
		}
	}
	for _, of := range []string{"rules", "alert_key", "split", "json_keys", "coverage", "same_account", "trusted_accounts", "trusted_actors",
		"trusted_orgs", "trusted_functions", "trusted_resources", "known_accounts", "asn_database", "geo_database", "max_signals", "interval", "dedup_window", "stats_interval"} {
		if !seen[of] {
			t.Errorf("there is no property %s", of)
		}
	}
}

func TestTheHeaderHasEveryPropertyOfTheFilterAndOfTheOutput(t *testing.T) {
	if got, want := strings.Count(Header(), ".name = "), len(Table)+len(FilterTable)+len(OutputTable); got != want {
		t.Errorf("the header has %d properties, the tables %d", got, want)
	}
}

// FuzzRead sets every property to any value. An error names one of the
// properties that were set, in one line. Without an error an engine can be
// made.
func FuzzRead(f *testing.F) {
	for i, p := range Table {
		for _, value := range []string{p.Default, "", ",", "0", "5m", "on", "x", "-builtin", "\xff\n", "111122223333", "o-a1b2c3d4e5", "arn:*", "[", "{a,b}"} {
			f.Add(i, value, i+1, p.Default)
		}
	}
	f.Fuzz(func(t *testing.T, i int, value string, j int, other string) {
		t.Chdir(t.TempDir()) // there are no rule files here
		s := set{}
		for n, v := range map[int]string{i: value, j: other} {
			p := Table[uint(n)%uint(len(Table))]
			if p.Name == "rules" && (strings.Contains(v, "/") || strings.Contains(v, "..")) {
				continue // nor shall others be found
			}
			s[p.Name] = v
		}
		settings, err := Read(s)
		if err != nil {
			named := false
			for name := range maps.Keys(s) {
				named = named || strings.HasPrefix(err.Error(), fmt.Sprintf("property %q: ", name))
			}
			if !named || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%v: %q", s, err)
			}
			return
		}
		if _, err := detect.New(settings.Options); err != nil {
			t.Errorf("%v gives no engine: %v", s, err)
		}
	})
}
