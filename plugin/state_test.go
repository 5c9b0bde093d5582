package main_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Rules about several events: three deletions of one user within six minutes, and a user
// who has not created a key before.
const (
	deletions = `[rule]
name = "Many users are deleted"
rule_id = "many-deletions"
type = "threshold"
severity = "high"
risk_score = 73
query = 'event.action: DeleteUser'
[rule.threshold]
field = ["user.name"]
value = 3
`
	newKey = `[rule]
name = "A key is created by somebody new"
rule_id = "new-key"
type = "new_terms"
severity = "high"
risk_score = 73
query = 'event.action: CreateAccessKey'
[rule.new_terms]
field = "new_terms_fields"
value = ["user.name"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-5d"
`
)

// remembering is a Fluent Bit with rules about several events.
type remembering struct {
	t     *testing.T
	fb    fluentBit
	dir   string
	state string // the file
	sent  int
	*process
}

// newRemembering writes the configuration, with more properties of the filter, and starts
// nothing yet.
func newRemembering(t *testing.T, fb fluentBit, filters ...string) *remembering {
	t.Helper()
	r := &remembering{t: t, fb: fb, dir: folder(t)}
	r.state = filepath.Join(r.dir, "state")
	write(t, filepath.Join(r.dir, "deletions.toml"), deletions)
	write(t, filepath.Join(r.dir, "newkey.toml"), newKey)
	write(t, filepath.Join(r.dir, "in", "a.json"), "")
	if filters == nil {
		filters = []string{""}
	}
	for i := range filters {
		filters[i] = fmt.Sprintf("{name: trailwire, match: '*', alert_tag: alert.$rule_id, rules: '-builtin, %[1]s/*.toml', learning_period: 0, state_path: %[1]s/state%[2]s}", r.dir, filters[i])
	}
	pipeline(t, r.dir, ", hot_reload: on", []string{tailing(r.dir, ""), "{name: trailwire, storage.type: filesystem}"},
		filters, []string{toFile(r.dir, "alert.*", "alerts"), toFile(r.dir, "cloudtrail", "records")})
	return r
}

// restart starts Fluent Bit, and waits until it is there.
func (r *remembering) restart() {
	r.t.Helper()
	r.process = r.fb.start(r.t, r.dir, "-c", "fluent-bit.yaml")
	r.waitFor("the start", func() bool { return strings.Contains(r.text(), "watching with 2 rules") })
}

// call makes a call by a user now, and waits until the filter has seen it.
func (r *remembering) call(action, user string) {
	r.t.Helper()
	r.sent++
	event, err := json.Marshal(map[string]any{
		"eventVersion": "1.09", "eventTime": time.Now().UTC().Format(time.RFC3339), "eventSource": "iam.amazonaws.com", "eventName": action,
		"awsRegion": "us-east-1", "userIdentity": map[string]any{"type": "IAMUser", "accountId": "111122223333", "userName": user},
		"eventID": fmt.Sprintf("event-%d", r.sent), "recipientAccountId": "111122223333",
	})
	if err != nil {
		r.t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(r.dir, "in", "a.json"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(append(event, '\n')); err != nil {
		r.t.Fatal(err)
	}
	r.waitForLines(filepath.Join(r.dir, "records"), r.sent)
}

// saved waits until what was seen up to now is in the file. A transaction is in it with
// its last write alone, so the file must then have been left alone for some time.
func (r *remembering) saved() {
	r.t.Helper()
	since := time.Now().Add(100 * time.Millisecond) // a write that had begun before has ended
	r.waitFor("the state is written", func() bool {
		info, err := os.Stat(r.state)
		return err == nil && info.ModTime().After(since) && time.Since(info.ModTime()) > 2*time.Second
	})
}

// alerts returns the rules and the users of the alerts, in order, when there are so many.
func (r *remembering) alerts(n int) string {
	r.t.Helper()
	path := filepath.Join(r.dir, "alerts")
	if n > 0 {
		r.waitForLines(path, n)
	}
	text, _ := os.ReadFile(path)
	var all []string
	for _, line := range lines(string(text)) {
		var record struct {
			Alert struct {
				Rule  struct{ ID string }
				State struct {
					Scope string
					Terms []struct{ Value string }
				}
			}
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			r.t.Fatal(err)
		}
		a := record.Alert
		if a.State.Scope != "this collector" || len(a.State.Terms) != 1 {
			r.t.Errorf("%+v", a)
		}
		all = append(all, a.Rule.ID+" "+a.State.Terms[0].Value)
	}
	return strings.Join(all, ", ")
}

func TestRulesRememberThroughReloadsAndRestarts(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(r *remembering)
	}{
		{"a hot reload", func(r *remembering) {
			if err := r.command.Process.Signal(syscall.SIGHUP); err != nil {
				r.t.Fatal(err)
			}
			r.waitFor("the reload", func() bool { return strings.Count(r.text(), "watching with 2 rules") == 2 })
		}},
		{"SIGTERM", func(r *remembering) {
			r.stop()
			r.restart()
		}},
		{"SIGKILL", func(r *remembering) {
			r.saved()
			if err := r.command.Process.Kill(); err != nil {
				r.t.Fatal(err)
			}
			r.exit()
			r.restart()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				r := newRemembering(t, fb)
				r.restart()
				r.call("CreateAccessKey", "alice")
				r.call("DeleteUser", "bob")
				r.call("DeleteUser", "bob")
				if got := r.alerts(1); got != "new-key alice" {
					t.Errorf("before: %s", got)
				}
				test.end(r)
				r.call("CreateAccessKey", "alice")
				r.call("DeleteUser", "eve")
				r.call("DeleteUser", "bob")
				r.call("CreateAccessKey", "tom")
				if got := r.alerts(3); got != "new-key alice, many-deletions bob, new-key tom" {
					t.Errorf("after: %s", got)
				}
				r.stop()
			})
		})
	}
}

func TestTwoFiltersWithOneStateFileAreRefusedInOneLine(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		r := newRemembering(t, fb, ", alias: first", ", alias: second")
		out, code := fb.run(t, r.dir, "-c", "fluent-bit.yaml")
		want := fmt.Sprintf(`[error] [filter:trailwire:second] property "state_path": %q: first uses this file already: each instance needs one of its own`, r.state)
		if code == 0 || strings.Count(out, "state_path") != 1 || !strings.Contains(out, want) {
			t.Errorf("code %d\n%s", code, out)
		}
		// So is a second Fluent Bit.
		r = newRemembering(t, fb)
		r.restart()
		out, code = fb.run(t, r.dir, "-c", "fluent-bit.yaml")
		want = fmt.Sprintf(`property "state_path": %q: another process uses this file: each needs one of its own`, r.state)
		if code == 0 || !strings.Contains(out, want) {
			t.Errorf("code %d\n%s", code, out)
		}
		r.stop()
	})
}

func TestABrokenStateFileIsSetAsideInOneLine(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		r := newRemembering(t, fb)
		for name, damage := range map[string]func(data []byte) []byte{
			"another file": func([]byte) []byte { return []byte("{\"not\": \"a state file\"}\n") },
			"half":         func(data []byte) []byte { return data[:len(data)/2] },
			"wrong bytes": func(data []byte) []byte {
				for i := range data[4096:] {
					data[4096+i] ^= byte(rand.IntN(256))
				}
				return data
			},
		} {
			_ = os.Remove(r.state)
			r.restart()
			r.call("CreateAccessKey", name)
			r.stop()
			data, err := os.ReadFile(r.state)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(r.state, damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			r.restart()
			if out := r.text(); strings.Count(out, "state_path") != 1 || !strings.Contains(out, "[ warn] [filter:trailwire:trailwire.0] property \"state_path\"") ||
				!strings.Contains(out, "and the rules begin with an empty memory") {
				t.Errorf("%s: %s", name, out)
			}
			before := strings.Count(r.alerts(0), name)
			r.call("CreateAccessKey", name)
			r.waitFor("the alert after "+name, func() bool { return strings.Count(r.alerts(0), name) == before+1 })
			r.stop()
		}
	})
}

// A rule that is learning says so, in the log and in the metrics.
func TestLearningIsSaid(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		address := freeAddress(t)
		r := newRemembering(t, fb, ", stats_interval: 1, state_memory: 1M, metrics_listen: '"+address+"'")
		path := filepath.Join(r.dir, "fluent-bit.yaml")
		write(t, path, strings.Replace(read(t, path), "learning_period: 0", "learning_period: 2h", 1))
		start := time.Now()
		r.restart()
		r.call("CreateAccessKey", "alice")
		var at time.Time
		for _, line := range lines(r.text()) {
			if _, rest, ok := strings.Cut(line, "1 new_terms rule learns: it raises no alert about events before "); ok {
				at, _ = time.Parse(time.RFC3339, strings.SplitN(rest, " (learning_period)", 2)[0])
			}
		}
		if at.Before(start.Add(2*time.Hour-time.Second)) || at.After(time.Now().Add(2*time.Hour)) {
			t.Errorf("it learns until %v: %s", at, r.text())
		}
		r.waitFor("the metrics", func() bool {
			text, err := scrape(address)
			return err == nil && strings.Contains(text, `trailwire_learned_total{name="trailwire.0",plugin="filter"} 1`)
		})
		text, err := scrape(address)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			`trailwire_learning_rules{name="trailwire.0",plugin="filter"} 1`, `trailwire_state_bytes{name="trailwire.0",plugin="filter"} 64`,
			`trailwire_state_unsaved_total{name="trailwire.0",plugin="filter"} 0`,
			`trailwire_state_keys{name="trailwire.0",plugin="filter",rule="A key is created by somebody new",rule_id="new-key",severity="high"} 1`,
			`trailwire_state_evicted_total{name="trailwire.0",plugin="filter",rule="Many users are deleted",rule_id="many-deletions",severity="high"} 0`,
		} {
			if !strings.Contains(text, want+"\n") {
				t.Errorf("there is no %s in\n%s", want, text)
			}
		}
		r.stop()
		if !strings.Contains(r.text(), " learned=1 evicted=0") || r.alerts(0) != "" {
			t.Errorf("%s\n%s", r.alerts(0), r.text())
		}
	})
}
