package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect"
)

// summary is the line at the end of a scan.
type summary struct {
	stats    detect.Stats
	files    int
	problems int
	took     time.Duration
	mentions []detect.Mention // of the records without an event
}

func (s summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s, read in %s: %s", counted(s.stats.Events, "event"), counted(s.files, "file"),
		shortDuration(s.took), alertCount(s.stats.Alerts, s.stats.Suppressed))
	if n := s.stats.Excepted; n > 0 {
		fmt.Fprintf(&b, ", %s more dropped by an exception", grouped(n))
	}
	if s.stats.Malformed > 0 {
		fmt.Fprintf(&b, ", %s inside records", counted(s.stats.Malformed, "unreadable JSON text"))
	}
	if s.problems > 0 {
		fmt.Fprintf(&b, ", %s", counted(s.problems, "problem"))
	}
	b.WriteString(".")
	if n := s.stats.NoEvent; n > 0 {
		fmt.Fprintf(&b, "\n%s", noEvent(n, s.mentions))
	}
	return b.String()
}

// noEvent says that so many records hold no event, what they mention, and under
// which keys.
func noEvent(records uint64, mentions []detect.Mention) string {
	texts, keys := "what a rule looks for", ""
	if len(mentions) > 0 {
		texts = printable(mentions[0].Text, maxValue)
		keys = ", under " + printable(mentions[0].Key, maxValue)
	}
	verbs := "mention %s but hold"
	if records == 1 {
		verbs = "mentions %s but holds"
	}
	return fmt.Sprintf("%s "+verbs+" no CloudTrail event that is recognised%s: see --json-keys.", counted(records, "record"), texts, keys)
}

// alertCount is a number of alerts in words, with those that are suppressed.
func alertCount(alerts, suppressed uint64) string {
	switch {
	case alerts == 0:
		return "no alert"
	case suppressed == 0:
		return counted(alerts, "alert")
	}
	return fmt.Sprintf("%s, %s of them suppressed", counted(alerts, "alert"), grouped(suppressed))
}

// shortDuration is a duration to two or three digits.
func shortDuration(d time.Duration) string {
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
