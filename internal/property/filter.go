package property

import (
	"errors"
	"fmt"
	"strings"

	"github.com/trailwire/trailwire/internal/address"
)

// Filter is what the properties of the filter plugin set beside [Settings]: where
// its alerts go, and what keeps the memory of its rules.
type Filter struct {
	// AlertTag and SuppressedTag are the tags under which alerts go to the
	// input trailwire. AlertTag is nil if alerts are only tagged in their
	// records.
	AlertTag, SuppressedTag *address.Template
	// TagRecords says that a record which matches gets its alert, too.
	TagRecords bool
	// StatePath is the file that keeps what rules remember; empty for none.
	StatePath string

	records string
}

// DefaultSuppressedTag is the tag of suppressed alerts if alert_tag is set.
const DefaultSuppressedTag = "suppressed.$severity"

// FilterTable lists the properties that the filter plugin has beside [Table].
var FilterTable = []Property{
	{
		Name: "alert_tag", Kind: KindText,
		Help: "Tag under which each alert leaves as a record of its own, by the input trailwire, such as alert.$severity (also $rule_id, $tag). The record it is about goes on untouched. Without it the record itself gets the alert.",
		filter: func(f *Filter, v string) (err error) {
			f.AlertTag, err = template(v)
			return err
		},
	},
	{
		Name: "suppressed_tag", Kind: KindText, Default: DefaultSuppressedTag,
		Help: "Tag of alerts that are suppressed (duplicates, and those over max_signals), with alert_tag.",
		filter: func(f *Filter, v string) (err error) {
			f.SuppressedTag, err = template(v)
			return err
		},
	},
	{
		Name: "records", Kind: KindText,
		Help: "What becomes of a record that matches: untouched leaves it as it is, tagged adds the alert to it. Default: untouched with alert_tag, tagged without.",
		filter: func(f *Filter, v string) (err error) {
			f.records = v
			f.TagRecords, err = choice(v, map[string]bool{"untouched": false, "tagged": true}, "untouched or tagged")
			return err
		},
	},
	{
		Name: "state_path", Kind: KindText,
		Help: "File that keeps what rules about several events (thresholds, new terms, sequences) remember, and open grants (follow_grants), through reloads, restarts and SIGKILL. Each instance needs one of its own. Without it a restart forgets.",
		filter: func(f *Filter, v string) error {
			if strings.HasSuffix(v, "/") {
				return wrong(v, "the path of a file")
			}
			f.StatePath = v
			return nil
		},
	},
}

// OfFilter returns all properties of the filter.
func OfFilter() []Property { return append(Table[:len(Table):len(Table)], FilterTable...) }

// OfOutput returns all properties of the output.
func OfOutput() []Property { return append(OutputTable[:len(OutputTable):len(OutputTable)], Table...) }

// ReadFilter reads every property of [Table] and [FilterTable].
func ReadFilter(src Source) (Settings, Filter, error) {
	s, err := Read(src)
	if err != nil {
		return Settings{}, Filter{}, err
	}
	var f Filter
	for _, p := range FilterTable {
		value, set := src.Property(p.Name)
		if !set {
			continue
		}
		if err := p.read(value, func(v string) error { return p.filter(&f, v) }); err != nil {
			return Settings{}, Filter{}, err
		}
	}
	if name, err := f.finish(); err != nil {
		return Settings{}, Filter{}, fmt.Errorf("property %q: %w", name, err)
	}
	return s, f, nil
}

// finish checks properties that depend on each other, and fills in their
// defaults.
func (f *Filter) finish() (name string, err error) {
	if f.AlertTag != nil {
		if f.SuppressedTag == nil {
			f.SuppressedTag, err = template(DefaultSuppressedTag)
		}
		return "suppressed_tag", err
	}
	switch {
	case f.SuppressedTag != nil:
		return "suppressed_tag", errors.New("it has no meaning without alert_tag: set that, too, or leave it out")
	case f.records != "" && !f.TagRecords:
		return "records", errors.New("untouched needs alert_tag: without it an alert would go nowhere")
	}
	f.TagRecords = true
	return "", nil
}

func template(value string) (*address.Template, error) {
	t, err := address.ParseTemplate(value)
	if err != nil {
		return nil, fmt.Errorf("%w: it must be a tag such as alert.$severity", err)
	}
	return &t, nil
}
