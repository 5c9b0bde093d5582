package docs

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// packages lists all packages of the module, each with those of the module that it may
// import. A package comes after those: imports run one way, up this list. Tests may import
// more.
//
// Nothing in detect knows the plugin or the command line, detect/program knows no language,
// a language knows no events, and the search in C knows needles but not their rules.
var packages = []struct{ name, mayImport string }{
	{"internal/version", ""},
	{"internal/testline", ""},
	{"internal/testbuild", ""},
	{"internal/testaws", ""},

	{"detect/document", ""},
	{"detect/program", ""},
	{"detect/eql", "detect/program"},
	{"detect/kql", "detect/program"},
	{"detect/esql", "detect/program"},
	{"detect/sigma", "detect/program"},
	{"detect/geoip", ""},
	{"detect/cloudtrail", "detect/document detect/program detect/geoip"},
	{"detect/needle", "detect/program detect/cloudtrail"},
	{"detect/grant", "detect/document detect/cloudtrail"},
	{"detect/grant/policy", "detect/document"},
	{"detect/grant/call", "detect/document detect/program detect/cloudtrail detect/needle detect/grant detect/grant/policy"},
	{"detect/grant/use", "detect/cloudtrail detect/needle detect/grant detect/grant/call"},
	{"detect/grant/closing", "detect/cloudtrail detect/needle detect/grant detect/grant/policy detect/grant/call detect/grant/use"},
	{"detect/state", ""},
	{"detect/rule/builtin", ""},
	{"detect/rule", "detect/document detect/program detect/eql detect/kql detect/esql detect/sigma detect/cloudtrail detect/grant/call detect/needle detect/rule/builtin"},
	{"detect/alert", "internal/version detect/document detect/geoip detect/cloudtrail detect/grant detect/grant/policy detect/grant/call detect/rule"},
	{"detect/related", "detect/cloudtrail detect/needle detect/grant/call detect/alert"},
	{"detect/grant/follow", "detect/grant detect/grant/policy detect/grant/call detect/grant/use detect/grant/closing detect/state detect/alert"},
	{"detect", "detect/document detect/program detect/geoip detect/cloudtrail detect/grant detect/grant/policy detect/grant/call detect/grant/use detect/grant/closing detect/needle detect/state detect/rule detect/alert detect/related detect/grant/follow"},
	{"detect/conformance", ""},

	{"internal/address", ""},
	{"internal/chunk", "detect/document detect"},
	{"internal/search", "detect/document detect/needle detect"},
	{"internal/statefile", "detect/state"},
	{"internal/metrics", "internal/version detect/alert detect"},
	{"internal/testmmdb", ""},
	{"internal/property", "detect/geoip detect/state detect/rule detect/alert detect internal/address"},
	{"internal/property/generate", "internal/property"},
	{"internal/deliver", "detect/document detect internal/address internal/chunk"},
	{"internal/deliver/delivertest", "detect/document"},

	{"plugin/host", ""},
	{"plugin/input", "plugin/host"},
	{"plugin/filter", "detect/rule detect/alert detect internal/chunk internal/search internal/statefile internal/metrics internal/property plugin/host"},
	{"plugin/output", "detect/rule detect internal/search internal/metrics internal/property internal/deliver plugin/host"},
	{"plugin", "plugin/host plugin/input plugin/filter plugin/output"},
	{"plugin/testhost/soak", "detect/document internal/chunk"},

	{"cmd/trailwire/internal/story", "detect/grant detect/grant/use detect/alert"},
	{"cmd/trailwire/internal/terminal", "detect/program detect/grant detect/grant/call detect/rule detect/alert detect cmd/trailwire/internal/story"},
	{"cmd/trailwire/internal/logfile", "detect/document cmd/trailwire/internal/terminal"},
	{"cmd/trailwire/internal/report", "detect/document detect/cloudtrail detect/grant detect/grant/call detect/rule detect/alert detect cmd/trailwire/internal/story cmd/trailwire/internal/terminal"},
	{"cmd/trailwire/internal/collect", "detect/document internal/deliver cmd/trailwire/internal/logfile"},
	{"cmd/trailwire", "cmd/trailwire/internal/terminal cmd/trailwire/internal/logfile cmd/trailwire/internal/report cmd/trailwire/internal/story cmd/trailwire/internal/collect internal/version detect/document detect/program detect/eql detect/kql detect/esql detect/cloudtrail detect/rule detect/alert detect internal/address internal/chunk internal/property internal/deliver"},

	{"bench/rivals", ""}, // a program for a filter of Fluent Bit's
	{"bench/workload", "detect/document detect/rule"},
	{"bench", "detect/rule detect internal/chunk internal/search bench/workload"},
	{"tools/sigmaoracle", ""},
	{"tools/release", ""},
	{"docs", ""},
}

// usesC reports whether a package may use C: the plugin, and the search that it calls.
func usesC(name string) bool {
	return name == "plugin" || strings.HasPrefix(name, "plugin/") || name == "internal/search"
}

func TestImportsRunOneWay(t *testing.T) {
	allowed := map[string][]string{}
	for _, p := range packages {
		for _, name := range strings.Fields(p.mayImport) {
			if _, before := allowed[name]; !before {
				t.Errorf("%s may import %s, which is not before it in the list", p.name, name)
			}
		}
		allowed[p.name] = strings.Fields(p.mayImport)
	}
	imports := importsOfModule(t)
	for name := range allowed {
		if _, exists := imports[name]; !exists {
			t.Errorf("%s is in the list and not in the repository", name)
		}
	}
	for name, from := range imports {
		may, listed := allowed[name]
		if !listed {
			t.Errorf("%s is a new package: give it its place in the list in docs/imports_test.go", name)
		}
		for path, file := range from {
			own, isOwn := strings.CutPrefix(path, module)
			switch {
			case path == "C" && !usesC(name):
				t.Errorf("%s: %s is not one of the packages that use cgo", file, name)
			case isOwn && listed && !slices.Contains(may, own):
				t.Errorf("%s: %s may not import %s", file, name, own)
			}
		}
	}
	if len(imports) < 25 {
		t.Errorf("only %d packages were found: the test shows nothing", len(imports))
	}
}

const module = "github.com/trailwire/trailwire/"

// importsOfModule returns, for each package, what it imports and a file that does. It reads
// all files, whatever their build constraints are, but no tests.
func importsOfModule(t *testing.T) map[string]map[string]string {
	t.Helper()
	imports := map[string]map[string]string{}
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && path != top && (strings.HasPrefix(name, ".") || name == "testdata" || name == "build"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		folder, err := filepath.Rel(top, filepath.Dir(path))
		if err != nil {
			return err
		}
		if imports[folder] == nil {
			imports[folder] = map[string]string{}
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			imports[folder][name] = filepath.ToSlash(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}
