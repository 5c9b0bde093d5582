// Package terminal prints what the commands show to a person: alerts as text
// ([AlertPrinter]), why a rule matches ([Explainer]), progress ([Progress]), the
// line at the end ([Summary]), warnings, and errors with their place ([Caret]).
//
// Much of the text comes from events, and an attacker may have chosen it. The package
// passes what it prints through [Printable]; a caller must do the same with what it
// adds. The printers are for one goroutine.
package terminal
