// Command plugin is the shared object that Fluent Bit loads as a filter, an input
// or an output. It is one file under three names: a process that loads several of
// them has one Go runtime. Build it with make; plugin/filter, plugin/input and
// plugin/output document its interfaces.
package main

import (
	_ "github.com/trailwire/trailwire/plugin/filter"
	_ "github.com/trailwire/trailwire/plugin/input"
	_ "github.com/trailwire/trailwire/plugin/output"
)

// main is never called: a shared object needs one to be built.
func main() {}
