// Package host is the C code that the filter, the input and the output share:
// Fluent Bit's structs and functions (host.h), the tables of properties (map.c,
// properties.h), what keeps Fluent Bit's signals away from Go's stacks
// (signals.h), what of the file stays in memory (resident.h), whether it is one file
// (onefile.h), and timers (timer.h).
// Its Go code is about the memory of Go's runtime.
//
// A package whose C code uses these files imports this package, so that they are
// linked.
package host

/*
#cgo CFLAGS: -fvisibility=hidden -fstack-protector-strong
*/
import "C"

import _ "embed" // for headers

//go:generate go run ../../internal/property/generate properties.h

// Go builds a package again when one of its own files, or a package that it
// imports, has changed. The shims of other packages include these headers.
// Embedding makes the headers a part of this package, which those import.
//
//go:embed host.h
var hostHeader string

//go:embed signals.h
var signalsHeader string

//go:embed onefile.h
var oneFileHeader string

//go:embed resident.h
var residentHeader string

//go:embed timer.h
var timerHeader string

var _, _, _, _, _ = hostHeader, signalsHeader, oneFileHeader, residentHeader, timerHeader
