package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
)

// sigmaliteVariable names a checkout of github.com/runreveal/sigmalite, another implementation of Sigma. It
// cannot be a dependency of a test here without being one of the module.
const sigmaliteVariable = "TRAILWIRE_SIGMALITE"

// sigmaDetections are detections that between them have each modifier and each form of a condition.
var sigmaDetections = []string{
	"s: {eventName: DeleteTrail}\ncondition: s",
	"s: {eventName: ['Delete*', 'Stop?ogging']}\ncondition: s",
	"s: {eventName: 'a\\*b\\?c'}\ncondition: s",
	"s: {eventName: 'a\\\\b'}\ncondition: s",
	"s: {eventName|contains: [Trail, 'Log*g']}\ncondition: s",
	"s: {eventName|startswith: Delete}\ncondition: s",
	"s: {eventName|endswith: [Trail, 'Log?ing']}\ncondition: s",
	"s: {userAgent|contains|all: [boto, lambda]}\ncondition: s",
	"s: {sourceIPAddress|cidr: [10.0.0.0/8, '2001:db8::/32']}\ncondition: s",
	"s: {userAgent|re: '^aws-cli/[0-9]+\\.'}\ncondition: s",
	"s: {userAgent|base64: 'hello!'}\ncondition: s",
	"s: {errorCode: null}\ncondition: s",
	"s: {errorCode: ''}\ncondition: s",
	"s: {requestParameters.port: 22}\ncondition: s",
	"s: {requestParameters.force: true}\ncondition: s",
	"a: {eventName: DeleteTrail}\nb: {errorCode: AccessDenied}\ncondition: a and not b",
	"a: {eventName: DeleteTrail}\nb: {userIdentity.type: Root}\nc: {errorCode: AccessDenied}\ncondition: (a or b) and not c",
	"a_one: {eventName: DeleteTrail}\na_two: {userIdentity.type: Root}\ncondition: all of a_*",
	"a_one: {eventName: DeleteTrail}\na_two: {userIdentity.type: Root}\ncondition: 1 of a_*",
	"a: {eventName: DeleteTrail}\nb: {userIdentity.type: Root}\ncondition: all of them",
	"a: {eventName: DeleteTrail}\nb: {userIdentity.type: Root}\ncondition: 1 of them",
	"a:\n  - eventName: DeleteTrail\n    errorCode: AccessDenied\n  - userIdentity.type: Root\ncondition: a",
	"a: {eventName: DeleteTrail}\nb: {userIdentity.type: Root}\ncondition: not a and not b",
	"a: {eventName: DeleteTrail}\nb: {userIdentity.type: Root}\nc: {errorCode: AccessDenied}\ncondition: a or b and c",
}

// sigmaliteDifference is one of the places where the two may differ.
type sigmaliteDifference struct {
	why  string
	when func(rule string, fields map[string]string) bool
}

// sigmaliteDiffers says where sigmalite is wrong, and how the Sigma specification has it (version 2.1.0).
var sigmaliteDiffers = []sigmaliteDifference{
	{"a star holds for a field that is missing, which it takes for empty text", func(text string, fields map[string]string) bool {
		return strings.Contains(text, "|contains: '*'") && slices.ContainsFunc([]string{
			"errorMessage", "errorCode", "requestParameters.layers", "responseElements.pendingModifiedValues.masterUserPassword",
		}, func(f string) bool { return strings.Contains(text, f+"|contains: '*'") && fields[f] == "" })
	}},
	{"empty text holds for a field that is missing, which is null", func(text string, fields map[string]string) bool {
		_, there := fields["errorCode"]
		return strings.Contains(text, "{errorCode: ''}") && !there
	}},
}

func TestSigmaRulesMatchWhatSigmaliteSays(t *testing.T) {
	checkout := os.Getenv(sigmaliteVariable)
	if checkout == "" {
		t.Skip("SKIPPED: set " + sigmaliteVariable + " to a checkout of github.com/runreveal/sigmalite to compare with it")
	}
	var rules []*rule.Rule
	var texts []string
	add := func(name, text string) {
		r, err := rule.Parse(name, []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rules, texts = append(rules, r), append(texts, text)
	}
	for i, detection := range sigmaDetections {
		add(fmt.Sprintf("%d.yml", i), sigmaRule(detection))
	}
	for _, c := range sigmaCases {
		add(c.file+".yml", sigmaRule(strings.TrimPrefix(c.detection, "\n")))
	}
	if os.Getenv(sigmaVariable) != "" {
		for _, r := range sigmaHQRules(t) {
			text, err := os.ReadFile(r.File)
			if err != nil {
				t.Fatal(err)
			}
			add(r.File, string(text))
		}
	}
	events := mutatedEvents(t, 2000)
	fields := make([]map[string]string, len(events))
	for i, e := range events {
		fields[i] = flatFields(t, e)
	}
	answers := askSigmalite(t, checkout, texts, fields)
	differ := make([]int, len(sigmaliteDiffers))
	compared, matched, refused := 0, 0, 0
	for i, r := range rules {
		if answers[i].Error != "" {
			if !strings.Contains(texts[i], "|fieldref") {
				t.Errorf("sigmalite refuses %s: %s", r.File, answers[i].Error)
			}
			refused++
			continue
		}
		for j, e := range events {
			got := tried(t, r, e)
			compared++
			if got {
				matched++
			}
			if got == answers[i].Matches[j] {
				continue
			}
			known := slices.IndexFunc(sigmaliteDiffers, func(d sigmaliteDifference) bool { return d.when(texts[i], fields[j]) })
			if known < 0 {
				t.Errorf("%s matches: %t, sigmalite says %t\n%s\n%s", r.File, got, !got, r.Query, jsonOf(t, e))
				continue
			}
			differ[known]++
		}
	}
	for i, n := range differ {
		if n == 0 {
			t.Errorf("sigmalite no longer differs, or no event shows it: %s", sigmaliteDiffers[i].why)
		}
		t.Logf("%d differ: %s", n, sigmaliteDiffers[i].why)
	}
	t.Logf("%d verdicts of %d rules on %d events were compared, %d of them matches; %d rules have fieldref, which sigmalite does not know", compared, len(rules)-refused, len(events), matched, refused)
}

type sigmaliteAnswer struct {
	Error   string
	Matches []bool
}

// askSigmalite runs tools/sigmaoracle with the checkout.
func askSigmalite(t *testing.T, checkout string, rules []string, events []map[string]string) (answers []sigmaliteAnswer) {
	t.Helper()
	dir := t.TempDir()
	source, err := filepath.Abs("../../tools/sigmaoracle")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(checkout, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"go.mod": append(mod, "\nreplace github.com/runreveal/sigmalite => "+checkout+"\n"...), "go.sum": sums} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "sigmaoracle")
	build := exec.Command("go", "build", "-mod=mod", "-modfile="+filepath.Join(dir, "go.mod"), "-o", program, ".")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	question, err := json.Marshal(map[string]any{"rules": rules, "events": events})
	if err != nil {
		t.Fatal(err)
	}
	ask := exec.Command(program)
	ask.Stdin = bytes.NewReader(question)
	ask.Stderr = os.Stderr
	out, err := ask.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(rules) {
		t.Fatalf("%d answers to %d rules: %v", len(answers), len(rules), err)
	}
	return answers
}

// mutatedEvents returns n events: those of our rows and of sigmaCases, and events with some of their values
// replaced, altered or taken away.
func mutatedEvents(t *testing.T, n int) (events [][]byte) {
	var originals []object
	keep := func(text []byte) {
		var e object
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		originals = append(originals, e)
	}
	rows := readRuleRows(t, sigmaRows, nil)
	var ids []string
	for id := range rows {
		ids = append(ids, id)
	}
	slices.Sort(ids) // so that a seed means the same events
	for _, id := range ids {
		for _, c := range rows[id] {
			keep(jsonOf(t, c.Record))
		}
	}
	for _, c := range sigmaCases {
		for _, e := range c.events {
			keep([]byte("{" + e.members + "}"))
		}
	}
	for _, e := range originals {
		if e["eventSource"] == nil {
			e["eventSource"] = "s.amazonaws.com"
		}
		if e["eventName"] == nil {
			e["eventName"] = "X"
		}
	}
	r := rand.New(rand.NewSource(1))
	for i := 0; len(events) < n; i++ {
		e := merged(originals[i%len(originals)], nil)
		if i >= len(originals) {
			for range 1 + r.Intn(3) {
				mutate(r, e, originals[r.Intn(len(originals))])
			}
		}
		if several(e) {
			continue // sigmalite has one value for a field
		}
		events = append(events, pack(t, e))
	}
	return events
}

// aboutRules are values that sigmaDetections ask about, or nearly.
var aboutRules = map[string][]any{
	"eventName":       {"DeleteTrail", "deletetrail", "DeleteTrails", "StopLogging", "StoppLogging", "Stop", "a*b?c", "axbyc", `a\b`, `a\\b`, "Trail", "Logging"},
	"userAgent":       {"boto on lambda", "lambda", "BOTO/LAMBDA", "aws-cli/2.17", "Aws-cli/2.17", "x aws-cli/2.", "aGVsbG8h", "AGVSBG8H", "aGVsbG8"},
	"sourceIPAddress": {"10.1.2.3", "11.1.2.3", "2001:db8::1", "2001:db9::1", "AWS Internal", "10.1.2.3/8"},
	"errorCode":       {"AccessDenied", "accessdenied", "", "Success"},
	"errorMessage":    {"Failed authentication", "", "x"},
	"eventType":       {"AwsServiceEvent", "AwsApiCall"},
	"status":          {"success", "Success", ""},
}

// mutate changes one thing in an event.
func mutate(r *rand.Rand, e, other object) {
	switch r.Intn(6) {
	case 0: // a value of another event
		for key, value := range other {
			if r.Intn(4) == 0 {
				e[key] = value
			}
		}
	case 1, 2: // a value that rules ask about
		var names []string
		for name := range aboutRules {
			names = append(names, name)
		}
		slices.Sort(names)
		name := names[r.Intn(len(names))]
		e[name] = aboutRules[name][r.Intn(len(aboutRules[name]))]
	case 3: // a member less
		var names []string
		for name := range e {
			if name != "eventSource" && name != "eventName" {
				names = append(names, name)
			}
		}
		if slices.Sort(names); len(names) > 0 {
			delete(e, names[r.Intn(len(names))])
		}
	case 4: // other parameters
		e["requestParameters"] = object{"port": []any{22, "22", 23, "220"}[r.Intn(4)], "force": []any{true, "true", false, "True"}[r.Intn(4)]}
	case 5: // the case of a name, or one character
		name, _ := e["eventName"].(string)
		switch {
		case name == "":
		case r.Intn(2) == 0:
			e["eventName"] = strings.ToUpper(name)
		default:
			at := r.Intn(len(name))
			e["eventName"] = name[:at] + "x" + name[at+1:]
		}
	}
}

// several reports whether a list in a value has more than one element, or none.
func several(value any) bool {
	switch v := value.(type) {
	case object:
		for _, inner := range v {
			if several(inner) {
				return true
			}
		}
	case []any:
		return len(v) != 1 || several(v[0])
	}
	return false
}

// flatFields are the members of an event as sigmalite wants them: text by dotted paths, and of a structure what
// we take for its text.
func flatFields(t *testing.T, record []byte) map[string]string {
	var e object
	if err := json.Unmarshal(jsonOf(t, record), &e); err != nil {
		t.Fatal(err)
	}
	flat := make(map[string]string)
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch v := value.(type) {
		case string:
			flat[path] = v
		case bool:
			flat[path] = strconv.FormatBool(v)
		case float64:
			flat[path] = strconv.FormatFloat(v, 'f', -1, 64)
		case []any:
			walk(path, v[0])
		case object:
			if text, some, err := document.AppendJavaText(nil, pack(t, v)); err != nil {
				t.Fatal(err)
			} else if some && path != "" {
				flat[path] = string(text)
			}
			for key, inner := range v {
				walk(strings.TrimPrefix(path+"."+key, "."), inner)
			}
		}
	}
	walk("", e)
	return flat
}
