// Package builtin holds the rule files that are built into Trailwire.
package builtin

import "embed"

// Files has the built-in rules, and in grants those of coverage all, in the schema of Elastic's detection-rules
// repository.
//
//go:embed *.toml grants/*.toml
var Files embed.FS
