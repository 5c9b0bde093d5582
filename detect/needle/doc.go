// Package needle finds the must-contain strings of a rule, its needles ([For]):
// every event that the rule matches contains one of them. They are what to look
// for before anything is parsed.
//
// Most needles are names of calls. An event has such a name under eventName or event.action, and it is
// looked for there alone.
//
// A [Set] looks for them in bytes that were not parsed. It may find something where
// nothing matches, but it never misses what a rule would match. It looks for one text
// after the other, in the simplest way: a fuzz test compares it with the search in C,
// which the plugin uses.
//
// A Set does not change once it is made, and any goroutine may use it.
package needle
