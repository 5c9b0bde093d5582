package terminal

import (
	"fmt"
	"strings"
	"testing"
)

func TestATallySaysWhatHasTheMostAlerts(t *testing.T) {
	for _, test := range []struct {
		name, alerts, want string
	}{
		{"no alert", "", ""},
		{"all are of one", "a a a", ""},
		{"the most come first, then those that sort first", "c b a b", "By rule: b (2), a (1), c (1)."},
		{"five are shown", "e d c b a", "By rule: a (1), b (1), c (1), d (1), e (1)."},
		{"and the others counted", "g f e d c b a g", "By rule: g (2), a (1), b (1), c (1), d (1) and 2 more."},
		{"large numbers have commas", strings.Repeat("a ", 1234) + "b", "By rule: a (1,234), b (1)."},
		{"what a terminal must not get is escaped", "\x1b[31m a", `By rule: \x1b[31m (1), a (1).`},
	} {
		var tally Tally
		for _, name := range strings.Split(test.alerts, " ") {
			if name != "" {
				tally.Add(name)
			}
		}
		if got := tally.Line("rule"); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestATallyOfNoAccountSaysSo(t *testing.T) {
	var tally Tally
	tally.Add("")
	tally.Add("111122223333")
	if got, want := tally.Line("account"), "By account: none (1), 111122223333 (1)."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestATallyHasRoomForSoMany(t *testing.T) {
	var tally Tally
	for i := range maxTallied + 1 {
		tally.Add(fmt.Sprintf("%05d", i))
	}
	tally.Add("00003")
	if got, want := tally.Line("account"), "By account: 00003 (2), 00000 (1), 00001 (1), 00002 (1), 00004 (1) and 9,995 or more."; got != want || len(tally.counts) != maxTallied {
		t.Errorf("%q of %d, want %q", got, len(tally.counts), want)
	}
}
