package report

import (
	"fmt"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
)

// timeline shows the alerts over time: a lane for each severity, in it a bar
// for each stretch of time with alerts. Places and lengths across the page are
// in percent, so that text keeps its size on a narrow page.
type timeline struct {
	Lanes   []lane
	Ticks   []tick
	Height  int // of the drawing
	Axis    int // where the axis is
	Bin     string
	Untimed int // alerts whose event says no time
}

type lane struct {
	Severity string // its class
	Label    string
	Count    int
	Top      int
	LabelY   int
	Base     int // where the bars begin
	Bars     []bar
}

type bar struct {
	X, Width, HitX, HitWidth string // percent
	Y, Height                int
	Count                    int
	From, To                 int64 // Unix time, To not included
	Title                    string
}

type tick struct {
	X      string // percent
	Label  string
	Anchor string // of the label
	Minor  bool   // left out on a narrow page
}

// The measures of a lane.
const (
	laneHeight = 80
	laneLabel  = 22 // above the bars
	barHeight  = 48 // of the highest
	axisHeight = 22
	mostBins   = 60
)

// newTimeline lays the timeline out; nil if there is nothing on it.
func newTimeline(alerts []reportedAlert) *timeline {
	t := &timeline{}
	var first, last time.Time
	for i := range alerts {
		at := alerts[i].Time
		if at.IsZero() {
			t.Untimed++
			continue
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	if first.IsZero() {
		return nil
	}
	width := binWidth(last.Sub(first))
	start := first.Truncate(width)
	bins := int(last.Sub(start)/width) + 1
	// Alerts at one moment are in the middle of a longer time.
	if least := 24; bins < least {
		start = start.Add(-time.Duration((least-bins)/2) * width)
		bins = least
	}
	t.Bin = spelled(width)
	t.lay(alerts, start, width, bins)
	t.mark(start, width*time.Duration(bins))
	return t
}

func (t *timeline) lay(alerts []reportedAlert, start time.Time, width time.Duration, bins int) {
	counts := make(map[string][]int)
	most := 0
	for i := range alerts {
		if alerts[i].Time.IsZero() {
			continue
		}
		severity := alerts[i].SeverityClass()
		if counts[severity] == nil {
			counts[severity] = make([]int, bins)
		}
		n := int(alerts[i].Time.Sub(start) / width)
		counts[severity][n]++
		most = max(most, counts[severity][n])
	}
	for _, severity := range append(severityOrder[:len(severityOrder):len(severityOrder)], "other") {
		if counts[severity] == nil {
			continue
		}
		top := len(t.Lanes) * laneHeight
		l := lane{Severity: severity, Label: severityLabel(severity), Top: top, LabelY: top + laneLabel - 9, Base: top + laneLabel + barHeight}
		for n, count := range counts[severity] {
			if count == 0 {
				continue
			}
			l.Count += count
			from := start.Add(time.Duration(n) * width)
			height := max(4, barHeight*count/most)
			b := bar{
				X: percent(n, bins, 0.1), Width: percent(1, bins, -0.2),
				HitX: percent(n, bins, 0), HitWidth: percent(1, bins, 0),
				Y: l.Base - height, Height: height, Count: count,
				From: from.Unix(), To: from.Add(width).Unix(),
				Title: fmt.Sprintf("%s, %s: %s", l.Label, spanOf(from, width), terminal.Counted(count, "alert")),
			}
			l.Bars = append(l.Bars, b)
		}
		t.Lanes = append(t.Lanes, l)
	}
	t.Axis = len(t.Lanes) * laneHeight
	t.Height = t.Axis + axisHeight
}

// mark puts ticks on the axis.
func (t *timeline) mark(start time.Time, length time.Duration) {
	step := tickSteps[len(tickSteps)-1]
	for _, s := range tickSteps {
		if length/s <= 7 {
			step = s
			break
		}
	}
	for step*7 < length {
		step *= 2
	}
	at := start.Truncate(step)
	if at.Before(start) {
		at = at.Add(step)
	}
	for n := 0; !at.After(start.Add(length)); n++ {
		share := float64(at.Sub(start)) / float64(length)
		anchor := "middle"
		switch {
		case share < 0.06:
			anchor = "start"
		case share > 0.94:
			anchor = "end"
		}
		t.Ticks = append(t.Ticks, tick{
			X: fmt.Sprintf("%.3f%%", 100*share), Label: at.Format(tickForm(step)), Anchor: anchor, Minor: n%3 != 0,
		})
		at = at.Add(step)
	}
}

const day = 24 * time.Hour

// binSteps and tickSteps are the lengths of time that a bar may cover, and that
// may be between two ticks.
var (
	binSteps = []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
		15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, day, 2 * day,
		7 * day, 14 * day, 28 * day,
	}
	tickSteps = []time.Duration{
		5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, day, 2 * day, 3 * day, 4 * day, 7 * day, 14 * day, 28 * day, 91 * day,
		182 * day, 364 * day,
	}
)

func binWidth(length time.Duration) time.Duration {
	width := binSteps[len(binSteps)-1]
	for _, s := range binSteps[3:] { // a minute at least
		if length/s < mostBins {
			return s
		}
	}
	for length/width >= mostBins {
		width *= 2
	}
	return width
}

func tickForm(step time.Duration) string {
	switch {
	case step < time.Minute:
		return "15:04:05"
	case step < day:
		return "2 Jan 15:04"
	}
	return "2 Jan 2006"
}

// spanOf is a stretch of time in words.
func spanOf(from time.Time, width time.Duration) string {
	if width >= day {
		to := from.Add(width - day)
		if width == day {
			return from.Format("2 Jan 2006")
		}
		return from.Format("2 Jan") + "–" + to.Format("2 Jan 2006")
	}
	return from.Format("2 Jan 2006 15:04") + "–" + from.Add(width).Format("15:04") + " UTC"
}

// spelled is a step in words.
func spelled(d time.Duration) string {
	switch {
	case d >= day:
		return terminal.Counted(int(d/day), "day")
	case d >= time.Hour:
		return terminal.Counted(int(d/time.Hour), "hour")
	}
	return terminal.Counted(int(d/time.Minute), "minute")
}

// percent is (n+more)/of.
func percent(n, of int, more float64) string {
	return fmt.Sprintf("%.3f%%", 100*(float64(n)+more)/float64(of))
}
