// Command generate writes the tables of properties in C, for plugin/host. go
// generate runs it.
package main

import (
	"fmt"
	"os"

	"github.com/trailwire/trailwire/internal/property"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(property.Header()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
