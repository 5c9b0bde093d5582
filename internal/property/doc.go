// Package property reads the properties that a user sets, in a Fluent Bit
// configuration or as flags of the command line. [Read], [ReadFilter] and
// [ReadOutput] return them as the options of an engine and the settings of a
// plugin. They read from a [Source], an interface, so that tests need neither
// Fluent Bit nor cgo.
//
// Every error names the property and says, in one line, what is wrong with its
// value and what is allowed. The tables of properties do not change, and any
// goroutine may read them.
package property
