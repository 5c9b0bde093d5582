package terminal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Tally counts alerts by something that each has, such as its rule or its account.
type Tally struct {
	counts map[string]uint64
	isFull bool
}

const (
	// maxTallied is how many different things are counted. An attacker writes events, and
	// so the accounts in them; those that there is no room for are not told apart.
	maxTallied = 10_000
	// maxShownOfTally is how many are shown.
	maxShownOfTally = 5
)

// Add counts one alert.
func (t *Tally) Add(name string) {
	if t.counts == nil {
		t.counts = make(map[string]uint64)
	}
	if _, known := t.counts[name]; !known && len(t.counts) == maxTallied {
		t.isFull = true
		return
	}
	t.counts[name]++
}

// Line says how many alerts there were of each: "By rule: one (3), another (1)." It has
// those with the most alerts, and how many others there are. It is empty where all alerts
// have the same.
func (t *Tally) Line(by string) string {
	if len(t.counts) < 2 {
		return ""
	}
	names := make([]string, 0, len(t.counts))
	for name := range t.counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(t.counts[b], t.counts[a]), strings.Compare(a, b))
	})
	var parts []string
	for _, name := range names[:min(len(names), maxShownOfTally)] {
		parts = append(parts, fmt.Sprintf("%s (%s)", cmp.Or(Shown(name), "none"), Grouped(t.counts[name])))
	}
	line := "By " + by + ": " + strings.Join(parts, ", ")
	if more := len(names) - len(parts); more > 0 {
		line += " and " + Grouped(more)
		if t.isFull {
			line += " or"
		}
		line += " more"
	}
	return line + "."
}
