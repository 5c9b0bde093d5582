// Command plugin is the shared object that Fluent Bit loads. Build it with
// make; see plugin/filter for its interface.
package main

import _ "github.com/trailwire/trailwire/plugin/filter"

// main is never called: a shared object needs one to be built.
func main() {}
