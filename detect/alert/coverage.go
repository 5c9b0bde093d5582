package alert

// Coverage says how far the engine goes beyond the predicate of the rule it
// ships with.
type Coverage uint8

const (
	// CoverRule alerts exactly when the predicate matches.
	CoverRule Coverage = iota
	// CoverExtended also alerts on the grants that the predicate misses:
	// cross-account and public ones in disguise or to do something else than
	// invoke, whole organizations, and services that act for anybody or for
	// another account.
	CoverExtended
	// CoverAll also evaluates the rules about foreign grants in every service.
	// No alert says it: its rule does.
	CoverAll
)

// String returns the word that an alert says, empty for [CoverRule].
func (c Coverage) String() string {
	if c == CoverExtended {
		return coverageExtended
	}
	return ""
}

const coverageExtended = "extended"
