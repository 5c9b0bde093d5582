// Package story joins the alerts of a scan into the story of each grant to an outsider:
// when it was opened, how it was used, and when it was closed.
//
// [Grants.Add] takes alerts in any order, [Grants.Stories] tells what came together. An
// alert about a use or a closing names the alert about the opening by its dedup_key; that
// is how they find each other. Alerts of an engine that does not follow grants have no
// story: nothing is known of what became of theirs.
//
// Memory is bounded, whatever the alerts are: see [MaxGrants]. Texts are as the alerts have
// them, so a program that shows one has to escape it. A Grants is for one goroutine.
package story
