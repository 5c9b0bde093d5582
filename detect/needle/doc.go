// Package needle decides what to look for before anything is parsed: for each rule
// the texts one of which every event that it matches contains ([For]).
//
// A [Set] looks for them in bytes that nobody has parsed. It may find something where
// nothing matches. It never finds nothing where a rule would match. It looks for one
// text after the other, as plainly as can be: the search in C of the plugin, which is
// what runs, is held against it by fuzzing.
//
// A Set does not change once it is made, and any goroutine may use it.
package needle
