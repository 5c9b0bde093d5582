// Package report writes one HTML page about the alerts of a scan, for the person who
// has to respond to them.
//
// The page needs nothing but itself: its policy (CSP) forbids every request, and every
// script and style but the two of its own, which are named by their hashes. So a text
// from an event that got past html/template would still do nothing.
package report
