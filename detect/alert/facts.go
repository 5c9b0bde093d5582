package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant"
)

// Facts are what alerts repeat of their events, and what tells the events apart. An event is read
// once, however many rules match it. The zero Facts are ready; they are for one goroutine.
type Facts struct {
	isRead    bool
	content   []byte // see [Alert.AppendContent]
	key       string // what the dedup_key has after the rule
	actor     Actor
	source    Source
	event     Event
	requestID string

	contents []byte // of the events of a record
}

// BeginRecord makes room for the events of the next record. Alerts of the one before are no longer valid.
func (f *Facts) BeginRecord() {
	f.isRead, f.contents = false, f.contents[:0]
}

// BeginEvent forgets the event before. Its alerts stay as they are.
func (f *Facts) BeginEvent() { f.isRead = false }

// Footprint returns how many bytes f keeps for the next record.
func (f *Facts) Footprint() int { return cap(f.contents) }

// of reads an event, unless it was read before.
//
// Many of its texts are an attacker's. Each is bounded and valid UTF-8.
func (f *Facts) of(event *cloudtrail.Event) {
	if f.isRead {
		return
	}
	f.isRead = true
	start := len(f.contents)
	f.contents = AppendEvent(f.contents, event)
	f.content = f.contents[start:len(f.contents):len(f.contents)]
	f.key = keyOf(event, f.content)

	var kept texts
	fieldText := func(f *cloudtrail.Field) string { return kept.bounded(event.ReadText(f)) }
	f.actor = newActor(event, &kept)
	f.source = newSource(event, &kept)
	f.event = Event{
		ID: fieldText(&cloudtrail.FieldEventID), Time: fieldText(&cloudtrail.FieldTimestamp), Action: fieldText(&cloudtrail.FieldAction),
		Provider: fieldText(&cloudtrail.FieldProvider), Outcome: fieldText(&cloudtrail.FieldOutcome), Region: fieldText(&cloudtrail.FieldRegion),
		Account: fieldText(&cloudtrail.FieldReceiver),
	}
	if f.event.Account == "" {
		f.event.Account = f.actor.Account
	}
	if event.IsOfManagement() {
		f.event.URL = consoleURL(f.event.Region, f.event.ID)
	}
	f.requestID = fieldText(&cloudtrail.FieldRequestID)
}

// newSource reads where a call came from.
func newSource(event *cloudtrail.Event, kept *texts) Source {
	s := Source{Address: kept.bounded(event.ReadText(&cloudtrail.FieldAddress)), UserAgent: kept.bounded(event.ReadText(&cloudtrail.FieldUserAgent))}
	if event.Form() == cloudtrail.ECS { // a document may have another address beside it
		if ip := kept.bounded(event.ReadText(&cloudtrail.FieldSourceIP)); isIP(ip) {
			s.IP = ip
		}
	}
	if s.IP == "" && isIP(s.Address) {
		s.IP = s.Address
	}
	s.complete()
	if place := event.Place(); !place.IsEmpty() {
		its := *place
		s.Place = &its
	}
	return s
}

// isIP reports whether a text is an address to a database. One with a zone is one to Go alone.
func isIP(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Zone() == ""
}

// keyOf is what the dedup_key of an event has after the rule: the event's id, or the fingerprint of an id that
// is not CloudTrail's, and the fingerprint of its content.
func keyOf(event *cloudtrail.Event, content []byte) string {
	id := event.ReadText(&cloudtrail.FieldEventID)
	var room [maxEventID + 2 + fingerprintLength]byte
	key := append(room[:0], ':')
	if len(id) > maxEventID || !utf8.Valid(id) {
		key = appendFingerprint(key, id)
	} else {
		key = append(key, id...)
	}
	return string(appendFingerprint(append(key, ':'), content))
}

// maxEventID is the longest id that a dedup_key has unchanged. CloudTrail's have
// 36 characters.
const maxEventID = 128

// fingerprintLength is how many digits a fingerprint has.
const fingerprintLength = 16

// appendFingerprint appends 16 hexadecimal digits that differ for different texts. With the
// content in its key, a forged event that has a real one's id does not take the real
// one's place where a receiver keeps one document for each key.
func appendFingerprint(dst, text []byte) []byte {
	sum := sha256.Sum256(text)
	return hex.AppendEncode(dst, sum[:fingerprintLength/2])
}

// texts keeps what an alert repeats of its event, in one piece of memory for all.
type texts struct{ kept strings.Builder }

// roomForTexts is more than the texts of most events take.
const roomForTexts = 640

// bounded is [bounded] of a text that is kept.
func (t *texts) bounded(text []byte) string {
	if len(text) > grant.MaxText || !utf8.Valid(text) {
		return bounded(text)
	}
	if t.kept.Len() == 0 {
		t.kept.Grow(roomForTexts)
	}
	from := t.kept.Len()
	t.kept.Write(text)
	return t.kept.String()[from:]
}
