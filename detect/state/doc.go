// Package state remembers, in bounded memory, what rules about several events have to know
// of the past: which values have been seen and when, how many events there were, which
// events a sequence has begun with, and which grants are open.
//
// A [Memory] holds all of it. Each rule has a [Set] of the memory. What is remembered is
// found by a [Key], a keyed hash of values: the values themselves are not kept, so that a
// long text costs no more than a short one, and nobody can choose two that collide. Only
// what is kept with a key by [Set.Update] is kept as it is: open grants, of which alerts
// have to tell.
//
// # Time
//
// All periods are measured on the time of events, which the caller passes as at. Events
// may come in any order, and each is compared with the others of its own key alone: an
// event with a wrong time changes what is known of its key and of nothing else. The caller
// keeps times from being in the future.
//
// The time at which an event arrives, which the caller passes as now, decides only what is
// given up: what is longest without an event goes first, and what has had none for its
// period and [Grace] goes without being counted.
//
// # Bounds
//
// A memory never holds more than its limit. When it is full the rule that holds most gives
// up what is longest without an event, and counts it ([Stats.Evicted]). So a flood of
// values under one rule costs that rule its own past, and no other.
//
// The package reads no clock, no file and no event. [Memory.Save] and [Restore] turn a
// memory into pages of bytes and back.
package state
