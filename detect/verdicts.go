package detect

import (
	"time"

	"github.com/trailwire/trailwire/detect/alert"
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

// Verdicts is how the alerts of some records were judged, in order. A caller that
// has to evaluate the same records again, because their alerts could not be
// delivered, gets the same alerts for them: without it they would all be
// duplicates of themselves. What is evaluated again is not counted again. The zero
// Verdicts is empty and ready.
type Verdicts struct {
	given  []alert.Suppression
	next   int
	replay bool
}

// Rewind goes back to the first alert.
func (m *Verdicts) Rewind() { m.next, m.replay = 0, len(m.given) > 0 }

// Len returns how many alerts were judged.
func (m *Verdicts) Len() int { return len(m.given) }

// AppendBytes appends the verdicts to b, one byte each, for [VerdictsOf].
func (m *Verdicts) AppendBytes(b []byte) []byte {
	for _, s := range m.given {
		b = append(b, byte(s))
	}
	return b
}

// VerdictsOf returns rewound verdicts that [Verdicts.AppendBytes] wrote. They are
// of records that were evaluated before, also if nothing was raised.
func VerdictsOf(b []byte) *Verdicts {
	m := new(Verdicts)
	for _, s := range b {
		m.given = append(m.given, alert.Suppression(s))
	}
	m.next, m.replay = 0, true
	return m
}

// replays reports whether records are evaluated again.
func (m *Verdicts) replays() bool { return m != nil && m.replay }

func (m *Verdicts) recall() (given alert.Suppression, recalled bool) {
	if m == nil || m.next == len(m.given) {
		return alert.NotSuppressed, false
	}
	m.next++
	return m.given[m.next-1], true
}

func (m *Verdicts) keep(s alert.Suppression) {
	if m != nil {
		m.given = append(m.given, s)
		m.next = len(m.given)
	}
}
