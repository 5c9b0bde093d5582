// Package property turns the properties that a user writes into a Fluent Bit
// configuration (or into flags of the command line) into the options of an
// engine. It reads them through an interface, so that it is tested without
// Fluent Bit and without cgo.
//
// Every error is one line that names the property, says what is wrong with its
// value, and what is allowed.
package property
