// Package logfile reads the records in log files: files, folders and standard input,
// gzip or not, UTF-8 or UTF-16, JSON in any layout. What is broken is reported, with its
// place, and is a record of text, as Fluent Bit makes one of it. It does not stop the rest.
// The package knows nothing of CloudTrail or of alerts.
package logfile
