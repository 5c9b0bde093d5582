// Package builtin holds the rule files that are built into Trailwire.
package builtin

import "embed"

// Files has the built-in rules, in grants those of coverage all, and in story those about grants that are followed, in the schema of Elastic's detection-rules
// repository.
//
//go:embed *.toml grants/*.toml story/*.toml
var Files embed.FS
