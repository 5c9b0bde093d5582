// Package host is what the interfaces to Fluent Bit share, all of it in C: the
// host's own structs and functions (host.h), the tables of properties (map.c,
// properties.h), and how the host's signals are kept away from Go's stacks
// (signals.h).
//
// There is no Go code here. A package whose C code uses these files imports this
// one, so that they are linked.
package host

/*
#cgo CFLAGS: -fvisibility=hidden -fstack-protector-strong
*/
import "C"

import _ "embed" // for headers

//go:generate go run ../../internal/property/generate properties.h

// Go builds a package anew when one of its own files has changed, or a package that
// it imports. Headers are neither, and shims of other packages include these. Here
// they are a part of this package, which those import.
//
//go:embed host.h
var hostHeader string

//go:embed signals.h
var signalsHeader string

var _, _ = hostHeader, signalsHeader
