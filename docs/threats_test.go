package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var nameOfATest = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")

func TestEveryTestThatADocumentNamesExists(t *testing.T) {
	var sources strings.Builder
	if err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		sources.Write(text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, document := range documents(t) {
		for _, m := range nameOfATest.FindAllStringSubmatch(read(t, document), -1) {
			named++
			if !strings.Contains(sources.String(), "\nfunc "+m[1]+"(") {
				t.Errorf("%s names %s, which does not exist", document, m[1])
			}
		}
	}
	if named < 40 {
		t.Errorf("only %d tests are named: the test shows nothing", named)
	}
}

func TestEveryClaimAboutAnAttackerHasItsTest(t *testing.T) {
	claims := 0
	for i, line := range strings.Split(read(t, "THREATS.md"), "\n") {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| cannot ") || strings.HasPrefix(line, "| --- ") {
			continue
		}
		claims++
		if !nameOfATest.MatchString(line) {
			t.Errorf("THREATS.md:%d: no test shows %s", i+1, line)
		}
	}
	if claims < 15 {
		t.Errorf("only %d claims were found: the test shows nothing", claims)
	}
}
