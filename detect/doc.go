// Package detect evaluates detection rules on records of AWS CloudTrail.
//
// Rules are compiled once ([rule.Load], [rule.Parse]). An [Engine] holds them and
// does not change after [New], but for its counters and its memory of past alerts:
// any goroutine may use it. An [Evaluator] of the engine evaluates records one after
// the other and keeps buffers between them: it is for one goroutine at a time, and
// what it returns is valid until the next call.
//
// A record is a MessagePack map, as Fluent Bit hands it over. JSON is turned into
// one by document.AppendFromJSON. Whatever wrapping a CloudTrail event arrives in,
// it is found (package cloudtrail). What an event raises is an [alert.Alert], a
// value; how it is written is for [alert.Format] to say.
//
// A record is left alone, byte for byte, where it is not CloudTrail, where nothing
// in it matches, where it cannot be read or is over a limit, and where it carries
// its verdict already. The counters say how often ([Engine.Stats]).
//
// The package reads no files but rules and writes none, and knows nothing of Fluent
// Bit.
package detect
