package property

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/internal/testmmdb"
)

func writeFile(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDatabasesAreReadFromFiles(t *testing.T) {
	folder := t.TempDir()
	asn, city := filepath.Join(folder, "asn.mmdb"), filepath.Join(folder, "city.mmdb")
	writeFile(t, asn, testmmdb.ASN())
	writeFile(t, city, testmmdb.City())
	s := read(t, set{"asn_database": asn, "geo_database": city})
	place := s.Options.Databases.Find(netip.MustParseAddr("198.51.100.7"))
	if place.ASNumber != 64500 || string(place.City) != "Leeds" {
		t.Errorf("%+v", place)
	}
	if s := read(t, set{}); s.Options.Databases.Any() {
		t.Error("there is a database by default")
	}
}

func TestAWrongDatabaseIsOneLine(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string][]byte{"asn.mmdb": testmmdb.ASN(), "city.mmdb": testmmdb.City(), "text.mmdb": []byte("no\ndatabase"), "empty.mmdb": nil} {
		writeFile(t, filepath.Join(folder, name), text)
	}
	for _, c := range []struct{ property, file, want string }{
		{"asn_database", "none.mmdb", `property "asn_database": "%s/none.mmdb": no such file or directory`},
		{"asn_database", "", `property "asn_database": "%s" is not a file`},
		{"asn_database", "empty.mmdb", `property "asn_database": "%s/empty.mmdb": the file is not an MMDB database, or is damaged: it must be an ASN database, such as GeoLite2-ASN`},
		{"geo_database", "text.mmdb", `property "geo_database": "%s/text.mmdb": the file is not an MMDB database, or is damaged: it must be a database of places, such as GeoLite2-City`},
		{"asn_database", "city.mmdb", `property "asn_database": "%s/city.mmdb": the database "GeoLite2-City" has no autonomous_system_number: it must be an ASN database, such as GeoLite2-ASN`},
		{"geo_database", "asn.mmdb", `property "geo_database": "%s/asn.mmdb": the database "GeoLite2-ASN" has no country: it must be a database of places, such as GeoLite2-City`},
	} {
		_, err := Read(set{c.property: filepath.Join(folder, c.file)})
		if want := strings.ReplaceAll(c.want, "%s", folder); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// A reload reads the file again; one that is broken by then leaves the last good one in place, also
// where it was written over.
func TestAReloadReadsADatabaseAgainAndKeepsTheLastGoodOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "asn.mmdb")
	var k Kept[Settings]
	start := func(s Settings) (geoip.Databases, error) { return s.Options.Databases, nil }
	for _, step := range []struct {
		name      string
		file      []byte
		want      uint32
		wantStale bool
	}{
		{"a first start", testmmdb.ASN(), 64500, false},
		{"a broken file", testmmdb.ASN()[:100], 64500, true},
		{"another kind of database", testmmdb.City(), 64500, true},
		{"a good file again", testmmdb.ASN(), 64500, false},
	} {
		writeFile(t, path, step.file)
		databases, stale, err := Start(&k, "a", func() (Settings, error) { return Read(set{"asn_database": path}) }, start)
		if err != nil || (stale != nil) != step.wantStale {
			t.Fatalf("%s: stale: %v, %v", step.name, stale, err)
		}
		if got := databases.Find(netip.MustParseAddr("198.51.100.7")).ASNumber; got != step.want {
			t.Errorf("%s: %d", step.name, got)
		}
	}
}

func TestRulesThatNeedADatabaseAreWarnedOf(t *testing.T) {
	folder := t.TempDir()
	asn := filepath.Join(folder, "asn.mmdb")
	writeFile(t, asn, testmmdb.ASN())
	rule := func(id, query string) string {
		path := filepath.Join(folder, id+".toml")
		writeFile(t, path, []byte("[rule]\nname = \"Rule "+id+"\"\nrule_id = \""+id+"\"\ntype = \"eql\"\nseverity = \"low\"\nrisk_score = 21\nquery = '''"+query+"'''\n"))
		return path
	}
	one := rule("one", `any where source.as.number == 64500 and source.as.organization.name != "x"`)
	two := rule("two", `any where source.as.organization.name : "x*"`)
	place := rule("place", `any where source.geo.country_iso_code == "NO"`)
	for _, c := range []struct {
		name   string
		values set
		want   []string
	}{
		{"one rule", set{"rules": one}, []string{`the rule "Rule one" reads source.as.number, which a raw event has with asn_database alone`}},
		{"two, and one of the other kind", set{"rules": one + "," + two + "," + place}, []string{
			`2 rules read fields that a raw event has with asn_database alone: the first is "Rule one", with source.as.number`,
			`the rule "Rule place" reads source.geo.country_iso_code, which a raw event has with geo_database alone`,
		}},
		{"with the database", set{"rules": one + "," + place, "asn_database": asn}, []string{
			`the rule "Rule place" reads source.geo.country_iso_code, which a raw event has with geo_database alone`,
		}},
		{"rules without such fields", set{}, nil},
	} {
		s := read(t, c.values)
		if got := strings.Join(s.Warnings, "\n"); got != strings.Join(c.want, "\n") {
			t.Errorf("%s:\n%s", c.name, got)
		}
	}
}
