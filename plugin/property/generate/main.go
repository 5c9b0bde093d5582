// Generate writes a property table in C, for plugin/filter or plugin/output. It
// is run by go generate.
package main

import (
	"fmt"
	"os"

	"github.com/trailwire/trailwire/plugin/property"
)

func main() {
	tables := map[string]func() string{"filter": property.FilterHeader, "output": property.OutputHeader}
	if len(os.Args) != 3 || tables[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: generate filter|output FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[2], []byte(tables[os.Args[1]]()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
