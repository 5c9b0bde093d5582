package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// copyOfThePlugin is the plugin as another file of one of its names.
func copyOfThePlugin(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, "copy", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, path, read(t, filepath.Join(filepath.Dir(outputPlugin(t)), "flb-filter_trailwire.so")))
	return path
}

const loadedTwice = "[filter:trailwire:watch] the plugin is loaded from two files, "

// Which of two files a Fluent Bit would use is a matter of chance: none is.
func TestAStartWithThePluginFromTwoFilesIsRefusedInOurWords(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		second := copyOfThePlugin(t, dir, "flb-filter_trailwire.so")
		pipeline(t, dir, "", []string{tailing(dir, "")}, []string{"{name: trailwire, alias: watch, match: '*'}"}, []string{"{name: 'null', match: '*'}"})
		path := filepath.Join(dir, "fluent-bit.yaml")
		write(t, path, strings.Replace(read(t, path), "plugins: [", "plugins: ["+second+", ", 1))
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		if code := p.exit(); code == 0 || !strings.Contains(p.text(), loadedTwice) || !strings.Contains(p.text(), second) || strings.Contains(p.text(), "watching for") {
			t.Errorf("exit code %d\n%s", code, p.text())
		}
	})
}

// A reload with the plugin at another path is refused, and the next one without it is not.
func TestAReloadWithASecondFileIsRefusedInOurWords(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		second := copyOfThePlugin(t, dir, "flb-filter_trailwire.so")
		pipeline(t, dir, ", hot_reload: on", []string{tailing(dir, "")}, []string{"{name: trailwire, alias: watch, match: '*'}"}, []string{"{name: 'null', match: '*'}"})
		path := filepath.Join(dir, "fluent-bit.yaml")
		first := read(t, path)
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		p.waitFor("the start", func() bool { return strings.Contains(p.text(), "watching for") })
		reload := func(configuration string) {
			write(t, path, configuration)
			if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
		}
		reload(strings.Replace(first, "plugins: [", "plugins: ["+second+"] #", 1))
		p.waitFor("our line", func() bool {
			return strings.Contains(p.text(), loadedTwice) && strings.Contains(p.text(), "Reloading is halted")
		})
		// Fluent Bit takes no reload while it ends one.
		var sent time.Time
		p.waitFor("a reload", func() bool {
			if time.Since(sent) > 2*time.Second {
				reload(first)
				sent = time.Now()
			}
			return strings.Count(p.text(), "watching for") >= 2
		})
		p.stop()
	})
}

// The output refuses by itself: a configuration may have no filter of the plugin.
func TestAnOutputFromTwoFilesIsRefusedInOurWords(t *testing.T) {
	const refused = "[output:trailwire] the plugin is loaded from two files, "
	configuration := func(dir, plugins string) string {
		return fmt.Sprintf(`
service: {flush: 0.2, grace: 1, hot_reload: on}
plugins: [%[2]s]
pipeline:
  inputs: [{name: tail, tag: cloudtrail, path: %[1]s/none}]
  outputs: [{name: trailwire, alias: sender, match: cloudtrail, alerts_to: 'file://%[1]s/sent'}]
`, dir, plugins)
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		for _, test := range []struct {
			name          string
			second, first func(own, other string) string
		}{
			{"the second in the same configuration", func(own, other string) string { return own + ", " + other }, nil},
			{"the second at a reload", func(_, other string) string { return other }, func(own, _ string) string { return own }},
		} {
			t.Run(test.name, func(t *testing.T) {
				dir := folder(t)
				other := copyOfThePlugin(t, dir, "out_trailwire.so")
				path := filepath.Join(dir, "fluent-bit.yaml")
				both := configuration(dir, test.second(outputPlugin(t), other))
				if test.first == nil {
					write(t, path, both)
					p := fb.start(t, dir, "-c", "fluent-bit.yaml")
					if code := p.exit(); code == 0 || !strings.Contains(p.text(), refused) || !strings.Contains(p.text(), other) || strings.Contains(p.text(), "watching for") {
						t.Errorf("exit code %d\n%s", code, p.text())
					}
					return
				}
				write(t, path, configuration(dir, test.first(outputPlugin(t), other)))
				p := fb.start(t, dir, "-c", "fluent-bit.yaml")
				p.waitFor("the start", func() bool { return strings.Contains(p.text(), "watching for") })
				write(t, path, both)
				if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
					t.Fatal(err)
				}
				p.waitFor("our line", func() bool {
					return strings.Contains(p.text(), refused) && strings.Contains(p.text(), "Reloading is halted")
				})
				if strings.Count(p.text(), "watching for") != 1 {
					t.Error("the second file has started")
				}
				p.stop() // the first one went on
			})
		}
	})
}
