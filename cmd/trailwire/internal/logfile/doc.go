// Package logfile reads the records in log files: files, folders and standard input,
// gzip or not, JSON in any layout. What is broken is reported, with its place, and does
// not stop the rest. It knows nothing of CloudTrail or of alerts.
package logfile
