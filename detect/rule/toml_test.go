package rule

import (
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// documentsOfTOML are right and wrong in ways that only a decoder sees: keys that are
// defined twice, and values that do not exist.
var documentsOfTOML = []string{
	"a = 1\na = 2", "[r]\nx = 1\n[r]\ny = 1", "[r]\nx = 1\nx = 2", "[a]\nb = {c = 1, c = 2}", "[a]\nb.c = 1\nb = 2",
	"[[a]]\nx = 1\n[a]\ny = 1", "a = [1]\n[[a]]\n", "a.b = 1\n[a]\nc = 1", "a = {}\n[a.b]\n", "x = [{a = 1, a = 2}]",
	"[a]\n[a.b]\n[[a.c]]\nd = 1\n[[a.c]]\nd = 1",
	"x = 2026-13-45", "[r]\nx = 2026-99-99T00:00:00Z", "[[r]]\nx = [{a = 2026-99-01}]", "x = 00:99:00", "x = 2026-11-27",
	"x = 99999999999999999999", "x = 0xffffffffffffffffff", "x = 1e999", "x = 0.5", "x = inf", "x = 1_000", "x = 0b101", "x = +9",
	"x = 01", "x = 1__0", "x = ", "x", "\"", "x = \"\\ud800\"", "x = \"\xff\"", "",
}

func FuzzTOMLIsRefusedIfItsDecoderRefusesIt(f *testing.F) {
	for _, text := range documentsOfTOML {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var decoded map[string]any
		want := toml.Unmarshal([]byte(text), &decoded)
		_, err := new(tomlReader).read("rule.toml", []byte(text))
		if (err != nil) != (want != nil) {
			t.Errorf("%q: %v, the decoder: %v", text, err, want)
		}
	})
}

func TestAnErrorOfTOMLHasItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1\na = 2":               "rule.toml:2:1: the file is not TOML: key a is already defined",
		"a = 1\n[r]\nx = 2026-13-45": "rule.toml:3:10: the file is not TOML: impossible date",
	} {
		if _, err := new(tomlReader).read("rule.toml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q:\n%v\nwant\n%s", text, err, want)
		}
	}
}
