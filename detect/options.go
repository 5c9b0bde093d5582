package detect

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/closing"
	"github.com/trailwire/trailwire/detect/grant/follow"
	"github.com/trailwire/trailwire/detect/grant/use"
	"github.com/trailwire/trailwire/detect/needle"
	"github.com/trailwire/trailwire/detect/related"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/detect/state"
)

// Options says how an [Engine] behaves. [DefaultOptions] has the defaults of
// the plugin properties of the same names.
type Options struct {
	// Rules are evaluated on every event. No two may have one ID.
	Rules []*rule.Rule

	// AlertKey is the key under which a record gets its alert; the list of
	// all alerts of a record is under AlertKey + "s". Only FormatNative has
	// such a key.
	AlertKey string

	// AlertFormat is the vocabulary that alerts are written in.
	AlertFormat alert.Format

	// Collector is the name of the machine that collects events. Alerts say it, and when they were
	// raised. Without it they say neither, so that two evaluations of the same events are the same.
	Collector string

	// AlertGuide makes alerts repeat their rule's description, false positives and investigation
	// guide.
	AlertGuide bool

	// Clock returns the time of day. [time.Now] is used if it is nil.
	Clock func() time.Time

	// Split makes one record of every event of a record that holds a list of
	// them.
	Split bool

	// JSONKeys are the keys under which JSON text is looked for.
	JSONKeys []string

	// Coverage says whether alerts go beyond the predicate of the rule that
	// Trailwire ships with, where that rule is among Rules.
	Coverage alert.Coverage

	// Exceptions are the grants that raise no alert.
	Exceptions Exceptions

	// KnownAccounts are the names of accounts by their id. An alert calls them by
	// both.
	KnownAccounts map[string]string

	// Databases say who a source address belongs to and where it is, for rules that ask
	// and for alerts. Without them such a field of a raw event is null.
	Databases geoip.Databases

	// MaxSignals is how many alerts of one rule an Interval may raise before
	// further ones are marked as suppressed. Zero leaves it to the rule.
	MaxSignals int

	// Interval is the period that MaxSignals counts in. Zero leaves it to
	// the rule.
	Interval time.Duration

	// DedupWindow is how long an event that raised an alert is remembered,
	// so that the same event again is marked as a duplicate. Zero leaves it to the
	// rule's look-back; a negative window remembers nothing.
	DedupWindow time.Duration

	// StateMemory is how many bytes the rules about several events remember at most.
	// Zero is [state.DefaultLimit].
	StateMemory int64

	// Memory is what they remember it in. An engine makes one of its own if this is nil.
	Memory *state.Memory

	// LearningPeriod is how long a rule about new terms only learns, at most as long as
	// its history window. Zero is [DefaultLearningPeriod]; with a negative one it raises
	// alerts from the beginning.
	LearningPeriod time.Duration

	// LearnFrom is when the learning begins. If it is zero, it begins with the first
	// event.
	LearnFrom time.Time

	// FollowGrants makes the engine remember which grants to outsiders are open, and look for the
	// calls that use or close them. Rules ask for that by the fields trailwire.use.* and
	// trailwire.closing.*. Alerts then carry earlier calls of the same actor too.
	FollowGrants bool

	// WatchAccounts is told the accounts that have open grants, for [Options.Search] to look for as
	// well. It has to be set if Search is, with FollowGrants.
	WatchAccounts follow.Watcher

	// Search reports whether there could be anything for the engine to do in
	// data: what [Options.Needles] says to look for, by better means than the
	// plain search, which is used if this is nil.
	Search func(data []byte) bool

	// SearchFrom returns the first offset at or after from that is inside of what Search finds in
	// data, len(data) if there is nothing. With it the elements of a list are not searched one by
	// one. It goes with Search: without that it is not used.
	SearchFrom func(data []byte, from int) int

	// SearchTexts returns which of [Options.TextNeedles] are in an event: a bit for each,
	// that of needle i being i modulo 64. A bit may be set although the needle is not
	// there, and has to be if a JSON escape could hide it. If this is nil, rules about any call are tried
	// on each event.
	SearchTexts func(event []byte) uint64
}

// Remember reports whether an engine with these options has a memory: because a rule is about
// several events, or because grants are followed.
func (o *Options) Remember() bool {
	return o.FollowGrants || slices.ContainsFunc(o.Rules, func(r *rule.Rule) bool { return r.Past() != nil })
}

// Needles returns what an engine with these options looks for before it parses
// anything; JSON escapes come on top. It returns false if a rule has no
// needle, and everything is suspect.
func (o *Options) Needles() (needles []needle.Needle, ok bool) {
	set := o.needles()
	return set.Needles, !set.Always
}

func (o *Options) needles() needle.Set {
	all := o.ruleNeedles()
	if o.Split {
		all = append(all, listMarkers...)
	}
	always := slices.ContainsFunc(o.Rules, func(r *rule.Rule) bool { return r.Needles() == nil })
	return needle.NewSet(all, always)
}

// ruleNeedles is what the rules look for.
func (o *Options) ruleNeedles() (all []needle.Needle) {
	for _, r := range o.Rules {
		all = append(all, r.Needles()...)
		if o.Coverage == alert.CoverExtended && r.ID == rule.CrossAccountID {
			// Extended coverage looks at every AddPermission.
			all = append(all, needle.Needle{Text: "addpermission", Fold: true})
		}
	}
	if o.FollowGrants {
		all = append(all, followNeedles...)
	}
	return all
}

// followNeedles are what opens, uses and closes grants, but for uses by accounts that are known to
// have one, and what an alert says of the past.
var followNeedles = slices.Concat(call.Needles(), use.Needles(), closing.Needles(), related.Needles())

// TextNeedles returns what rules about any call look for, those whose query asks for
// no action and no provider, but for names of calls. An event that such a rule matches has one of these
// in it, or a name.
func (o *Options) TextNeedles() (all []needle.Needle) {
	for _, r := range o.Rules {
		if field, _ := r.TriedOn(); field != "" {
			continue
		}
		for _, n := range r.Needles() {
			if !n.Call && !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all
}

// listMarkers are the keys under which a list of events may be. Calls such as
// PutRecords and DescribeEvents are not a reason to look closer.
var listMarkers = []needle.Needle{
	{Text: "Records", Whole: true}, {Text: "logEvents", Whole: true}, {Text: "Events", Whole: true},
}

// DefaultOptions returns the options of an engine that was configured with
// nothing: the built-in rule, as Elastic runs it.
func DefaultOptions() Options {
	return Options{
		AlertKey:       "alert",
		Split:          true,
		JSONKeys:       cloudtrail.DefaultJSONKeys(),
		StateMemory:    state.DefaultLimit,
		LearningPeriod: DefaultLearningPeriod,
	}
}

func (o *Options) check() error {
	if o.AlertKey == "" {
		return errors.New("the alert key is empty")
	}
	seen := make(map[string]bool)
	for _, r := range o.Rules {
		if seen[r.ID] {
			return fmt.Errorf("two rules have the id %s", r.ID)
		}
		seen[r.ID] = true
	}
	return nil
}
