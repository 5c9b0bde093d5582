package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect"
)

// Summary is the line at the end of a scan.
type Summary struct {
	Stats    detect.Stats
	Files    int
	OfFiles  int // that there are, if the scan was interrupted after Files
	Problems int
	Took     time.Duration
	Mentions []detect.Mention // of the records without an event
	Plain    int              // lines without JSON in files that may have some
	Aside    []LeftAside
	LeftOut  uint64   // alerts that a filter left out
	Tallies  []string // lines about the alerts, see [Tally.Line]; empty ones are left out
}

// LeftAside are the files of folders that were not read, of one kind.
type LeftAside struct {
	Ending string // of their names, in lower case; nothing where they have none
	Files  int
}

// maxKinds is how many kinds of files that were left aside are said.
const maxKinds = 8

func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s, read in %s: %s", Counted(s.Stats.Events, "event"), s.files(),
		ShortDuration(s.Took), alertCount(s.Stats.Alerts, s.Stats.Suppressed))
	if s.LeftOut > 0 {
		fmt.Fprintf(&b, ", %s more left out by filters", Grouped(s.LeftOut))
	}
	if n := s.Stats.Excepted; n > 0 {
		fmt.Fprintf(&b, ", %s more dropped by an exception", Grouped(n))
	}
	if s.Problems > 0 {
		fmt.Fprintf(&b, ", %s", Counted(s.Problems, "problem"))
	}
	b.WriteString(".")
	if s.Plain > 0 {
		fmt.Fprintf(&b, " Passed over: %s without JSON.", Counted(s.Plain, "line"))
	}
	if len(s.Aside) > 0 {
		fmt.Fprintf(&b, " Left aside: %s.", leftAside(s.Aside))
	}
	for _, line := range append(slices.Clone(s.Tallies), s.NoEvent()) {
		if line != "" {
			b.WriteString("\n" + line)
		}
	}
	return b.String()
}

// files says how many files were read.
func (s Summary) files() string {
	if s.OfFiles > 0 {
		return Grouped(s.Files) + " of " + Counted(s.OfFiles, "file")
	}
	return Counted(s.Files, "file")
}

// leftAside says how many files of which kinds were left aside.
func leftAside(kinds []LeftAside) string {
	var parts []string
	others := 0
	for i, k := range kinds {
		switch {
		case i >= maxKinds:
			others += k.Files
		case k.Ending == "":
			parts = append(parts, Grouped(k.Files)+" without an ending")
		default:
			parts = append(parts, Grouped(k.Files)+" "+Printable(k.Ending, MaxValue))
		}
	}
	if others > 0 {
		parts = append(parts, Grouped(others)+" with other endings")
	}
	return strings.Join(parts, ", ")
}

// NoEvent is the line about records that mention what a rule looks for and hold no
// event; empty if there are none.
func (s Summary) NoEvent() string {
	if s.Stats.NoEvent == 0 {
		return ""
	}
	return noEvent(s.Stats.NoEvent, s.Mentions)
}

// noEvent is the line about so many records without an event, with what they
// mention and under which keys.
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
