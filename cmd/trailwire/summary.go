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
	return b.String() + "."
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
