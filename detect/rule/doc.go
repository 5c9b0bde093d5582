// Package rule reads detection rules: files in the schema of Elastic's
// detection-rules repository, with a query about single events in EQL.
//
// [Parse] compiles one file, [Load] the built-in rules and those that a user names.
// What is wrong with a file is an [*Error], one line with the place, and
// [Error.Caret] shows it. A [Rule] does not change after that; any number of engines
// and goroutines may share it.
//
// A rule can be tried by itself, on an event ([Rule.Match], [Rule.Explain]) or on a
// record in any wrapping ([Rule.Try]), and has unit tests in a file beside it
// ([ParseTests]). To evaluate many rules on many records, use package detect.
package rule
