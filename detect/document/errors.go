package document

import "errors"

// MaxDepth is how deep maps and arrays may nest in a value that is read
// recursively: JSON text, Java text, a value that is written as JSON. The
// deepest of the 1,134 real events Trailwire is tried on has 12 levels.
const MaxDepth = 100

var (
	// ErrShort says that a value ends after the bytes that are there.
	ErrShort = errors.New("messagepack: value is cut off")

	// ErrType says that a value is not of the type that was asked for.
	ErrType = errors.New("messagepack: value has another type")

	// ErrInvalid says that a byte cannot start a value (0xc1).
	ErrInvalid = errors.New("messagepack: invalid byte 0xc1")

	// ErrDepth says that maps and arrays nest deeper than [MaxDepth].
	ErrDepth = errors.New("nested deeper than 100 levels")
)
