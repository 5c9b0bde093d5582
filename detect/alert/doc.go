// Package alert has what a rule says about an event: an [Alert], a value with who
// did what from where, what was granted, and how to take it back.
//
// A [Template] makes the alerts of one rule. A [Format] writes them into a record:
// native as one map, ecs as fields of the Elastic Common Schema 8.11, ocsf as a
// Detection Finding of the Open Cybersecurity Schema Framework 1.4 in the record's
// place. Templates and formats do not change, and any goroutine may use them; an
// Alert is its owner's.
//
// Many of the texts in an event are an attacker's. Each that an alert repeats is
// bounded and valid UTF-8; a program that prints one has to make it printable.
package alert
