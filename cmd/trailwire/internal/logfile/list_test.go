package logfile

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
)

func TestOfAFolderTheLogsAreListedAndANamedFileAlways(t *testing.T) {
	folder := t.TempDir()
	for _, file := range []struct{ name, text string }{
		// by name
		{"b.json", "{}"}, {"a.ndjson", "{}"}, {"AWSLogs/1/x.json.gz", "{}"}, {"AWSLogs/2/Y.JSONL.GZ", "{}"}, {"deep/er/z.jsonl", "{}"},
		{"broken.json", "?"},
		// by what is in it
		{"app.log", "starting\n2026 {\"a\":1}"}, {"app.log.1", "{\"a\":1}"}, {"app.log-20260618.gz", zipped(t, "{\"a\":1}")},
		{"c.json.1", "{\"a\":1}"}, {"c.ndjson.2026-06-18", "{\"a\":1}"}, {"notes.txt", "\x00\x00{\"a\":1}"}, {"000000.gz", zipped(t, zipped(t, "{\"a\":1}"))},
		{"trail-stream-1-2026-03-02-10-00-00-aaaa", "{\"a\":1}{\"b\":1}"}, {"utf16.log", "\xff\xfe{\x00\"\x00"},
		{"cut.gz", zipped(t, "{\"a\":1}")[:26]},
		// not
		{"README.md", "{\"a\":1}"}, {"verdict.toml", "{}"}, {".json.swp", "{}"}, {"x.csv", "{}"}, {"y.csv.gz", "{}"}, {"z.CSV", "{}"},
		{"words.log", "nothing but words {x}"}, {"LICENSE", "words"}, {"empty.log", ""}, {"data", "\x01\x02{\"a\":1}"},
		{"far.log", strings.Repeat("word\n", sniffed/5+1) + "{\"a\":1}"}, {"x.parquet", "PAR1\x15"}, {"column", "PAR1\x15{\"a\":1}"}, {"lib.so.1", "{\"a\":1}"},
	} {
		write(t, folder, file.name, file.text)
	}
	named := write(t, t.TempDir(), "cloudtrail.csv", "{}")
	want := []string{
		"000000.gz as text", "AWSLogs/1/x.json.gz", "AWSLogs/2/Y.JSONL.GZ by line", "a.ndjson by line",
		"app.log as text", "app.log-20260618.gz as text", "app.log.1 as text", "b.json", "broken.json",
		"c.json.1", "c.ndjson.2026-06-18 by line", "cut.gz as text", "deep/er/z.jsonl by line", "notes.txt as text",
		"trail-stream-1-2026-03-02-10-00-00-aaaa as text", "utf16.log as text", "cloudtrail.csv", "-",
	}
	var got []string
	l := list(t.Context(), []string{folder, named, "-"}, nil, func(path string, err error) { t.Errorf("%s: %v", path, err) })
	for _, in := range l.inputs {
		name := strings.TrimPrefix(strings.TrimPrefix(in.path, folder+"/"), filepath.Dir(named)+"/")
		if in.lines {
			name += " by line"
		}
		if in.prose {
			name += " as text"
		}
		got = append(got, name)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	aside := []terminal.LeftAside{
		{Ending: "", Files: 3}, {Ending: ".log", Files: 3}, {Ending: ".csv", Files: 2}, {Ending: ".csv.gz", Files: 1},
		{Ending: ".md", Files: 1}, {Ending: ".parquet", Files: 1}, {Ending: ".so", Files: 1}, {Ending: ".swp", Files: 1}, {Ending: ".toml", Files: 1},
	}
	if got := l.leftAside(); !reflect.DeepEqual(got, aside) {
		t.Errorf("left aside %v, want %v", got, aside)
	}
}

func TestWhatCannotBeListedIsAProblem(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "README.md", "nothing to read here")
	write(t, folder, "loop/README.md", "nothing to read here")
	loop := filepath.Join(t.TempDir(), "loop.json")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	zip := t.TempDir()
	write(t, zip, "x.gz", "\x1f\x8bnonsense")
	tests := []struct {
		name, path string
		want       []string
	}{
		{"a folder without logs", folder, []string{": no log file in this folder"}},
		{"a file that is not there", filepath.Join(folder, "no.json"), []string{": no such file or directory"}},
		{"a link that leads nowhere", loop, []string{": too many levels of symbolic links"}},
		{"a file that cannot be looked into", zip, []string{"/x.gz: not gzip although it begins so: what follows is not gzip", ": no log file in this folder"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			l := list(t.Context(), []string{test.path}, nil, func(path string, err error) {
				got = append(got, fmt.Sprintf("%s: %v", strings.TrimPrefix(path, test.path), err))
			})
			if !reflect.DeepEqual(got, test.want) || len(l.inputs) > 0 {
				t.Errorf("%d inputs, problems %q, want %q", len(l.inputs), got, test.want)
			}
		})
	}
}
