package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/tinylib/msgp/msgp"

	alerts "github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/internal/chunk"
)

// doorCase is one run of a file in testdata: its records, with which properties, and
// which events alert.
type doorCase struct {
	name       string // of the file, below testdata, with its ending
	isText     bool   // records are not JSON: they are for tail and scan alone
	records    []string
	properties map[string]string
	alerts     []string // ids of events, in order
}

// doorCases reads testdata.
func doorCases(t *testing.T) (cases []doorCase) {
	t.Helper()
	const testdata = "../testdata"
	err := fs.WalkDir(os.DirFS(testdata), ".", func(path string, entry fs.DirEntry, err error) error {
		ending := filepath.Ext(path)
		if err != nil || ending != ".json" && ending != ".ndjson" {
			return err
		}
		var verdict struct {
			Runs []struct {
				Properties map[string]string `toml:"properties"`
				Alerts     []string          `toml:"alerts"`
			} `toml:"run"`
		}
		file := filepath.Join(testdata, path)
		if err := toml.Unmarshal([]byte(read(t, strings.TrimSuffix(file, ending)+".toml")), &verdict); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		records := lines(read(t, file))
		if ending == ".json" {
			var line bytes.Buffer
			if err := json.Compact(&line, []byte(read(t, file))); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			records = []string{line.String()}
		}
		for _, run := range verdict.Runs {
			cases = append(cases, doorCase{path, false, records, run.Properties, run.Alerts})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(cases, textCases()...)
}

// textCases are lines of files that are not JSON objects.
func textCases() (cases []doorCase) {
	one, two := grant("one", "444455556666"), grant("two", "444455556666")
	deep := `{"eventVersion":"1.11","x":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`
	for name, c := range map[string]struct {
		text   string
		alerts []string
	}{
		"words before":             {"2026-06-18T12:00:00Z stdout F " + one + "\n<13>1 host app - - - " + two, []string{"one", "two"}},
		"a byte order mark":        {"\ufeff" + one + "\n\ufeff" + two, []string{"one", "two"}},
		"two on a line":            {one + two, []string{"one", "two"}},
		"a list":                   {"[" + one + "," + two + "]", []string{"one", "two"}},
		"a list of texts":          {`[` + string(quote(one)) + `,` + string(quote(two)) + `]`, []string{"one", "two"}},
		"a text":                   {string(quote(one)), []string{"one"}},
		"separators of RFC 7464":   {"\x1e" + one + "\n\x1e" + two, []string{"one", "two"}},
		"cut off":                  {one + "\n" + two[:300] + "\n" + two, []string{"one", "two"}},
		"a list that is cut off":   {`{"Records":[` + one + `,` + two + `,{"eventVersion":"1.`, []string{"one", "two"}},
		"a broken one in a list":   {`{"Records":[` + one + `,{"eventVersion":},` + two + `]}`, []string{"one", "two"}},
		"a deep one in a list":     {`{"Records":[` + one + `,` + deep + `,` + two + `]}`, []string{"one", "two"}},
		"a deep one":               {deep + "\n" + one, []string{"one"}},
		"words in brackets":        {"[INFO] starting {x}\n" + one, []string{"one"}},
		"nothing but words":        {"lambda:InvokeFunction", nil},
		"bytes that are not UTF-8": {strings.Replace(one, "aws-cli", "\xff\xfe", 1), []string{"one"}},
	} {
		cases = append(cases, doorCase{name, true, lines(c.text), map[string]string{}, c.alerts})
	}
	return cases
}

func quote(text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return quoted
}

func (c *doorCase) String() string { return fmt.Sprint(c.name, " ", c.properties) }

// alertsIn returns the ids of the events that alert in records.
func (c *doorCase) alertsIn(records [][]byte) (ids []string) {
	key := c.properties["alert_key"]
	if key == "" {
		key = "alert"
	}
	formats := map[string]alerts.Format{"": alerts.FormatNative, "native": alerts.FormatNative, "ecs": alerts.FormatECS, "ocsf": alerts.FormatOCSF}
	for _, record := range records {
		for _, a := range alerts.Read(record, formats[c.properties["alert_format"]], key) {
			if a.DedupKey != "" { // not what a sender wrote
				ids = append(ids, a.EventID)
			}
		}
	}
	return ids
}

// check compares what came out of a door with the verdict. Whether a list is split
// depends on the door, and with it the order of its alerts.
func (c *doorCase) check(t *testing.T, door string, records [][]byte) {
	t.Helper()
	got, want := c.alertsIn(records), slices.Clone(c.alerts)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s through %s alerts on %q, want %q", c, door, got, want)
	}
}

var builtCommand = sync.OnceValues(func() (string, error) {
	path := filepath.Join(workshop, "trailwire")
	if out, err := exec.Command("go", "build", "-o", path, "../cmd/trailwire").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestEveryCaseGetsItsVerdictFromScan(t *testing.T) {
	t.Parallel()
	command, err := builtCommand()
	if err != nil {
		t.Fatal(err)
	}
	// One scan for all files of the same properties: to start it takes longer than to scan.
	cases := doorCases(t)
	for _, properties := range propertiesOf(cases) {
		all := doorCase{name: "testdata", properties: properties}
		args := []string{"scan", "--quiet", "--format", "json"}
		for name, value := range properties {
			args = append(args, "--"+strings.ReplaceAll(name, "_", "-")+"="+value)
		}
		for _, c := range cases {
			path := filepath.Join("../testdata", c.name)
			switch {
			case !reflect.DeepEqual(c.properties, properties):
				continue
			case c.isText:
				path = write(t, filepath.Join(folder(t), "x.log"), strings.Join(c.records, "\n")+"\n")
			}
			args, all.alerts = append(args, path), append(all.alerts, c.alerts...)
		}
		out, err := exec.Command(command, args...).Output()
		var failed *exec.ExitError
		if errors.As(err, &failed) && failed.ExitCode() != 1 || err != nil && failed == nil { // 1 is a problem with a record
			t.Fatalf("%s: %v\n%s", &all, err, failed.Stderr)
		}
		var records [][]byte
		for _, line := range lines(string(out)) {
			records = append(records, body(t, line))
		}
		all.check(t, "scan", records)
	}
}

// propertiesOf returns the properties of cases, each once.
func propertiesOf(cases []doorCase) (groups []map[string]string) {
	for _, c := range cases {
		if !slices.ContainsFunc(groups, func(p map[string]string) bool { return reflect.DeepEqual(p, c.properties) }) {
			groups = append(groups, c.properties)
		}
	}
	return groups
}

// Each case goes through three inputs of one Fluent Bit, under a tag of its own. Cases
// with the same properties have a filter together: that one of them is a duplicate of
// another does not matter, a suppressed alert is one as well.
func TestEveryCaseGetsItsVerdictThroughEveryInput(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		// What becomes of a grant depends on the order of events, and three inputs have none.
		cases := slices.DeleteFunc(doorCases(t), func(c doorCase) bool { return c.properties["follow_grants"] == "on" })
		dir, port := folder(t), freePort(t)
		socket := filepath.Join(dir, "socket")
		groups := propertiesOf(cases)
		names := make([]string, len(cases)) // the end of the tags
		for i, c := range cases {
			group := slices.IndexFunc(groups, func(p map[string]string) bool { return reflect.DeepEqual(p, c.properties) })
			names[i] = fmt.Sprintf("g%d.c%d", group, i)
			write(t, filepath.Join(dir, "in", names[i]+".log"), strings.Join(c.records, "\n")+"\n")
		}
		write(t, filepath.Join(dir, "out", "README"), "")
		p := fb.start(t, dir, "-c", doorPipeline(t, dir, port, socket, groups))

		refused := map[string]bool{}
		for i, c := range cases {
			if c.isText {
				refused["http."+names[i]], refused["forward."+names[i]] = true, true
				continue
			}
			for _, record := range c.records {
				if status, _, _ := p.post("http://127.0.0.1:"+port+"/http."+names[i], record, http.Header{"Content-Type": {"application/json"}}); status != http.StatusCreated {
					refused["http."+names[i]] = true
				}
			}
		}
		connection, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		for i, c := range cases {
			if c.isText {
				continue
			}
			var entries []byte
			for _, record := range c.records {
				entries = chunk.Append(entries, noon, body(t, record))
			}
			m := msgp.AppendString(msgp.AppendArrayHeader(nil, 2), "forward."+names[i])
			if _, err := connection.Write(msgp.AppendBytes(m, entries)); err != nil {
				t.Fatal(err)
			}
		}
		p.waitFor("everything has come out", func() bool {
			for _, name := range names {
				for _, door := range []string{"tail.", "http.", "forward."} {
					if _, err := os.Stat(filepath.Join(dir, "out", door+name)); err != nil && !refused[door+name] {
						return false
					}
				}
			}
			return true
		})
		p.stop()
		for i, c := range cases {
			for _, door := range []string{"tail", "http", "forward"} {
				tag := door + "." + names[i]
				if refused[tag] {
					if !c.isText {
						t.Logf("%s refuses %s", door, &c)
					}
					continue
				}
				c.check(t, door, bodiesIn(t, []byte(read(t, filepath.Join(dir, "out", tag)))))
			}
		}
	})
}

// bodiesIn takes a chunk apart into the bodies of its events.
func bodiesIn(t *testing.T, events []byte) (bodies [][]byte) {
	t.Helper()
	for len(events) > 0 {
		e, rest, err := chunk.Next(events)
		if err != nil {
			t.Fatal(err)
		}
		bodies, events = append(bodies, e.Body), rest
	}
	return bodies
}

// doorPipeline writes a configuration with three inputs, and a filter for each group of
// tags.
func doorPipeline(t *testing.T, dir, port, socket string, groups []map[string]string) (path string) {
	t.Helper()
	var filters strings.Builder
	for i, properties := range groups {
		fmt.Fprintf(&filters, "\n    - name: trailwire\n      match_regex: '^[a-z]+[.]g%d[.]'", i)
		for name, value := range properties {
			fmt.Fprintf(&filters, "\n      %s: %q", name, value)
		}
	}
	return write(t, filepath.Join(dir, "fluent-bit.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 5}
plugins: [%q]
parsers: [{name: json, format: json}]
pipeline:
  inputs:
    - {name: tail, path: '%[2]s/in/*.log', tag: tail.<name>, tag_regex: '/(?<name>[^/]+)[.]log$', parser: json, read_from_head: on, buffer_chunk_size: 1M, buffer_max_size: 32M}
    - {name: http, listen: 127.0.0.1, port: %[3]s, buffer_max_size: 32M}
    - {name: forward, unix_path: %[4]q, buffer_chunk_size: 1M, buffer_max_size: 32M}
  filters: %[5]s
  outputs:
    - {name: file, match: '*', path: '%[2]s/out', format: msgpack}
`, plugin(t), dir, port, socket, filters.String()))
}
