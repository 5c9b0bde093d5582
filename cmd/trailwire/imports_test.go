package main

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestImportsOfTheCommandLineRunOneWay(t *testing.T) {
	const here = "github.com/trailwire/trailwire/cmd/trailwire/internal/"
	mayImport := map[string][]string{
		".":                 {"collect", "logfile", "report", "story", "terminal"},
		"internal/collect":  {"logfile"},
		"internal/logfile":  {"terminal"},
		"internal/report":   {"story", "terminal"},
		"internal/story":    nil,
		"internal/terminal": {"story"},
	}
	folders, err := filepath.Glob("internal/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range append(folders, ".") {
		allowed, known := mayImport[folder]
		if !known {
			t.Errorf("%s is not in the table", folder)
		}
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range parsed.Imports {
				if name, internal := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), here); internal && !slices.Contains(allowed, name) {
					t.Errorf("%s imports %s", file, name)
				}
			}
		}
	}
}
