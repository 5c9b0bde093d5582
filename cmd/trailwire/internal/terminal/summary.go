package terminal

import (
	"fmt"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect"
)

// Summary is the line at the end of a scan.
type Summary struct {
	Stats    detect.Stats
	Files    int
	Problems int
	Took     time.Duration
	Mentions []detect.Mention // of the records without an event
}

func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s, read in %s: %s", Counted(s.Stats.Events, "event"), Counted(s.Files, "file"),
		ShortDuration(s.Took), alertCount(s.Stats.Alerts, s.Stats.Suppressed))
	if n := s.Stats.Excepted; n > 0 {
		fmt.Fprintf(&b, ", %s more dropped by an exception", Grouped(n))
	}
	if s.Stats.Malformed > 0 {
		fmt.Fprintf(&b, ", %s inside records", Counted(s.Stats.Malformed, "unreadable JSON text"))
	}
	if s.Problems > 0 {
		fmt.Fprintf(&b, ", %s", Counted(s.Problems, "problem"))
	}
	b.WriteString(".")
	if line := s.NoEvent(); line != "" {
		b.WriteString("\n" + line)
	}
	return b.String()
}

// NoEvent is the line about records that mention what a rule looks for and hold no
// event, nothing where there are none.
func (s Summary) NoEvent() string {
	if s.Stats.NoEvent == 0 {
		return ""
	}
	return noEvent(s.Stats.NoEvent, s.Mentions)
}

// noEvent says that so many records hold no event, what they mention, and under
// which keys.
func noEvent(records uint64, mentions []detect.Mention) string {
	texts, keys := "what a rule looks for", ""
	if len(mentions) > 0 {
		texts = Printable(mentions[0].Text, MaxValue)
		keys = ", under " + Printable(mentions[0].Key, MaxValue)
	}
	verbs := "mention %s but hold"
	if records == 1 {
		verbs = "mentions %s but holds"
	}
	return fmt.Sprintf("%s "+verbs+" no CloudTrail event that is recognised%s: see --json-keys.", Counted(records, "record"), texts, keys)
}

// alertCount is a number of alerts in words, with those that are suppressed.
func alertCount(alerts, suppressed uint64) string {
	switch {
	case alerts == 0:
		return "no alert"
	case suppressed == 0:
		return Counted(alerts, "alert")
	}
	return fmt.Sprintf("%s, %s of them suppressed", Counted(alerts, "alert"), Grouped(suppressed))
}

// ShortDuration is a duration to two or three digits.
func ShortDuration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "1ms" // or less
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
