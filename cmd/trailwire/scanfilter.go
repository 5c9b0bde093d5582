package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

// severities are the severities of rules, the lowest first.
var severities = []string{"low", "medium", "high", "critical"}

// filterFlags are the flags that say which alerts of a scan are wanted.
type filterFlags struct {
	since, until string
	minSeverity  choice
	rules        []string
	noSuppressed bool
}

func (f *filterFlags) addTo(flags *pflag.FlagSet) {
	f.minSeverity.allowed = severities
	flags.StringVar(&f.since, "since", "", "Only alerts about events since then: 2026-11-01, 2026-11-01T10:00:00Z, or so long ago: 12h, 7d.")
	flags.StringVar(&f.until, "until", "", "Only alerts about events until then, as for --since. A date is the end of that day, in UTC.")
	flags.Var(&f.minSeverity, "min-severity", "Only alerts of this severity or a higher one.")
	flags.StringArrayVar(&f.rules, "rule", nil, "Only alerts of the rule with this id. May be given several times.")
	flags.BoolVar(&f.noSuppressed, "no-suppressed", false, "No alerts that are suppressed.")
}

// isSet reports whether a flag leaves anything out.
func (f *filterFlags) isSet() bool {
	return f.since != "" || f.until != "" || f.minSeverity.value != "" || len(f.rules) > 0 || f.noSuppressed
}

// asFlags returns the flags that are set, as they would be given.
func (f *filterFlags) asFlags() (all []string) {
	for _, s := range []setting{{"since", f.since}, {"until", f.until}, {"min-severity", f.minSeverity.value}} {
		if s.value != "" {
			all = append(all, "--"+s.name+"="+s.value)
		}
	}
	for _, id := range f.rules {
		all = append(all, "--rule="+id)
	}
	if f.noSuppressed {
		all = append(all, "--no-suppressed")
	}
	return all
}

// alertFilter decides which alerts are printed, counted and reported. The rules see every
// event, whatever it leaves out.
type alertFilter struct {
	filterFlags
	from, to time.Time // zero for no limit; both included
}

// read checks the flags against the rules that are loaded.
func (f *filterFlags) read(rules []*rule.Rule, now time.Time) (*alertFilter, error) {
	filter := &alertFilter{filterFlags: *f}
	var err error
	if filter.from, err = readSince(f.since, now); err != nil {
		return nil, err
	}
	if filter.to, err = readSince(f.until, now); err != nil {
		return nil, fmt.Errorf("--until: %q is not allowed: it must be like 2026-11-01, 2026-11-01T10:00:00Z, 12h or 7d", f.until)
	}
	if _, err := time.Parse(time.DateOnly, f.until); err == nil {
		filter.to = filter.to.AddDate(0, 0, 1).Add(-1)
	}
	if f.since != "" && f.until != "" && filter.to.Before(filter.from) {
		return nil, errors.New("--until must not be before --since")
	}
	for _, id := range f.rules {
		if !slices.ContainsFunc(rules, func(r *rule.Rule) bool { return r.ID == id }) {
			return nil, fmt.Errorf("--rule: no loaded rule has the id %q; trailwire rules list shows those that have one", id)
		}
	}
	return filter, nil
}

// wants reports whether an alert is wanted. One whose time cannot be read is in every
// period, and one of an unknown severity is high enough: a broken value hides no alert.
func (f *alertFilter) wants(a *alert.Alert) bool {
	if f.noSuppressed && a.Suppressed != alert.NotSuppressed || len(f.rules) > 0 && !slices.Contains(f.rules, a.Rule.ID) {
		return false
	}
	if rank := slices.Index(severities, a.Rule.Severity); rank >= 0 && rank < slices.Index(severities, f.minSeverity.value) {
		return false
	}
	at, err := time.Parse(time.RFC3339, a.Event.Time)
	return err != nil || !at.Before(f.from) && (f.to.IsZero() || !at.After(f.to))
}

// apply takes the alerts out of outputs that are not wanted. The records stay as they are.
func (f *alertFilter) apply(outputs []detect.Output) {
	if !f.isSet() {
		return
	}
	for i := range outputs {
		outputs[i].Alerts = slices.DeleteFunc(slices.Clone(outputs[i].Alerts), func(a alert.Alert) bool { return !f.wants(&a) })
	}
}
