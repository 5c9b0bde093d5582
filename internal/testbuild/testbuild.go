// Package testbuild gives tests the plugin and the test host: those that make has built
// or, if these are missing or older than their sources, some that it builds itself.
package testbuild

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The names of the files.
const (
	Filter = "flb-filter_trailwire.so"
	Input  = "flb-in_trailwire.so"
	Output = "out_trailwire.so"
	Host   = "testhost"
)

// Folder returns the folder with the files: build of the repository at top, or workshop
// if make has something to do there. make knows all sources.
func Folder(top, workshop string) (string, error) {
	arguments := []string{"--question"}
	for _, name := range []string{Filter, Input, Output, Host} {
		arguments = append(arguments, "build/"+name)
	}
	question := exec.Command("make", arguments...)
	question.Dir = top
	if question.Run() == nil {
		return filepath.Abs(filepath.Join(top, "build"))
	}
	filter := filepath.Join(workshop, Filter)
	if err := Plugin(top, filter); err != nil {
		return "", err
	}
	return workshop, errors.Join(
		os.Link(filter, filepath.Join(workshop, Input)), os.Link(filter, filepath.Join(workshop, Output)),
		run(top, "gcc", "-std=gnu11", "-rdynamic", "-o", filepath.Join(workshop, Host), "plugin/testhost/testhost.c", "-ldl", "-lpthread"))
}

// Plugin builds the shared object at path, with these further flags.
func Plugin(top, path string, flags ...string) error {
	exports, err := filepath.Abs(filepath.Join(top, "plugin", "exports.map"))
	if err != nil {
		return err
	}
	arguments := append([]string{"build"}, flags...)
	return run(top, "go", append(arguments, "-trimpath", "-buildmode=c-shared", "-ldflags", "-extldflags=-Wl,--version-script="+exports, "-o", path, "./plugin")...)
}

func run(folder, name string, arguments ...string) error {
	command := exec.Command(name, arguments...)
	command.Dir, command.Env = folder, append(os.Environ(), "CGO_ENABLED=1")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	return nil
}
