package detect

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/needle"
)

// A Mention is what a rule looks for in a record in which no event is recognised:
// mostly because the event is under a key that json_keys does not have.
type Mention struct {
	Text string // what the rule looks for, in lower case if any case will do
	Key  string // the keys it is under, with dots: printable and short
}

func (m Mention) String() string { return fmt.Sprintf("%q under %q", m.Text, m.Key) }

// mentions keeps a few of the mentions that were not reported yet.
type mentions struct {
	needles needle.Set // of rules alone: lists and escapes mean nothing here

	mu   sync.Mutex
	kept []Mention
}

// lookFor makes needles those that are mentioned. Where there is no event, the name of a call may be
// after any key.
func (m *mentions) lookFor(needles []needle.Needle) {
	for i := range needles {
		needles[i] = needles[i].Anywhere()
	}
	m.needles = needle.NewSet(needles, false)
}

const (
	maxMentions   = 4
	maxMentionKey = 80 // bytes
	maxKeyDepth   = 6
)

// noted reports whether a record without an event mentions what a rule looks for,
// and keeps where. A record that has been given an alert is none: the alert says
// what the rule looks for.
func (m *mentions) noted(body []byte, alertKey string) bool {
	if !m.needles.Mentioned(body) || alert.IsTagged(body, alertKey) {
		return false
	}
	found := m.find(body)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.kept) < maxMentions && !slices.Contains(m.kept, found) {
		m.kept = append(m.kept, found)
	}
	return true
}

// find says what a record mentions, and where.
func (m *mentions) find(body []byte) Mention {
	text := m.needles.Which(body).Text
	var path []string
	has := m.needles.Mentioned
	for value := body; len(path) < maxKeyDepth; {
		key, inner, found := pairWith(value, has)
		if !found {
			break
		}
		path, value = append(path, key), inner
	}
	return Mention{Text: text, Key: printableKey(strings.Join(path, "."))}
}

// pairWith returns the first pair of a map, or of the maps in a list, in which has
// finds something.
func pairWith(value []byte, has func([]byte) bool) (key string, inner []byte, found bool) {
	_ = document.Elements(value, func(element []byte) bool {
		if document.IsMap(element) && has(element) {
			key, inner, found = pairIn(element, has)
		}
		return !found
	})
	if found {
		return key, inner, true
	}
	return pairIn(value, has)
}

func pairIn(value []byte, has func([]byte) bool) (key string, inner []byte, found bool) {
	_ = document.Each(value, func(k, v []byte) bool {
		if found = has(k) || has(v); found {
			text, _ := document.Text(k)
			key, inner = string(text), v
		}
		return !found
	})
	return key, inner, found
}

func printableKey(key string) string {
	if len(key) > maxMentionKey {
		cut := maxMentionKey
		for cut > 0 && !utf8.RuneStart(key[cut]) {
			cut--
		}
		key = key[:cut] + "…"
	}
	return grant.Printable(strings.ToValidUTF8(key, "\ufffd"))
}

// TakeMentions returns what was mentioned in records without an event since it
// was last called, of everything different a few. It is for those who tell of
// [Stats.NoEvent].
func (e *Engine) TakeMentions() []Mention {
	e.mentions.mu.Lock()
	defer e.mentions.mu.Unlock()
	kept := e.mentions.kept
	e.mentions.kept = nil
	return kept
}
