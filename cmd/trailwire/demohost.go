package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
)

// Where the plugin is installed (make install).
const (
	pluginName   = "flb-filter_trailwire.so"
	pluginFolder = "/usr/lib/fluent-bit"

	inputName = "flb-in_trailwire.so" // in the same folder as the plugin
)

// alertTag is the tag of an alert, suppressed or not.
const alertTag = "alert.$severity"

// chooseHost returns what the demo runs the plugin in: a Fluent Bit if one is
// found, else the test host.
func chooseHost(ctx context.Context, flags demoFlags, set []setting) (host, error) {
	plugin, err := firstFile("plugin", flags.plugin, besideProgram(pluginName), filepath.Join(pluginFolder, pluginName))
	if err != nil {
		return nil, err
	}
	// Fluent Bit knows a plugin by the path as it is written.
	if plugin, err = filepath.Abs(plugin); err != nil {
		return nil, err
	}
	program, err := findFluentBit(flags.fluentBit)
	if err != nil {
		return nil, err
	}
	set = append(set, setting{"alert_tag", alertTag}, setting{"suppressed_tag", alertTag})
	if program != "" {
		return newFluentBit(ctx, program, plugin, set)
	}
	testhost, err := firstFile("test host", flags.testhost, besideProgram("testhost"))
	if err != nil {
		return nil, fmt.Errorf("no Fluent Bit found (--fluent-bit, $FLUENT_BIT, fluent-bit on PATH), and %w", err)
	}
	return newTestHost(testhost, plugin, set)
}

// findFluentBit returns the path of the Fluent Bit that the flag, the
// environment or PATH names, or an empty path. One that the flag or the
// environment names must exist.
func findFluentBit(named string) (string, error) {
	from := "--fluent-bit"
	if named == "" {
		from = "$FLUENT_BIT"
		if paths := filepath.SplitList(os.Getenv("FLUENT_BIT")); len(paths) > 0 {
			named = paths[0]
		}
	}
	if named == "" {
		path, err := exec.LookPath("fluent-bit")
		if errors.Is(err, exec.ErrNotFound) {
			return "", nil
		}
		return path, err
	}
	path, err := exec.LookPath(named)
	if err != nil {
		return "", fmt.Errorf("%s: %w", from, err)
	}
	return path, nil
}

// firstFile returns the path that was named, else the first usual path at which
// there is a file.
func firstFile(what, named string, usual ...string) (string, error) {
	if named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", fmt.Errorf("the %s %s: %w", what, named, logfile.Reason(err))
		}
		return named, nil
	}
	for _, path := range usual {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no %s found at %s: build it with make, or name it with a flag", what, usual[0])
}

// besideProgram is the path of a file in the folder that this program is in,
// as make builds them.
func besideProgram(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}
