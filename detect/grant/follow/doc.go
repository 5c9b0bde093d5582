// Package follow remembers which grants to outsiders are open, finds the calls that use
// them, and tells the story of each one: opened, used, closed.
//
// A [Ledger] holds the open grants in a [state.Memory], and so in bounded memory that can
// be kept in a file. The engine tells it of each call that opened something
// ([Ledger.Open]), of each call by somebody outside ([Ledger.Use]), and of each call that
// closed something ([Ledger.Close]). What it returns is what an alert is due for.
//
// # Order
//
// CloudTrail delivers events minutes late and in any order. A use that comes before its
// grant is remembered for an hour, and found when the grant comes. A grant that was closed
// is remembered for a week: a use may come after the closing, or have happened after it.
// What counts is the time of events, not that of their arrival.
//
// # Bounds
//
// The memory's limit bounds all of it. When it is full the oldest grant that nobody has
// used is given up: of the share that holds most. Grants are shared out by who opened
// them, by a keyed hash, so that somebody who opens a million costs others little. Of a
// grant that was given up the outside account is remembered for longer than the details: its
// uses are still found, and say that the grant is forgotten.
package follow
