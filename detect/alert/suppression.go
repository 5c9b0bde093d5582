package alert

// Suppression says why an alert, though raised, is not one that somebody
// should be woken for. The record is tagged all the same; routing decides.
type Suppression uint8

const (
	// NotSuppressed is an alert like any other.
	NotSuppressed Suppression = iota
	// Duplicate is the alert of an event that has raised one already.
	Duplicate
	// OverMaxSignals is an alert past the number that an interval may raise.
	OverMaxSignals
)

// String returns the word that the alert has.
func (s Suppression) String() string {
	switch s {
	case Duplicate:
		return "duplicate"
	case OverMaxSignals:
		return "max_signals"
	}
	return ""
}
