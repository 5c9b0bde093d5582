package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// The report is a title and sections. Each command writes the sections that it
// measures and keeps the others: a quick run does not remove the results of a
// long one.
const title = "# What it costs\n"

// tookHeading is the heading of the section that is always the last.
const tookHeading = "## How long the bench took"

// update puts sections into the report in a file.
func update(path string, sections ...string) error {
	report, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	text := string(report)
	for _, s := range sections {
		text = replace(text, s)
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// replace puts a section, which begins with its heading, in place of the
// section with that heading, or at the end of the report.
func replace(report, section string) string {
	const mark = "\n## "
	heading, _, _ := strings.Cut(section, "\n")
	parts := strings.Split("\n"+strings.TrimPrefix(report, title), mark)[1:]
	section = strings.TrimPrefix(strings.TrimRight(section, "\n")+"\n", mark[1:])
	replaced := false
	for i, part := range parts {
		if first, _, _ := strings.Cut(part, "\n"); mark[1:]+first == heading {
			parts[i], replaced = section, true
		}
	}
	if !replaced {
		parts = append(parts, section)
	}
	slices.SortStableFunc(parts, func(a, b string) int { return rank(a) - rank(b) })
	text := title
	for _, part := range parts {
		text += mark + strings.TrimRight(part, "\n") + "\n"
	}
	return text
}

// rank is where a section without its mark belongs: the last one after all others.
func rank(part string) int {
	if strings.HasPrefix("## "+part, tookHeading+"\n") {
		return 1
	}
	return 0
}

// origin returns the line that says which command made a section, when, and on
// which machine.
func origin(command string) string {
	cpu := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for _, line := range strings.Split(string(text), "\n") {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				cpu = strings.TrimLeft(name, " \t:")
				break
			}
		}
	}
	gcc, _ := exec.Command("gcc", "-dumpfullversion").Output()
	load, _ := os.ReadFile("/proc/loadavg")
	return fmt.Sprintf("Made by `%s` on %s, load average %s at the start:\n%d cores of %s, %s, gcc %s.\n",
		command, time.Now().Format("2006-01-02"), strings.Fields(string(load) + " ?")[0],
		runtime.NumCPU(), cpu, runtime.Version(), strings.TrimSpace(string(gcc)))
}
