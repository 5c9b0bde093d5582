package property

import (
	"errors"
	"testing"
)

func TestAReloadWithWrongSettingsGoesOnWithTheLastGoodOnes(t *testing.T) {
	wrong := errors.New(`property "coverage": "all" is not allowed`)
	busy := errors.New(`property "metrics_listen": address already in use`)
	for _, c := range []struct {
		name      string
		instance  string
		before    string // the settings that the instance of the name a has started with
		read      error
		unusable  string // the settings with which nothing starts
		wantStart string
		wantStale error
		wantErr   error
	}{
		{"a first start is strict", "a", "", wrong, "", "", nil, wrong},
		{"a first start that fails later is, too", "a", "", nil, "new", "", nil, busy},
		{"good settings are used", "a", "old", nil, "", "new", nil, nil},
		{"wrong settings are not", "a", "old", wrong, "", "old", wrong, nil},
		{"nor are those that nothing starts with", "a", "old", nil, "new", "old", busy, nil},
		{"another instance's are not taken", "b", "old", wrong, "", "", nil, wrong},
	} {
		t.Run(c.name, func(t *testing.T) {
			var k Kept[string]
			start := func(settings string) (string, error) {
				if settings == c.unusable {
					return "", busy
				}
				return settings, nil
			}
			if c.before != "" {
				if _, _, err := Start(&k, "a", func() (string, error) { return c.before, nil }, start); err != nil {
					t.Fatal(err)
				}
			}
			got, stale, err := Start(&k, c.instance, func() (string, error) { return "new", c.read }, start)
			if got != c.wantStart || stale != c.wantStale || err != c.wantErr {
				t.Errorf("it starts with %q, stale is %v, the error is %v; want %q, %v, %v", got, stale, err, c.wantStart, c.wantStale, c.wantErr)
			}
		})
	}
}

func TestTheSettingsAfterAWrongReloadAreStillTheLastGoodOnes(t *testing.T) {
	var k Kept[string]
	same := func(s string) (string, error) { return s, nil }
	good := func() (string, error) { return "good", nil }
	wrong := func() (string, error) { return "", errors.New("wrong") }
	for i, c := range []struct {
		read      func() (string, error)
		wantStale bool
	}{{good, false}, {wrong, true}, {wrong, true}, {good, false}} {
		got, stale, err := Start(&k, "a", c.read, same)
		if got != "good" || (stale != nil) != c.wantStale || err != nil {
			t.Errorf("start %d: %q, stale: %v, %v", i, got, stale, err)
		}
	}
}
