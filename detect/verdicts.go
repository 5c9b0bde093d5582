package detect

import "time"

// Alerts evaluates one record for a caller that wants its alerts and nothing
// else. It returns those outputs of [Evaluator.Record] that have alerts; a
// record that carries its verdict already, because a filter has been there, is
// among them, as it is.
func (v *Evaluator) Alerts(body []byte, when time.Time) []Output {
	v.onlyAlerts = true
	defer func() { v.onlyAlerts = false }()
	return v.Record(body, when)
}

// Remember makes the evaluator keep in m which of its alerts it suppresses, or
// judge as m says where m has been rewound. It does so until the evaluator is
// released.
func (v *Evaluator) Remember(m *Verdicts) { v.verdicts = m }

// Verdicts is how the alerts of some records were judged, in order. Whoever has
// to evaluate the same records again, because their alerts could not be
// delivered, gets the same alerts for them: without it they would all be
// duplicates of themselves. The zero Verdicts is empty and ready.
type Verdicts struct {
	given []Suppression
	next  int
}

// Rewind goes back to the first alert.
func (m *Verdicts) Rewind() { m.next = 0 }

// Len returns how many alerts were judged.
func (m *Verdicts) Len() int { return len(m.given) }

func (m *Verdicts) recall() (given Suppression, recalled bool) {
	if m == nil || m.next == len(m.given) {
		return NotSuppressed, false
	}
	m.next++
	return m.given[m.next-1], true
}

func (m *Verdicts) keep(s Suppression) {
	if m != nil {
		m.given = append(m.given, s)
		m.next = len(m.given)
	}
}
