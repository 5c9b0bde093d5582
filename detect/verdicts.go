package detect

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
)

// Alerts evaluates one record for a caller that wants its alerts and nothing
// else. It returns those outputs of [Evaluator.Record] that have alerts; a
// record that carries its verdict already, because a filter has been there, is
// among them, as it is.
func (v *Evaluator) Alerts(body []byte, when time.Time) []Output {
	v.mode = modeAlerts
	defer func() { v.mode = modeRecord }()
	return v.Record(body, when)
}

// Raise evaluates one record for a caller that sends its alerts on by themselves
// and leaves the record as it is. It returns one output for each event that has
// alerts, whether or not [Options.Split] is set: the record that tagging makes of
// that event. A record that carries its verdict already raises nothing again.
func (v *Evaluator) Raise(body []byte, when time.Time) []Output {
	v.mode = modeRaise
	defer func() { v.mode = modeRecord }()
	return v.Record(body, when)
}

// Remember makes the evaluator keep in m which of its alerts it suppresses, or
// judge as m says where m has been rewound. It does so until the evaluator is
// released.
func (v *Evaluator) Remember(m *Verdicts) { v.verdicts = m }

// Verdicts is how the alerts of some records were judged, when each was raised, in order, and what had come
// together for those of rules about several events. A caller that has to evaluate the same
// records again, because their alerts could not be delivered, gets the same alerts for
// them: without it they would all be duplicates of themselves, and nothing would come
// together again. What is evaluated again is not counted again. The zero Verdicts is empty
// and ready.
type Verdicts struct {
	given  []byte // a byte and a time for each judgement; counted maps for what has come together
	next   int
	replay bool
}

// Rewind goes back to the first alert.
func (m *Verdicts) Rewind() { m.next, m.replay = 0, len(m.given) > 0 }

// Len returns how many bytes the verdicts take.
func (m *Verdicts) Len() int { return len(m.given) }

// AppendBytes appends the verdicts to b, for [VerdictsOf].
func (m *Verdicts) AppendBytes(b []byte) []byte { return append(b, m.given...) }

// VerdictsOf returns rewound verdicts that [Verdicts.AppendBytes] wrote. They are
// of records that were evaluated before, also if nothing was raised.
func VerdictsOf(b []byte) *Verdicts {
	return &Verdicts{given: slices.Clone(b), replay: true}
}

// replays reports whether records are evaluated again.
func (m *Verdicts) replays() bool { return m != nil && m.replay }

// judgement is how many bytes one takes: the suppression, and when the alert was raised, in
// milliseconds since 1970.
const judgement = 1 + 8

func (m *Verdicts) recall() (given alert.Suppression, raisedAt time.Time, recalled bool) {
	if m == nil || m.next+judgement > len(m.given) {
		return alert.NotSuppressed, time.Time{}, false
	}
	said := m.given[m.next:]
	m.next += judgement
	return alert.Suppression(said[0]), time.UnixMilli(int64(binary.BigEndian.Uint64(said[1:]))).UTC(), true
}

func (m *Verdicts) keep(s alert.Suppression, raisedAt time.Time) {
	if m != nil {
		m.given = binary.BigEndian.AppendUint64(append(m.given, byte(s)), uint64(raisedAt.UnixMilli()))
		m.next = len(m.given)
	}
}

// recallFilled returns what had come together with an event.
func (m *Verdicts) recallFilled() (filled []alert.Filled) {
	n, size := binary.Uvarint(m.given[min(m.next, len(m.given)):])
	for m.next += max(size, 0); n > 0; n-- {
		rest, err := document.Skip(m.given[m.next:])
		if err != nil {
			return filled
		}
		f := alert.ReadFilled(m.given[m.next : len(m.given)-len(rest)])
		if m.next = len(m.given) - len(rest); f != nil {
			filled = append(filled, *f)
		}
	}
	return filled
}

// keepStories keeps what became of grants with an event, also if that is nothing.
func (m *Verdicts) keepStories(stories []story) {
	if m == nil {
		return
	}
	m.given = appendStories(m.given, stories)
	m.next = len(m.given)
}

// recallStories returns what became of grants with an event.
func (m *Verdicts) recallStories() []story {
	stories, rest := readStories(m.given[min(m.next, len(m.given)):])
	m.next = len(m.given) - len(rest)
	return stories
}

// keepFilled keeps what has come together with an event, also if that is nothing.
func (m *Verdicts) keepFilled(filled []alert.Filled) {
	if m == nil {
		return
	}
	m.given = binary.AppendUvarint(m.given, uint64(len(filled)))
	for i := range filled {
		m.given = filled[i].AppendMsg(m.given)
	}
	m.next = len(m.given)
}
