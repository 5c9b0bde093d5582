// Package report writes one HTML page about the alerts of a scan, for the person who
// has to respond to them.
//
// [Open] opens the file, [Report.Add] takes alerts, [Report.Write] writes the page.
// The page loads nothing: its policy (CSP) forbids every request, and every script and
// style but its own two, which it names by their hashes. So a text from an event that
// got past html/template would still do nothing. A Report is for one goroutine.
package report
