// Package sigma reads Sigma rules about single events and compiles their detection to a
// [program.Program].
//
// It follows the Sigma specification, version 2.1.0, and pySigma where that says more. A rule is one
// YAML document: [Parse] reads what it says of itself and [Rule.Compile] makes a program of what it
// detects. What is wrong with a rule is an [*Error] with its place in the file.
//
// # Detection
//
// A selection is a map, of which all items have to hold, or a list of maps, of which one has to. An
// item is a field with modifiers, and a value or a list of them, of which one has to fit, or with the
// modifier all, each. The condition joins selections with and, or, not, parentheses, 1 of and all of.
// A condition that is a list is an or.
//
// # Values
//
// Text is compared in full and without case, unless the modifier cased is there; * is any text and ?
// one character, unless a backslash is before them. A number or a boolean of the event is compared as
// its text. A field that is missing, or null, or an empty text is null; an empty text in the rule is
// an empty text in the event. A field of several values fits if one of them does. not is the plain
// opposite: it holds where a field is missing.
//
// The modifiers are contains, startswith, endswith, all, cased, neq, re with i, m and s, cidr, base64,
// base64offset, exists, fieldref, lt, lte, gt and gte. A regular expression is searched for in the
// value, with case. One that Go's regexp package cannot express is refused, and so is any other
// modifier, by its name.
//
// # What is refused
//
// Correlation rules, filters, several documents in a file, keywords without a field, timeframe, and
// the aggregations that a condition could have in earlier versions. They are not about single events,
// or not about a field of one.
package sigma
