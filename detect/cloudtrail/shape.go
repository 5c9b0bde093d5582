package cloudtrail

import (
	"bytes"

	"github.com/trailwire/trailwire/detect/document"
)

// traits are what one pass over the keys of a map tells about its shape.
type traits struct {
	source, name []byte  // the values of eventSource and eventName
	ecs          bool    // it has a key that Elastic's documents have
	lists        [3]pair // the arrays under Records, logEvents and Events
	listCount    int
	carriers     [maxCarriers]pair
	carrierCount int
}

// maxCarriers bounds how many keys of one map are tried for an event inside.
const maxCarriers = 16

// pair is a raw key and value of a map.
type pair struct{ key, value []byte }

// read fills t from the map m. It returns false where m is not a well-formed
// map.
func (t *traits) read(m []byte, jsonKeys []string) bool {
	pairs := document.OverMap(m)
	for pairs.Next() {
		key, ok := document.Text(pairs.Key)
		if !ok {
			continue
		}
		switch string(key) {
		case "eventSource":
			t.source = pairs.Value
		case "eventName":
			t.name = pairs.Value
		case "Records", "logEvents", "Events":
			if document.IsArray(pairs.Value) {
				t.listCount = note(t.lists[:], t.listCount, pair{pairs.Key, pairs.Value})
			}
		case "data_stream", "aws",
			"data_stream.dataset", "event.dataset", "event.provider", "event.action":
			t.ecs = true
		case "event":
			t.ecs = true
			t.carry(pairs.Key, pairs.Value)
		case "detail", "Message", "Body", "body", "CloudTrailEvent":
			t.carry(pairs.Key, pairs.Value)
		default:
			for _, k := range jsonKeys {
				if string(key) == k {
					t.carry(pairs.Key, pairs.Value)
					break
				}
			}
		}
	}
	return pairs.Err() == nil
}

// carry notes a key that may hold an event: as a map, or as JSON text.
func (t *traits) carry(key, value []byte) {
	if text, ok := document.Text(value); document.IsMap(value) || ok && looksLikeJSON(text) {
		t.carrierCount = note(t.carriers[:], t.carrierCount, pair{key, value})
	}
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

// looksLikeJSON reports whether text starts like a JSON object or array.
func looksLikeJSON(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 1 && (text[0] == '{' || text[0] == '[')
}

// isRawEvent reports whether the map is a CloudTrail event in CloudTrail's own
// words. Its source is the host name of a service; an S3 event notification has
// the same keys with a source such as aws:s3, product analytics with web or ios.
func (t *traits) isRawEvent() bool {
	source, ok := document.Text(t.source)
	return ok && document.KindOf(t.name) == document.KindText &&
		bytes.IndexByte(source, '.') > 0 && bytes.IndexByte(source, ':') < 0
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
// when nobody has told them otherwise.
func DefaultJSONKeys() []string { return []string{"log", "message", "MESSAGE", "_raw"} }
