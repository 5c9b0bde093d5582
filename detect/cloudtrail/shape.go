package cloudtrail

import (
	"bytes"

	"github.com/trailwire/trailwire/detect/document"
)

// traits are what one pass over the keys of a map tells about its shape.
type traits struct {
	lowerSource, lowerName []byte  // the values of eventsource and eventname
	ecs                    bool    // it has a key that Elastic's documents have
	lists                  [3]pair // the arrays under Records, logEvents and Events
	listCount              int
	carriers               [maxCarriers]pair
	carrierCount           int

	of  []byte          // the map that was read, if it is well-formed
	top [topKeys][]byte // its values, if it is an event
}

// maxCarriers bounds how many keys of one map are tried for an event inside. It
// is more than the names below, so that of those none can be crowded out.
const maxCarriers = 48

// pair is a raw key and value of a map.
type pair struct{ key, value []byte }

// meaning is what a key of a map says about its value.
type meaning uint8

const (
	meansNothing meaning = iota
	meansLowerSource
	meansLowerName
	meansList    // each element is an event, or a wrapping of one
	meansECS     // Elastic's documents have this key
	meansECSWrap // they have, and an event may be in there as well
	meansWrap    // an event may be in there: as a map, a list or JSON text
)

// meaningOf returns what a key that is not a member of an event means in a map under the key
// parent, without regard to the user's own keys.
func meaningOf(key, parent []byte) meaning {
	switch string(key) {
	case "eventsource": // Athena's columns have no capitals
		return meansLowerSource
	case "eventname":
		return meansLowerName
	case "Records", "logEvents", "Events":
		return meansList
	case "data_stream", "aws",
		"data_stream.dataset", "event.dataset", "event.provider", "event.action":
		return meansECS
	case "event":
		return meansECSWrap
	case "detail", // EventBridge
		"Message", "Body", "body", // SNS, SQS, OpenTelemetry
		"CloudTrailEvent",        // LookupEvents
		"@message",               // CloudWatch Logs Insights
		"eventData", "eventJson", // CloudTrail Lake
		"log_processed",         // Fluent Bit's kubernetes filter, with Merge_Log_Key
		"event.original",        // what Elastic's pipeline begins with
		"result", "result._raw", // Splunk's exports
		"_source", "hits", // Elasticsearch's search results
		"attributes", "stringValue", // OpenTelemetry, and its JSON encoding:
		"body.stringValue", "kvlistValue", "resourceLogs", "scopeLogs", "logRecords":
		return meansWrap
	case "original":
		return wrapUnder(parent, "event")
	case "_raw":
		return wrapUnder(parent, "result")
	}
	return meansNothing
}

func wrapUnder(parent []byte, key string) meaning {
	if string(parent) == key {
		return meansWrap
	}
	return meansNothing
}

// read fills t from the map m, which is under the key parent. It returns false
// if m is not a well-formed map. known is a value of the map that was walked over before, or nil.
func (t *traits) read(m, parent, known []byte, f *Finder) bool {
	t.begin()
	pairs := document.OverMap(m)
	for pairs.NextOver(known) {
		if key, ok := pairs.Name(); ok {
			t.pair(key, pair{pairs.Key, pairs.Value}, parent, f)
		}
	}
	if pairs.Err() != nil {
		return false
	}
	t.of = m
	return true
}

// readNoted is read of a record that was walked over: its first pair begins at first, and keys and
// values end at ends in turn.
func (t *traits) readNoted(m []byte, first int, ends []uint32, f *Finder) {
	t.begin()
	plain := len(f.memberKeys) == 0
	at := first
	for i := 1; i < len(ends); i += 2 {
		key, end := int(ends[i-1]), int(ends[i])
		k := -1
		if plain && m[at]-0xa0 < 32 { // a short text
			k = topKey(m[at+1 : key])
		}
		if k >= 0 { // as nearly every one is
			t.top[k] = m[key:end]
		} else if name, ok := document.Text(m[at:key]); ok {
			t.pair(name, pair{m[at:key], m[key:end]}, nil, f)
		}
		at = end
	}
	t.of = m
}

// begin forgets the map before.
func (t *traits) begin() {
	t.lowerSource, t.lowerName = nil, nil
	t.ecs, t.listCount, t.carrierCount = false, 0, 0
	t.of = nil
	clear(t.top[:])
}

// pair notes what a pair of a map under the key parent tells. name is the text of its key.
func (t *traits) pair(name []byte, p pair, parent []byte, f *Finder) {
	if k := topKey(name); k >= 0 { // of these names no other means anything
		t.top[k] = p.value
		if isOneOf(f.memberKeys, name) {
			t.carry(p)
		}
		return
	}
	switch means := meaningOf(name, parent); means {
	case meansLowerSource:
		t.lowerSource = p.value
	case meansLowerName:
		t.lowerName = p.value
	case meansList:
		if document.IsArray(p.value) {
			t.listCount = note(t.lists[:], t.listCount, p)
		} else {
			t.carry(p)
		}
		return
	case meansECS, meansECSWrap:
		t.ecs = true
		if means == meansECSWrap {
			t.carry(p)
			return
		}
	case meansWrap:
		t.carry(p)
		return
	}
	// A name that means something else may be one of the user's as well.
	if isOneOf(f.jsonKeys, name) {
		t.carry(p)
	}
}

func isOneOf(names []string, key []byte) bool {
	for _, name := range names {
		if string(key) == name {
			return true
		}
	}
	return false
}

// carry notes a key that may hold an event: in a map, a list, or text with JSON
// in it.
func (t *traits) carry(p pair) {
	switch document.KindOf(p.value) {
	case document.KindMap, document.KindArray:
	case document.KindText:
		if text, ok := document.Text(p.value); !ok || !mayHoldJSON(text) {
			return
		}
	default:
		return
	}
	t.carrierCount = note(t.carriers[:], t.carrierCount, p)
}

// note adds p to the n pairs in noted, as far as there is room, and returns how
// many they are then. Of a key that is repeated the last stays.
func note(noted []pair, n int, p pair) int {
	for i := range noted[:n] {
		if sameKey(noted[i].key, p.key) {
			copy(noted[i:n], noted[i+1:n])
			n--
			break
		}
	}
	if n < len(noted) {
		noted[n] = p
		n++
	}
	return n
}

// mayHoldJSON reports whether text could have a JSON object in it, or begins like
// a list.
func mayHoldJSON(text []byte) bool {
	return bytes.IndexByte(text, '{') >= 0 || looksLikeJSON(text) || isEscapedText(text)
}

// isEscapedText reports whether text could be JSON text that was escaped once more: in
// quotation marks, with the braces as \u007b or not.
func isEscapedText(text []byte) bool {
	text = skipSpace(text)
	return len(text) > 1 && text[0] == '"' && bytes.IndexByte(text, '\\') > 0
}

// looksLikeJSON reports whether text starts like a JSON object or array.
func looksLikeJSON(text []byte) bool {
	text = skipSpace(text)
	return len(text) > 1 && (text[0] == '{' || text[0] == '[')
}

// minEvent is how many bytes of MessagePack the smallest event takes:
// {"event":{"action":"","dataset":""}}. No element that is smaller is looked into.
const minEvent = 25

// isRawEvent reports whether the map is a CloudTrail event in CloudTrail's own
// words, or in Athena's, which are the same in lower case. Its source is the host
// name of a service; an S3 event notification has the same keys with a source
// such as aws:s3, product analytics with web or ios.
func (t *traits) isRawEvent() bool {
	source, name := t.top[topEventSource], t.top[topEventName]
	if source == nil {
		source = t.lowerSource
	}
	if name == nil {
		name = t.lowerName
	}
	text, ok := document.Text(source)
	return ok && document.KindOf(name) == document.KindText &&
		bytes.IndexByte(text, '.') > 0 && bytes.IndexByte(text, ':') < 0
}

// isECS reports whether the map is an Elastic document that a rule can ask
// about: it says what happened (event.action or event.provider) and of which
// data set it is.
func (t *traits) isECS(m []byte) bool {
	return t.ecs && (hasText(m, "event.action") || hasText(m, "event.provider")) &&
		(hasText(m, "data_stream.dataset") || hasText(m, "event.dataset"))
}

// hasText reports whether there is text at path, or a list, which an ECS field
// may always be.
func hasText(m []byte, path string) bool {
	value, ok := document.Path(m, path)
	return ok && (document.KindOf(value) == document.KindText || document.IsArray(value))
}

// DefaultJSONKeys returns the keys under which collectors put an event as JSON text
// by default.
func DefaultJSONKeys() []string { return []string{"log", "message", "MESSAGE", "_raw"} }
