package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// copyOfThePlugin is the plugin as another file of the same name.
func copyOfThePlugin(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "copy", "flb-filter_trailwire.so")
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
		second := copyOfThePlugin(t, dir)
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
		second := copyOfThePlugin(t, dir)
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
