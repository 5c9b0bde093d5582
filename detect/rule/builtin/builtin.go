// Package builtin holds the rule files that are built into Trailwire.
package builtin

import "embed"

// Files has the built-in rules, in the schema of Elastic's detection-rules
// repository.
//
//go:embed *.toml
var Files embed.FS
