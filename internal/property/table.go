package property

import (
	"cmp"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/detect/state"
)

// Kind is the type that Fluent Bit's help shows for a property.
type Kind string

// The kinds that properties have. Values are parsed here, not by the host:
// Fluent Bit calls atoi on any text.
const (
	KindText   Kind = "STR"
	KindSwitch Kind = "BOOL"
	KindNumber Kind = "INT"
	KindPeriod Kind = "TIME"
	KindList   Kind = "CLIST"
)

// Property is one setting that a user can make.
type Property struct {
	Name    string // lower case with underscores
	Kind    Kind
	Default string // as a user would write it; empty for none
	Help    string // one sentence or two
	// words are the values that it takes, where these are a few.
	words []string
	// Engine says that the property concerns the detection. The others concern
	// the plugin alone and are not flags of the command line.
	Engine bool

	set    func(s *Settings, value string) error // of [Table]
	filter func(f *Filter, value string) error   // of [FilterTable]
	output func(o *Output, value string) error   // of [OutputTable]
}

// Words returns the values that the property takes, nil if it takes any of a form.
func (p *Property) Words() []string {
	if p.Kind == KindSwitch {
		return []string{"on", "off"}
	}
	return p.words
}

// Settings is what properties set.
type Settings struct {
	Options detect.Options
	// RulePatterns are the rule files, globs and names in the property rules.
	RulePatterns []string
	// Unsupported says what becomes of rules that cannot be evaluated.
	Unsupported rule.Unsupported
	// Warnings are lines for the user that stop nothing.
	Warnings []string
	// StatsInterval is how often statistics are logged; zero for never.
	StatsInterval time.Duration
	// MetricsListen is the address that metrics are served at; empty for none.
	MetricsListen string
}

// Table lists the properties that filter and output share, in the order in
// which help shows them.
var Table = []Property{
	{
		Name: "rules", Kind: KindList, Engine: true,
		Help: "Rule files or globs, in the schema of Elastic's detection-rules or of Sigma (.yml), beside the built-in rule; -builtin leaves that one out.",
		set: func(s *Settings, v string) (err error) {
			s.RulePatterns, err = listOf(v, anything, "rule files, globs and -builtin")
			return err
		},
	},
	{
		Name: "unsupported_rules", Kind: KindText, Default: "refuse", Engine: true, words: []string{"refuse", "skip"},
		Help: "What to do with a rule file that is of a kind that is not supported (machine learning, ES|QL that aggregates ...): refuse to start, or skip it with a warning.",
		set: func(s *Settings, v string) (err error) {
			s.Unsupported, err = choice(v, map[string]rule.Unsupported{
				"refuse": rule.RefuseUnsupported, "skip": rule.SkipUnsupported,
			}, "refuse or skip")
			return err
		},
	},
	{
		Name: "alert_key", Kind: KindText, Default: "alert", Engine: true,
		Help: "Key of the map that a matching record gains. A value that the record has there already moves to KEY_original.",
		set: func(s *Settings, v string) error {
			if !recordKey.MatchString(v) {
				return wrong(v, "a key of letters, digits, _ and -, so that $key['severity'] can name it")
			}
			s.Options.AlertKey = v
			return nil
		},
	},
	{
		Name: "alert_format", Kind: KindText, Default: "native", Engine: true, words: []string{"native", "ecs", "ocsf"},
		Help: "How an alert is written: native (a map under alert_key), ecs (merged into Elastic Common Schema 8.11 fields), or ocsf (an OCSF 1.4 Detection Finding in the record's place).",
		set: func(s *Settings, v string) (err error) {
			s.Options.AlertFormat, err = choice(v, map[string]alert.Format{
				"native": alert.FormatNative, "ecs": alert.FormatECS, "ocsf": alert.FormatOCSF,
			}, "native, ecs or ocsf")
			return err
		},
	},
	{
		Name: "alert_guide", Kind: KindSwitch, Default: "off", Engine: true,
		Help: "Put what the rule says for the analyst into each alert: its description, what could be a false alarm, and the steps of the investigation.",
		set:  func(s *Settings, v string) (err error) { s.Options.AlertGuide, err = onOff(v); return err },
	},
	{
		Name: "split", Kind: KindSwitch, Default: "on", Engine: true,
		Help: "Make one record of each event of a record that holds a list of them (Records, logEvents, Events).",
		set:  func(s *Settings, v string) (err error) { s.Options.Split, err = onOff(v); return err },
	},
	{
		Name: "json_keys", Kind: KindList, Default: "log,message,MESSAGE,_raw", Engine: true,
		Help: "Keys under which a record may carry an event as JSON text.",
		set: func(s *Settings, v string) (err error) {
			s.Options.JSONKeys, err = listOf(v, anything, "keys")
			return err
		},
	},
	{
		Name: "coverage", Kind: KindText, Default: "rule", Engine: true, words: []string{"rule", "extended", "all"},
		Help: "rule alerts exactly when the rule's predicate matches; extended also on cross-account and public grants that evade it, on those for other actions than invoke, on whole organizations, and on services that nothing binds to this account; all also on every other call that lets somebody outside of the account reach a resource, by rules of its own.",
		set: func(s *Settings, v string) (err error) {
			s.Options.Coverage, err = choice(v, map[string]alert.Coverage{
				"rule": alert.CoverRule, "extended": alert.CoverExtended, "all": alert.CoverAll,
			}, "rule, extended or all")
			return err
		},
	},
	{
		Name: "same_account", Kind: KindText, Default: "alert", Engine: true, words: []string{"alert", "ignore"},
		Help: "What to do with a grant to the function's own account, which the predicate cannot tell from a foreign one: alert or ignore.",
		set: func(s *Settings, v string) (err error) {
			s.Options.Exceptions.SameAccount, err = choice(v, map[string]bool{"alert": false, "ignore": true}, "alert or ignore")
			return err
		},
	},
	{
		Name: "trusted_accounts", Kind: KindList, Engine: true,
		Help: "Account ids (12 digits), or names from known_accounts, that may be granted access without an alert.",
		set: func(s *Settings, v string) (err error) {
			s.Options.Exceptions.Accounts, err = listOf(v, anything, "account ids of 12 digits")
			return err
		},
	},
	{
		Name: "trusted_orgs", Kind: KindList, Engine: true,
		Help: "Organization ids (o-...): a grant that is narrowed to one of them raises no alert.",
		set: func(s *Settings, v string) (err error) {
			s.Options.Exceptions.Orgs, err = listOf(v, organizationID, "organization ids such as o-exampleorgid")
			return err
		},
	},
	{
		Name: "trusted_actors", Kind: KindList, Engine: true,
		Help: "ARN patterns of those who may make such a call. * and ? match anything but a colon; a role session is matched by its role's ARN too.",
		set: func(s *Settings, v string) (err error) {
			s.Options.Exceptions.Actors, err = listOf(v, arnPattern, "ARN patterns such as arn:aws:iam::111122223333:role/deploy-*")
			return err
		},
	},
	{
		Name: "trusted_functions", Kind: KindList, Engine: true,
		Help: "Names of functions that may be opened without an alert, or ARN patterns. * and ? match anything but a colon.",
		set: func(s *Settings, v string) (err error) {
			s.Options.Exceptions.Functions, err = listOf(v, functionName, "function names or ARN patterns")
			return err
		},
	},
	{
		Name: "trusted_resources", Kind: KindList, Engine: true,
		Help: "ARN patterns of resources that may be opened without an alert. * and ? match anything but a colon.",
		set: func(s *Settings, v string) (err error) {
			s.Options.Exceptions.Resources, err = listOf(v, arnPattern, "ARN patterns such as arn:aws:s3:::public-*")
			return err
		},
	},
	{
		Name: "known_accounts", Kind: KindText, Engine: true,
		Help: "File with the names of accounts, CSV or JSON with account and name: alerts call them by both, and trusted_accounts takes a name. It is read at the start and again at a hot reload.",
		set: func(s *Settings, v string) (err error) {
			s.Options.KnownAccounts, err = readAccounts(v)
			return err
		},
	},
	{
		Name: "asn_database", Kind: KindText, Engine: true,
		Help: "MMDB file with autonomous systems, such as GeoLite2-ASN.mmdb: source.as.* for rules and in alerts of the formats ecs and ocsf. It is read at the start and again at a hot reload.",
		set: func(s *Settings, v string) (err error) {
			s.Options.Databases.ASN, err = readDatabase(v, geoip.NewASN)
			return err
		},
	},
	{
		Name: "geo_database", Kind: KindText, Engine: true,
		Help: "MMDB file with places, such as GeoLite2-City.mmdb: source.geo.* for rules and in alerts of the formats ecs and ocsf. It is read at the start and again at a hot reload.",
		set: func(s *Settings, v string) (err error) {
			s.Options.Databases.Geo, err = readDatabase(v, geoip.NewGeo)
			return err
		},
	},
	{
		Name: "max_signals", Kind: KindNumber, Engine: true,
		Help: "How many alerts of one rule an interval may raise; further ones are tagged with suppressed: max_signals. Default: what the rule says, 100 for the built-in one.",
		set: func(s *Settings, v string) (err error) {
			s.Options.MaxSignals, err = number(v, 1, 1_000_000)
			return err
		},
	},
	{
		Name: "interval", Kind: KindPeriod, Engine: true,
		Help: "The period that max_signals counts in, by the events' own time. Default: what the rule says, 5m for the built-in one.",
		set: func(s *Settings, v string) (err error) {
			s.Options.Interval, err = period(v, time.Second, 365*24*time.Hour)
			return err
		},
	},
	{
		Name: "dedup_window", Kind: KindPeriod, Engine: true,
		Help: "How long an event that raised an alert is remembered; its duplicates are marked with suppressed: duplicate. 0 turns this off. Default: the rule's look-back, 6m for the built-in one.",
		set: func(s *Settings, v string) (err error) {
			s.Options.DedupWindow, err = period(v, 0, 365*24*time.Hour)
			if s.Options.DedupWindow == 0 {
				s.Options.DedupWindow = -1
			}
			return err
		},
	},
	{
		Name: "follow_grants", Kind: KindSwitch, Default: "off", Engine: true,
		Help: "Remember which grants to outsiders are open, raise an alert when one is used or closed, and list in each alert what the same actor did in the hour before. Open grants are kept in state_path, if that is set.",
		set: func(s *Settings, v string) (err error) {
			s.Options.FollowGrants, err = onOff(v)
			return err
		},
	},
	{
		Name: "state_memory", Kind: KindText, Default: "64M", Engine: true,
		Help: "How much memory rules about several events (thresholds, new terms, sequences) and open grants may use to remember, such as 64M. What has no room is forgotten, and counted.",
		set: func(s *Settings, v string) (err error) {
			s.Options.StateMemory, err = size(v, state.MinLimit, 16<<30)
			return err
		},
	},
	{
		Name: "learning_period", Kind: KindPeriod, Default: "1d", Engine: true,
		Help: "How long rules about new terms only learn, from the start or with a new rule, before they raise alerts. Their history window, if that is shorter; 0 turns it off.",
		set: func(s *Settings, v string) (err error) {
			s.Options.LearningPeriod, err = period(v, 0, 365*24*time.Hour)
			if s.Options.LearningPeriod == 0 {
				s.Options.LearningPeriod = -1
			}
			return err
		},
	},
	{
		Name: "stats_interval", Kind: KindPeriod, Default: "0",
		Help: "How often a line with counts (records, events, matches, suppressed, excepted, malformed) goes to Fluent Bit's log. 0 turns it off.",
		set: func(s *Settings, v string) (err error) {
			s.StatsInterval, err = period(v, 0, 365*24*time.Hour)
			return err
		},
	},
	{
		Name: "metrics_listen", Kind: KindText,
		Help: "Address, 127.0.0.1:PORT or a port of the loopback address alone, at which Prometheus metrics are served under /metrics. Plugins with the same address share it. Off by default.",
		set: func(s *Settings, v string) (err error) {
			s.MetricsListen, err = listenAddress(v)
			return err
		},
	},
}

func wrong(value, allowed string) error {
	return fmt.Errorf("%q is not allowed: it must be %s", value, allowed)
}

// list splits at commas; white space around the parts does not count.
func list(value string) []string {
	var parts []string
	for _, p := range strings.Split(value, ",") {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}

// listOf splits at commas and checks each part.
func listOf(value string, form *regexp.Regexp, allowed string) ([]string, error) {
	parts := list(value)
	for _, p := range parts {
		if !form.MatchString(p) {
			return nil, wrong(p, "a list of "+allowed)
		}
	}
	if len(parts) == 0 {
		return nil, wrong(value, "a list of "+allowed)
	}
	return parts, nil
}

// The forms of ids, as AWS documents them: account ids in the IAM user guide,
// organization ids in the Organizations API reference.
var (
	anything       = regexp.MustCompile(``)
	accountID      = regexp.MustCompile(`^[0-9]{12}$`)
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	recordKey      = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	arnPattern     = regexp.MustCompile(`^arn(:[^:]*){4}:.+$`)
	functionName   = regexp.MustCompile(`^([^:]+|arn(:[^:]*){4}:.+)$`)
)

// listenAddress reads HOST:PORT, :PORT or PORT. Without a host it listens on
// this machine alone, since metrics show which rules fire.
func listenAddress(value string) (string, error) {
	host, port, err := net.SplitHostPort(value)
	if err != nil {
		host, port = "", value
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strings.ContainsAny(host, " /") {
		return "", wrong(value, "an address such as 127.0.0.1:2112, or a port from 1 to 65535")
	}
	return net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port), nil
}

func choice[T any](value string, choices map[string]T, allowed string) (T, error) {
	chosen, ok := choices[strings.ToLower(value)]
	if !ok {
		return chosen, wrong(value, allowed)
	}
	return chosen, nil
}

// onOff reads a switch in every spelling that Fluent Bit takes.
func onOff(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "on", "true", "yes", "1":
		return true, nil
	case "off", "false", "no", "0":
		return false, nil
	}
	return false, wrong(value, "on or off")
}

func number(value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, wrong(value, fmt.Sprintf("a whole number from %d to %d", least, most))
	}
	return n, nil
}

// period reads Fluent Bit's notation: a number of seconds, or one with a unit
// s, m, h or d.
func period(value string, least, most time.Duration) (time.Duration, error) {
	digits, unit := value, time.Second
	if n := len(value); n > 0 {
		if u, ok := map[byte]time.Duration{
			's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour,
		}[value[n-1]|0x20]; ok {
			digits, unit = value[:n-1], u
		}
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0, wrong(value, "a number of seconds, or a number with s, m, h or d, such as 5m")
	}
	if d := time.Duration(n) * unit; d/unit == time.Duration(n) && d >= least && d <= most {
		return d, nil
	}
	return 0, wrong(value, fmt.Sprintf("from %s to %s", shortPeriod(least), shortPeriod(most)))
}

// size reads Fluent Bit's notation: a number of bytes, or one with K, M or G.
func size(value string, least, most int64) (int64, error) {
	digits, unit := value, int64(1)
	if n := len(value); n > 0 {
		if u, ok := map[byte]int64{'k': 1 << 10, 'm': 1 << 20, 'g': 1 << 30}[value[n-1]|0x20]; ok {
			digits, unit = value[:n-1], u
		}
	}
	n, err := strconv.ParseUint(digits, 10, 40)
	if bytes := int64(n) * unit; err == nil && n <= uint64(most/unit) && bytes >= least && bytes <= most {
		return bytes, nil
	}
	return 0, wrong(value, fmt.Sprintf("a size from %s to %s", shortSize(least), shortSize(most)))
}

func shortSize(bytes int64) string {
	if bytes%(1<<30) == 0 {
		return fmt.Sprintf("%dG", bytes>>30)
	}
	return fmt.Sprintf("%dM", bytes>>20)
}

func shortPeriod(d time.Duration) string {
	switch {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d == 0:
		return "0"
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
