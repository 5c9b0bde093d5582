// Command bench measures what Trailwire costs, and writes it to RESULTS.md:
// the filter by itself against the speed at which memory can be looked through,
// and a Fluent Bit that runs it against one that does not, and against Fluent
// Bit's own filters doing the same job.
//
// Every figure is a median of interleaved runs, and what matters is a ratio
// taken in one run: times on a shared machine drift, ratios less so.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

func main() {
	plugin := flag.String("plugin", "build/flb-filter_trailwire.so", "the filter to load into Fluent Bit")
	results := flag.String("results", "bench/RESULTS.md", "where the report goes")
	rounds := flag.Int("rounds", 7, "how often each measurement is taken")
	flag.Parse()
	report, err := run(*plugin, *rounds)
	if err == nil {
		err = os.WriteFile(*results, report, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Stdout.Write(report)
}

func run(plugin string, rounds int) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# What it costs\n\nMade by `make bench` on %s. %s\n\n", time.Now().Format("2006-01-02"), machine())
	if err := inProcess(&b, rounds); err != nil {
		return nil, err
	}
	if err := inFluentBit(&b, plugin, max(3, rounds/2)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// machine says in one line where the figures come from.
func machine() string {
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
	return fmt.Sprintf("Machine: %d cores of %s, %s, gcc %s, load average %s at the start.",
		runtime.NumCPU(), cpu, runtime.Version(), strings.TrimSpace(string(gcc)), strings.Fields(string(load) + " ?")[0])
}
