// Package detect evaluates detection rules on records of AWS CloudTrail.
//
// Rules are compiled once ([rule.Load], [rule.Parse]). An [Engine] holds them. After
// [New] only its counters and its memory of past alerts change, and any goroutine
// may use it. An [Evaluator] of the engine evaluates records one after the other and
// keeps buffers between them: it is for one goroutine at a time, and what it returns
// is valid until the next call.
//
// A record is a MessagePack map, as Fluent Bit hands it over. JSON is turned into
// one by document.AppendFromJSON. CloudTrail events are found in any wrapping
// (package cloudtrail). An event that matches raises an [alert.Alert], a value; an
// [alert.Format] writes it.
//
// A record is left alone, byte for byte, if it is not CloudTrail, if nothing
// in it matches, if it cannot be read or is over a limit, and if it carries
// its verdict already. The counters say how often ([Engine.Stats]).
//
// The package reads no files except rules, writes none, and knows nothing of Fluent
// Bit.
package detect
