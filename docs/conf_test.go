package docs

import (
	"bufio"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// configuration is a Fluent Bit configuration of either format: sections with
// properties, whose names are in lower case.
type configuration struct {
	settings map[string]string // env:, or @SET
	service  section
	plugins  []string
	inputs   []section
	filters  []section
	outputs  []section
}

// section has the values of each property in order.
type section map[string][]string

func (s section) get(name string) string { return strings.Join(s[name], "\n") }

// readYAML reads the parts of the YAML format that matter here.
func readYAML(t *testing.T, text string) (c configuration) {
	t.Helper()
	var file struct {
		Env, Service map[string]any
		Plugins      []string
		Pipeline     struct{ Inputs, Filters, Outputs []map[string]any }
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	sections := func(all []map[string]any) (list []section) {
		for _, m := range all {
			list = append(list, asSection(m))
		}
		return list
	}
	c.settings = make(map[string]string)
	for name, value := range file.Env {
		c.settings[name] = fmt.Sprint(value)
	}
	c.service, c.plugins = asSection(file.Service), file.Plugins
	c.inputs, c.filters, c.outputs = sections(file.Pipeline.Inputs), sections(file.Pipeline.Filters), sections(file.Pipeline.Outputs)
	for _, s := range append(file.Pipeline.Inputs, file.Pipeline.Outputs...) {
		if p, ok := s["processors"].(map[string]any); ok {
			for _, m := range p["logs"].([]any) {
				c.filters = append(c.filters, asSection(m.(map[string]any)))
			}
		}
	}
	return c
}

func asSection(m map[string]any) section {
	s := make(section)
	for name, value := range m {
		name = strings.ToLower(name)
		if list, ok := value.([]any); ok {
			for _, v := range list {
				s[name] = append(s[name], fmt.Sprint(v))
			}
			continue
		}
		s[name] = []string{fmt.Sprint(value)}
	}
	return s
}

// readClassic reads the classic format, and that of the files of plugins.
func readClassic(t *testing.T, texts ...string) (c configuration) {
	t.Helper()
	c.settings = make(map[string]string)
	into := map[string]*[]section{"[INPUT]": &c.inputs, "[FILTER]": &c.filters, "[OUTPUT]": &c.outputs}
	var s section
	lines := bufio.NewScanner(strings.NewReader(strings.Join(texts, "\n")))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		setting, isSetting := strings.CutPrefix(line, "@SET ")
		name, value, _ := strings.Cut(line, " ")
		value = strings.TrimSpace(value)
		switch {
		case line == "" || line[0] == '#':
		case isSetting:
			name, value, _ = strings.Cut(setting, "=")
			c.settings[name] = value
		case line == "[SERVICE]":
			c.service = make(section)
			s = c.service
		case line == "[PLUGINS]":
			s = make(section)
		case into[line] != nil:
			s = make(section)
			*into[line] = append(*into[line], s)
		case line[0] == '[' || s == nil:
			t.Fatalf("%s: what is this?", line)
		case name == "Path" && strings.HasSuffix(value, ".so"):
			c.plugins = append(c.plugins, value)
		default:
			s[strings.ToLower(name)] = append(s[strings.ToLower(name)], value)
		}
	}
	return c
}

// differences lists where two sections differ, switches in any case.
func (s section) differences(other section) (found []string) {
	names := slices.Sorted(maps.Keys(s))
	for name := range other {
		if _, ok := s[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if a, b := s.get(name), other.get(name); !strings.EqualFold(a, b) || a != b && !strings.EqualFold(a, "on") && !strings.EqualFold(a, "off") {
			found = append(found, fmt.Sprintf("%s is %q and %q", name, a, b))
		}
	}
	return found
}

func TestTheTwoFormatsOfAConfigurationSayTheSame(t *testing.T) {
	classic, err := filepath.Glob(filepath.Join(top, "conf", "*.conf"))
	if err != nil {
		t.Fatal(err)
	}
	plugins, compared := read(t, "conf/plugins.conf"), 0
	for _, path := range classic {
		base := strings.TrimSuffix(filepath.Base(path), ".conf")
		if base == "plugins" || base == "parsers" {
			continue
		}
		compared++
		t.Run(base, func(t *testing.T) {
			a, b := readYAML(t, read(t, "conf/"+base+".yaml")), readClassic(t, read(t, "conf/"+base+".conf"), plugins)
			if !maps.Equal(a.settings, b.settings) {
				t.Errorf("the settings are %q and %q", a.settings, b.settings)
			}
			if !slices.Equal(a.plugins, b.plugins) {
				t.Errorf("the plugins are %q and %q", a.plugins, b.plugins)
			}
			delete(b.service, "plugins_file")
			delete(b.service, "parsers_file")
			for _, kind := range []struct {
				name string
				a, b []section
			}{{"service", []section{a.service}, []section{b.service}}, {"input", a.inputs, b.inputs}, {"filter", a.filters, b.filters}, {"output", a.outputs, b.outputs}} {
				if len(kind.a) != len(kind.b) {
					t.Errorf("there are %d sections %s and %d", len(kind.a), kind.name, len(kind.b))
					continue
				}
				for i := range kind.a {
					for _, difference := range kind.a[i].differences(kind.b[i]) {
						t.Errorf("%s %d: %s", kind.name, i+1, difference)
					}
				}
			}
		})
	}
	if compared != 6 {
		t.Errorf("%d configurations were compared", compared)
	}
}

// ships returns every Fluent Bit configuration that is shipped, by its name.
func ships(t *testing.T) map[string]configuration {
	t.Helper()
	all := make(map[string]configuration)
	plugins := read(t, "conf/plugins.conf")
	files, err := filepath.Glob(filepath.Join(top, "conf", "*.[yc]*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		name := "conf/" + filepath.Base(path)
		switch text := read(t, name); {
		case name == "conf/plugins.conf" || name == "conf/parsers.conf":
		case strings.HasSuffix(name, ".yaml"):
			all[name] = readYAML(t, text)
		default:
			all[name] = readClassic(t, text, plugins)
		}
	}
	all["conf/deploy/trailwire.yaml"] = readYAML(t, read(t, "conf/deploy/trailwire.yaml"))
	var values struct {
		Config struct {
			ExtraFiles map[string]string `yaml:"extraFiles"`
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "conf/deploy/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	all["conf/deploy/values.yaml"] = readYAML(t, values.Config.ExtraFiles["trailwire.yaml"])
	all["conf/deploy/collect.yaml"] = readYAML(t, podOfTheCollector(t).config)
	firelens := readClassic(t, read(t, "conf/deploy/firelens.conf"))
	firelens.plugins = routerOfFireLens(t).Command
	all["conf/deploy/firelens.conf"] = firelens
	for i, b := range parse(read(t, "README.md")).blocks {
		if b.language == "yaml" {
			all[fmt.Sprint("README.md, block ", i+1)] = readYAML(t, b.text)
		}
	}
	if len(all) < 22 {
		t.Fatalf("only %d configurations", len(all))
	}
	return all
}

// What docs/reliability.md promises holds for a configuration that has all of this:
// alerts go to an input with its storage on disk, and no output gives them up.
func TestEveryConfigurationThatShipsTakesTheRouteThatLosesNothing(t *testing.T) {
	for name, c := range ships(t) {
		t.Run(name, func(t *testing.T) {
			if c.service.get("storage.path") == "" || c.service.get("scheduler.cap") != "30" {
				t.Errorf("the service is %q", c.service)
			}
			raises := false
			for _, f := range c.filters {
				if f.get("name") == "trailwire" {
					raises = true
					if tag := f.get("alert_tag"); !strings.HasSuffix(tag, ".$severity") {
						t.Errorf("alert_tag is %q", tag)
					}
				}
			}
			for _, i := range c.inputs {
				if i.get("storage.type") != "filesystem" {
					t.Errorf("the input %s has its storage in memory", i.get("name"))
				}
			}
			alerts := slices.IndexFunc(c.inputs, func(s section) bool { return s.get("name") == "trailwire" })
			switch {
			case raises && alerts < 0:
				t.Error("there is no input for alerts")
			case raises:
				for _, file := range []string{"flb-filter_trailwire.so", "flb-in_trailwire.so"} {
					if !slices.ContainsFunc(c.plugins, func(p string) bool { return strings.HasSuffix(p, "/"+file) }) {
						t.Errorf("%s is not loaded", file)
					}
				}
				if c.service.get("storage.keep.rejected") == "" || c.service.get("storage.rejected.limit") == "" {
					t.Errorf("what an output refuses is not kept: %q", c.service)
				}
			}
			leave := 0
			for _, o := range c.outputs {
				match := o.get("match") + o.get("match_regex")
				if !strings.HasPrefix(match, "cloudtrail") && match != "alert_metrics" || o.get("name") == "trailwire" {
					leave++
					if limit := o.get("retry_limit"); limit != "no_limits" {
						t.Errorf("the output %s for %s has the retry_limit %q", o.get("name"), match, limit)
					}
				}
			}
			if leave == 0 {
				t.Error("no alert leaves")
			}
		})
	}
}

// Other routes lose alerts. They have a page of their own, which says how many.
func TestRewriteTagIsOnThePageOfOtherRoutesAlone(t *testing.T) {
	const page = "docs/other-routes.md"
	about := documents(t)
	if err := filepath.WalkDir(filepath.Join(top, "conf"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			about = append(about, strings.TrimPrefix(path, top+"/"))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, file := range about {
		// What was measured, and what has changed, may name it.
		if file == page || file == "bench/RESULTS.md" || file == "CHANGELOG.md" {
			continue
		}
		if strings.Contains(read(t, file), "rewrite_tag") {
			t.Errorf("%s speaks of rewrite_tag: %s does", file, page)
		}
	}
	if !strings.Contains(read(t, page), "rewrite_tag") {
		t.Errorf("%s does not", page)
	}
}
