// Command bench measures what Trailwire costs, and writes it to RESULTS.md, a
// section for each thing measured:
//
//	go run ./bench                    the filter by itself, and in a Fluent Bit
//	go run ./bench -only routes       one of alone, routes, rivals, rules, traffic, scan
//	go run ./bench -memory 10000000   the memory of a Fluent Bit over so many events
//	go run ./bench -alerts 1000000    a Fluent Bit in which each of so many events is an alert
//	go run ./bench -idle 60s          what a Fluent Bit without traffic does
//
// A time is the least of several runs in turns, but the median where files are scanned. Compare the ratios of
// one run: times on a shared machine drift, ratios less so.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	o := options{counted: &counted{by: make(map[[sha256.Size]byte]float64)}}
	flag.StringVar(&o.plugin, "plugin", "build/flb-filter_trailwire.so", "the filter to load into Fluent Bit")
	flag.StringVar(&o.results, "results", "bench/RESULTS.md", "where the report goes")
	flag.StringVar(&o.only, "only", "", "measure one part: alone, routes, rivals, rules, traffic or scan")
	flag.IntVar(&o.rounds, "rounds", 2, "how often each time is taken")
	flag.IntVar(&o.memory, "memory", 0, "measure memory, over so many events")
	flag.IntVar(&o.alerts, "alerts", 0, "measure so many alerts, one after another")
	flag.DurationVar(&o.idle, "idle", 0, "measure a pipeline without traffic, for so long")
	flag.Parse()
	sections, err := run(o)
	if err == nil {
		fmt.Println(strings.Join(sections, "\n"))
		err = update(o.results, sections...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	plugin, results, only string
	rounds                int
	memory, alerts        int
	idle                  time.Duration
	counted               *counted
}

// runs is how often Fluent Bit runs for the least CPU that it takes: it takes more rounds than a median.
func (o options) runs() int { return 3 * o.rounds }

// run returns the sections that the options ask for.
func run(o options) ([]string, error) {
	switch {
	case o.memory > 0:
		section, err := memory(o)
		return []string{section}, err
	case o.alerts > 0:
		section, err := underLoad(o)
		return []string{section}, err
	case o.idle > 0:
		section, err := atRest(o)
		return []string{section}, err
	}
	var sections, each []string
	start := time.Now()
	for _, part := range parts {
		if o.only != "" && o.only != part.name {
			continue
		}
		began := time.Now()
		section, err := part.measure(o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		took := fmt.Sprintf("%s %.0f s", part.name, time.Since(began).Seconds())
		fmt.Fprintln(os.Stderr, took)
		each = append(each, took)
		sections = append(sections, section)
	}
	if len(sections) == 0 {
		return nil, fmt.Errorf("there is no part %q", o.only)
	}
	if o.only == "" {
		sections = append(sections, fmt.Sprintf("%s\n\n%s\n%.0f s in all: %s.\n",
			tookHeading, origin("go run ./bench"), time.Since(start).Seconds(), strings.Join(each, ", ")))
	}
	return sections, nil
}

// parts are what make bench measures.
var parts = []struct {
	name    string
	measure func(options) (string, error)
}{
	{"alone", inProcess},
	{"routes", routing},
	{"rivals", besideRivals},
	{"rules", manyRulesInAPipeline},
	{"traffic", everyKindOfTraffic},
	{"scan", scanning},
}
