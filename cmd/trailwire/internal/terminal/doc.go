// Package terminal is what the commands show to a person: alerts as text, why a rule
// matches, progress, warnings and errors with their place.
//
// Much of the text comes from events, and an attacker chose some of it. What is printed
// here went through [Printable]; a caller does the same with what it adds.
package terminal
