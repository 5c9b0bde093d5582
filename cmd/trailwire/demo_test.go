package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/testbuild"
)

// built returns the plugin and the test host: those that make has built, or, where
// they are missing or older than their sources, some that are built for these tests.
func built(t *testing.T) (plugin, testhost string) {
	t.Helper()
	folder, err := buildAll()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, testbuild.Filter), filepath.Join(folder, testbuild.Host)
}

// workshop is the folder for what these tests build.
var workshop string

// asProgram is the variable that makes this test's program the command line.
const asProgram = "TRAILWIRE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(func() int {
		var err error
		if workshop, err = os.MkdirTemp("", "trailwire"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(workshop)
		return m.Run()
	}())
}

var buildAll = sync.OnceValues(func() (string, error) { return testbuild.Folder("../..", workshop) })

// alertText is what the demo prints for grantEvent, without the id.
const alertText = `HIGH 73  AWS Lambda Function Policy Updated to Allow Cross-Account Invocation
  111122223333 let account 444455556666 invoke Lambda function billing-export
    time        2026-06-18T12:00:00Z
    account     111122223333, eu-west-1
    call        AddPermission20150331v2 (lambda.amazonaws.com)
    actor       arn:aws:iam::111122223333:user/mallory
    source      198.51.100.7 (aws-cli/2.15)
    function    billing-export of account 111122223333 in eu-west-1
    granted     lambda:InvokeFunction to 444455556666 (account)
    relation    cross_account
    statement   s1
    ATT&CK      TA0003 Persistence: T1546 Event Triggered Execution
                TA0005 Defense Evasion: T1578 Modify Cloud Compute Infrastructure, T1578.005 Modify Cloud Compute Configurations
    respond     aws lambda remove-permission --function-name arn:aws:lambda:eu-west-1:111122223333:function:billing-export --statement-id s1 --region eu-west-1
    event id    6c0f

`

// demoFiles writes CloudTrail in several wrappings: four events. One is a
// threat. Two have an alert of their sender's, and one of these nests deep.
func demoFiles(t *testing.T) string {
	folder := t.TempDir()
	write(t, folder, "s3.json.gz", zipped(t, "{\n \"Records\": [\n"+otherEvent+",\n"+grantEvent+"]}"))
	write(t, folder, "forged.json", strings.TrimSuffix(otherEvent, "}")+`,"alert":{"severity":"critical","reason":"all is well"}}`)
	write(t, folder, "deep.json", strings.TrimSuffix(otherEvent, "}")+`,"alert":{"severity":"none","d":`+
		strings.Repeat(`{"d":`, 50)+`1`+strings.Repeat(`}`, 50)+`}}`)
	return folder
}

func TestDemoInTheTestHost(t *testing.T) {
	builtPlugin, builtTesthost := built(t)
	t.Setenv("PATH", t.TempDir())
	t.Setenv("FLUENT_BIT", "")
	got := run("", "demo", "--plugin", builtPlugin, "--testhost", builtTesthost, demoFiles(t))
	first, rest, _ := strings.Cut(got.out, "\n")
	if !strings.HasPrefix(first, "No Fluent Bit found: running ") || !strings.HasSuffix(first, "in "+builtTesthost+", which loads it the way Fluent Bit does.") {
		t.Errorf("the first line is %q", first)
	}
	checkDemo(t, got, rest)
}

func TestDemoInFluentBit(t *testing.T) {
	builtPlugin, _ := built(t)
	program, err := findFluentBit("")
	if err != nil || program == "" {
		t.Skipf("SKIPPED: there is no Fluent Bit on PATH or in $FLUENT_BIT: %v", err)
	}
	got := run("", "demo", "--plugin", builtPlugin, demoFiles(t))
	first, rest, _ := strings.Cut(got.out, "\n")
	if !strings.HasPrefix(first, "Running ") || !strings.HasSuffix(first, "("+program+").") || !strings.Contains(first, " in Fluent Bit ") {
		t.Errorf("the first line is %q", first)
	}
	checkDemo(t, got, rest)
}

func checkDemo(t *testing.T, got ran, rest string) {
	t.Helper()
	want := whatFollows + "\n\n" + alertText + "4 events in 3 files, read in 1ms: 1 alert. All of them came through the plugin.\n"
	if got.code != exitFine || got.err != "" || rest != want {
		t.Errorf("exit code %d, standard error %q, standard output:\n%s\nwant:\n%s", got.code, got.err, rest, want)
	}
}

func TestDemoHandsThePropertiesOnToThePlugin(t *testing.T) {
	builtPlugin, builtTesthost := built(t)
	check := func(t *testing.T) {
		got := run("", "demo", "--plugin", builtPlugin, "--testhost", builtTesthost, "--alert-key", "verdict", "--split=off", demoFiles(t))
		_, rest, _ := strings.Cut(got.out, "\n")
		want := whatFollows + "\n\n" + alertText + "4 events in 3 files, read in 1ms: 1 alert. All of them came through the plugin.\n"
		if got.code != exitFine || got.err != "" || rest != want {
			t.Errorf("exit code %d, standard error %q, standard output:\n%s\nwant:\n%s", got.code, got.err, rest, want)
		}
	}
	t.Run("in the test host", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		t.Setenv("FLUENT_BIT", "")
		check(t)
	})
	t.Run("in Fluent Bit", func(t *testing.T) {
		if program, err := findFluentBit(""); err != nil || program == "" {
			t.Skipf("SKIPPED: there is no Fluent Bit on PATH or in $FLUENT_BIT: %v", err)
		}
		check(t)
	})
}

func TestTheDemoTakesTheFirstOfAListOfFluentBits(t *testing.T) {
	program, err := findFluentBit("")
	if err != nil || program == "" {
		t.Skipf("SKIPPED: there is no Fluent Bit on PATH or in $FLUENT_BIT: %v", err)
	}
	t.Setenv("FLUENT_BIT", program+":/no/such/fluent-bit")
	if got, err := findFluentBit(""); got != program || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

func TestTheDemoReadsAlertsInEveryFormat(t *testing.T) {
	builtPlugin, builtTesthost := built(t)
	t.Setenv("PATH", t.TempDir())
	t.Setenv("FLUENT_BIT", "")
	for _, format := range []string{"ecs", "ocsf"} {
		got := run("", "demo", "--plugin", builtPlugin, "--testhost", builtTesthost, "--alert-format", format, demoFiles(t))
		if got.code != exitFine || !strings.HasSuffix(got.out, "1 alert. All of them came through the plugin.\n") {
			t.Errorf("%s: exit code %d, standard error %q, standard output:\n%s", format, got.code, got.err, got.out)
		}
	}
}

// A Fluent Bit that goes wrong is a script.
func TestDemoSaysWhatWentWrongInFluentBit(t *testing.T) {
	plugin := write(t, t.TempDir(), "flb-filter_trailwire.so", "")
	tests := []struct {
		name, script string
		code         int
		want         string
	}{
		{
			"an alert is lost on the way", `exit 0`, exitProblems,
			"trailwire: THE PLUGIN AND THE ENGINE DISAGREE: 1 alert of the engine's did not arrive, " +
				"0 alerts arrived that the engine does not raise (such as the one for event \"6c0f\")\n",
		},
		{
			"it fails", `printf '[error] no\033[31m plugin\n' >&2; exit 7`, exitProblems,
			"  [error] no\\x1b[31m plugin\ntrailwire: Fluent Bit: exit status 7\n",
		},
		{
			"what it writes is not JSON", `echo '{"a"' >"$(dirname "$2")/alerts.ndjson"`, exitProblems,
			"trailwire: what Fluent Bit wrote, line 1: the record is cut off (byte 0)\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			temporary := t.TempDir()
			t.Setenv("TMPDIR", temporary)
			program := write(t, t.TempDir(), "fluent-bit",
				"#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'Fluent Bit v9.9.9'; exit; fi\n"+test.script+"\n")
			if err := os.Chmod(program, 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("FLUENT_BIT", program)
			got := run(grantEvent, "demo", "--plugin", plugin, "-")
			if got.code != test.code || got.err != test.want {
				t.Errorf("exit code %d, standard error:\n%s\nwant %d and:\n%s", got.code, got.err, test.code, test.want)
			}
			if first := "Running " + plugin + " in Fluent Bit 9.9.9 (" + program + ").\n"; !strings.HasPrefix(got.out, first) {
				t.Errorf("standard output:\n%s\nwant first:\n%s", got.out, first)
			}
			if left, _ := filepath.Glob(temporary + "/trailwire-demo-*"); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestANamedFluentBitMustBeOne(t *testing.T) {
	plugin := write(t, t.TempDir(), "flb-filter_trailwire.so", "")
	tests := []struct {
		name, program, want string
	}{
		{"it is not there", "/no/such/fluent-bit", `$FLUENT_BIT: exec: "/no/such/fluent-bit": stat /no/such/fluent-bit: no such file or directory`},
		{"it is another program", "/bin/echo", `/bin/echo is not a Fluent Bit: --version says `},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("FLUENT_BIT", test.program)
			got := run("", "demo", "--plugin", plugin, "-")
			if got.code != exitUsage || !strings.HasPrefix(got.err, "trailwire: "+test.want) || got.out != "" {
				t.Errorf("got %+v, want %q", got, test.want)
			}
		})
	}
}

func TestFindingsAreComparedByRuleAndEvent(t *testing.T) {
	rules, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	rule := rules[0]
	tagged := func(event, rule string) string {
		return strings.TrimSuffix(strings.Replace(grantEvent, "6c0f", event, 1), "}") + `,"alert":{"rule":{"id":"` + rule + `"},"event":{"id":"` + event + `"}}}`
	}
	tests := []struct {
		name     string
		expected []string
		arrived  []string
		want     string
	}{
		{"nothing and nothing", nil, nil, ""},
		{"the same in another order", []string{"1", "2"}, []string{tagged("2", rule.ID), tagged("1", rule.ID)}, ""},
		{
			"one arrives of a rule that nobody knows", nil, []string{tagged("1", "forged")},
			`0 alerts of the engine's did not arrive, 1 alert arrived that the engine does not raise (such as the one for event "1")`,
		},
		{
			"one is lost", []string{"1", "2"}, []string{tagged("2", rule.ID)},
			`1 alert of the engine's did not arrive, 0 alerts arrived that the engine does not raise (such as the one for event "1")`,
		},
		{
			"one of two duplicates is lost", []string{"1", "1"}, []string{tagged("1", rule.ID)},
			`1 alert of the engine's did not arrive, 0 alerts arrived that the engine does not raise (such as the one for event "1")`,
		},
		{
			"one is forged in our name", nil, []string{tagged("3", rule.ID)},
			`0 alerts of the engine's did not arrive, 1 alert arrived that the engine does not raise (such as the one for event "3")`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFindings(detect.DefaultOptions())
			for _, event := range test.expected {
				f.expect([]alert.Alert{{Rule: rule, EventID: event}})
			}
			for _, text := range test.arrived {
				record, err := document.AppendFromJSON(nil, []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				f.arrive(record)
			}
			got := ""
			if err := f.compare(); err != nil {
				got = strings.TrimPrefix(err.Error(), "THE PLUGIN AND THE ENGINE DISAGREE: ")
			}
			if got != test.want {
				t.Errorf("compared: %q, want %q", got, test.want)
			}
		})
	}
}
