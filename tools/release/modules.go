package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// module is code of others that a program contains: a Go module, or Go's own library.
type module struct {
	path, version, sum string
	texts              []text
	licenses           []string // ids of licensecheck: SPDX has all but GooglePatentsFile
}

// text is a file with a license or a notice.
type text struct{ name, content string }

// standard is what CycloneDX's tool for Go calls the library that comes with Go.
const standard = "std"

// isLicense names the files that have to go with a program that contains a module.
var isLicense = regexp.MustCompile(`(?i)^(license|licence|copying|notice|patents)([.-].*)?$`)

// contained returns what the programs contain, by what the Go linker wrote into them, and
// for each program the names of it.
func contained(programs []string) (modules []*module, uses map[string][]string, err error) {
	all := map[string]*module{}
	uses = map[string][]string{}
	for _, program := range programs {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", program, err)
		}
		found := []*module{{path: standard, version: strings.TrimPrefix(info.GoVersion, "go")}}
		for _, dep := range info.Deps {
			if dep.Replace != nil {
				dep = dep.Replace
			}
			found = append(found, &module{path: dep.Path, version: dep.Version, sum: dep.Sum})
		}
		for _, m := range found {
			if had := all[m.path]; had != nil && had.version != m.version {
				return nil, nil, fmt.Errorf("%s is in the programs as %s and %s: they are not of one build", m.path, had.version, m.version)
			}
			if all[m.path] == nil {
				all[m.path] = m
				modules = append(modules, m)
			}
			uses[program] = append(uses[program], m.path)
		}
	}
	slices.SortFunc(modules, func(a, b *module) int { return strings.Compare(a.path, b.path) })
	for _, m := range modules {
		if err := m.readLicenses(); err != nil {
			return nil, nil, err
		}
	}
	return modules, uses, nil
}

// readLicenses reads a module's texts from the module cache, and which licenses they are.
func (m *module) readLicenses() error {
	folder, err := m.folder()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !isLicense.MatchString(e.Name()) || e.IsDir() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		m.texts = append(m.texts, text{e.Name(), string(content)})
		for _, match := range licensecheck.Scan(content).Match {
			if !match.IsURL && !slices.Contains(m.licenses, match.ID) && match.ID != "GooglePatentClause" {
				m.licenses = append(m.licenses, match.ID)
			}
		}
	}
	if len(m.licenses) == 0 {
		return fmt.Errorf("%s %s has no license that is known", m.path, m.version)
	}
	slices.Sort(m.licenses)
	return nil
}

func (m *module) folder() (string, error) {
	if m.path == standard {
		return output("go", "env", "GOROOT")
	}
	described, err := output("go", "mod", "download", "-json", m.path+"@"+m.version)
	if err != nil {
		return "", err
	}
	var download struct{ Dir string }
	if err := json.Unmarshal([]byte(described), &download); err != nil || download.Dir == "" {
		return "", fmt.Errorf("%s@%s is not in the module cache: %w", m.path, m.version, err)
	}
	return download.Dir, nil
}

func output(name string, args ...string) (string, error) {
	command := exec.Command(name, args...)
	out, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			out = append(out, exit.Stderr...)
		}
		return "", fmt.Errorf("%s: %w: %s", command, err, bytes.TrimSpace(out))
	}
	return strings.TrimSpace(string(out)), nil
}

// licenses writes into OUT the licenses and notices of everything that the programs
// contain, which they ask for beside copies of them.
func licenses(args []string) error {
	if len(args) < 2 {
		return errors.New("licenses OUT PROGRAM...")
	}
	modules, _, err := contained(args[1:])
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("Trailwire's programs contain the software below. Each part has its licenses and notices after its name.\n")
	for _, m := range modules {
		fmt.Fprintf(&b, "\n%s\n%s %s: %s\n", strings.Repeat("=", 78), m.path, m.version, strings.Join(m.licenses, " AND "))
		for _, t := range m.texts {
			fmt.Fprintf(&b, "%s\n%s\n\n%s\n", strings.Repeat("-", 78), t.name, strings.TrimSpace(t.content))
		}
	}
	return os.WriteFile(args[0], []byte(b.String()), 0o644)
}
