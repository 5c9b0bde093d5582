package property

import (
	"fmt"
	"io"
	"os"

	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/rule"
)

// maxDatabase is the most bytes of a database: the largest of MaxMind's have a third of it.
const maxDatabase = 1 << 30

// readDatabase reads a database of addresses from a file. It is in memory as a whole: a
// file that is written over while it is mapped would end the process.
func readDatabase(path string, read func([]byte) (*geoip.Database, error)) (*geoip.Database, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, reason(err))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, reason(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a file", path)
	}
	if info.Size() > maxDatabase {
		return nil, fmt.Errorf("%q is larger than %d MB", path, maxDatabase>>20)
	}
	text := make([]byte, info.Size())
	if _, err := io.ReadFull(file, text); err != nil {
		return nil, fmt.Errorf("%q: %w", path, reason(err))
	}
	database, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	return database, nil
}

// withoutDatabase warns of rules that read fields which a database has to give, and that
// is not there: in a raw event such a field is null.
func withoutDatabase(rules []*rule.Rule, databases geoip.Databases) (warnings []string) {
	has := map[string]bool{"asn_database": databases.ASN != nil, "geo_database": databases.Geo != nil}
	for _, property := range [...]string{"asn_database", "geo_database"} {
		count, first, field := 0, "", ""
		for _, r := range rules {
			for _, f := range r.Fields() {
				if f.Database() == property && !has[property] {
					if count++; count == 1 {
						first, field = r.Name, f.Name()
					}
					break
				}
			}
		}
		switch {
		case count == 1:
			warnings = append(warnings, fmt.Sprintf("the rule %q reads %s, which a raw event has with %s alone", first, field, property))
		case count > 1:
			warnings = append(warnings, fmt.Sprintf("%d rules read fields that a raw event has with %s alone: the first is %q, with %s", count, property, first, field))
		}
	}
	return warnings
}
