package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const userRule = `[rule]
name = "A user is deleted"
rule_id = "5b0a5c4e-5f0c-4a2e-9c54-3c1f1a3b9d10"
type = "eql"
severity = "medium"
risk_score = 47
query = 'any where event.action == "DeleteUser"'
`

// A hot reload with wrong settings goes on with the last good ones, in the filter
// and in the output. A first start with them is refused.
func TestAHotReloadWithWrongSettingsKeepsTheLastGoodOnes(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir, port := folder(t), freePort(t)
		path, rule := filepath.Join(dir, "fluent-bit.yaml"), filepath.Join(dir, "rule.toml")
		output := outputPlugin(t)
		pipeline(t, dir, ", hot_reload: on, http_server: on, http_listen: 127.0.0.1, http_port: "+port,
			[]string{tailing(dir, ""), "{name: trailwire, alias: alerts}"},
			[]string{fmt.Sprintf("{name: trailwire, alias: watch, match: '*', alert_tag: alert.$severity, rules: %s}", rule)},
			[]string{toFile(dir, "alert.*", "alerts"), toFile(dir, "cloudtrail", "records"),
				fmt.Sprintf("{name: trailwire, alias: sender, match: cloudtrail, rules: %s, alerts_to: 'file://%s/sent'}", rule, dir)})
		good := strings.Replace(read(t, path), "plugins: [", fmt.Sprintf("plugins: [%s, ", output), 1)
		write(t, path, good)
		write(t, rule, userRule)
		write(t, filepath.Join(dir, "in", "a.json"), "")
		events, err := os.OpenFile(filepath.Join(dir, "in", "a.json"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer events.Close()
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		p.waitFor("the start", func() bool { return strings.Count(p.text(), "watching with 2 rules") == 2 })
		for i, c := range []struct {
			name   string
			change func()
			says   string // of each instance; nothing if the settings are good
			inputs bool   // there is an input trailwire
		}{
			{"a rule file is broken", func() { write(t, rule, userRule+"query = 1") }, `property "rules": ` + rule + `:8:1: `, true},
			{"a rule file is gone", func() { _ = os.Remove(rule) }, `property "rules": "` + rule + `": no such rule file`, true},
			{"a value is wrong", func() {
				write(t, rule, userRule)
				write(t, path, strings.ReplaceAll(good, "rules:", "coverage: none, rules:"))
			}, `property "coverage": "none" is not allowed: it must be `, true},
			{"the input is gone", func() {
				write(t, path, strings.Replace(good, "    - {name: trailwire, alias: alerts}\n", "", 1))
			}, `property "alert_tag": alerts come in by the input trailwire, and there is none: `, false},
			{"there are two inputs", func() {
				write(t, path, strings.Replace(good, "    - {name: trailwire, alias: alerts}\n", "    - {name: trailwire, alias: alerts}\n    - {name: trailwire}\n", 1))
			}, "", true},
			{"all is well again", func() { write(t, path, good) }, "", true},
		} {
			c.change()
			before := len(p.text())
			if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			p.waitFor("reload after "+c.name, func() bool { return strings.Count(p.text()[before:], "watching with 2 rules") == 2 })
			id := fmt.Sprint("e", i)
			if _, err := events.WriteString(grant(id, "444455556666") + "\n"); err != nil {
				t.Fatal(err)
			}
			p.waitFor("the alert of "+id+" after "+c.name, func() bool {
				in := "alerts"
				if !c.inputs {
					in = "records"
				}
				return strings.Contains(read(t, filepath.Join(dir, in)), `"eventID":"`+id+`"`) &&
					strings.Contains(read(t, filepath.Join(dir, "sent")), `"eventID":"`+id+`"`)
			})
			times := strings.Count(p.text()[before:], "the settings of the last reload are not in use, those from before it are: "+c.says)
			want := 0
			switch {
			case !c.inputs:
				want = 1 // the output has no such property
			case c.says != "":
				want = 2
			}
			if times != want {
				t.Errorf("%s: the log has it %d times, want %d:\n%s", c.name, times, want, p.text()[before:])
			}
		}
		record := lines(read(t, filepath.Join(dir, "records")))[3]
		if _, alert := splitAlert(record, "alert"); alert == nil {
			t.Errorf("without the input the record has no alert: %s", record)
		}
		p.stop()
		write(t, rule, "broken")
		if out, code := fb.run(t, dir, "-c", "fluent-bit.yaml"); code == 0 || strings.Contains(out, "not in use") {
			t.Errorf("a first start with a broken rule file is not refused: code %d", code)
		}
	})
}
