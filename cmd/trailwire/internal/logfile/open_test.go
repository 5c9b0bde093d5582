package logfile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// write puts a file into folder and returns its path.
func write(t *testing.T, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// zipped is text as gzip.
func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestOfAFolderTheLogsAreListedAndANamedFileAlways(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{
		"b.json", "a.ndjson", "AWSLogs/1/x.json.gz", "AWSLogs/2/Y.JSONL.GZ", "deep/er/z.jsonl",
		"README.md", "verdict.toml", "plain.gz", "json", ".json.swp",
	} {
		write(t, folder, name, "{}")
	}
	named := write(t, t.TempDir(), "cloudtrail.log", "{}")
	want := []string{
		"AWSLogs/1/x.json.gz", "AWSLogs/2/Y.JSONL.GZ by line", "a.ndjson by line", "b.json",
		"deep/er/z.jsonl by line", "cloudtrail.log", "-",
	}
	var got []string
	inputs := listInputs([]string{folder, named, "-"}, func(path string, err error) { t.Errorf("%s: %v", path, err) })
	for _, in := range inputs {
		name := strings.TrimPrefix(strings.TrimPrefix(in.path, folder+"/"), filepath.Dir(named)+"/")
		if in.lines {
			name += " by line"
		}
		got = append(got, name)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
}

func TestWhatCannotBeListedIsAProblem(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "README.md", "nothing to read here")
	loop := filepath.Join(t.TempDir(), "loop.json")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, path, want string }{
		{"a folder without logs", folder, "no .json, .ndjson or .jsonl file (or such a file with .gz) in this folder"},
		{"a file that is not there", filepath.Join(folder, "no.json"), "no such file or directory"},
		{"a link that leads nowhere", loop, "too many levels of symbolic links"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			inputs := listInputs([]string{test.path}, func(path string, err error) {
				got = append(got, path+": "+err.Error())
			})
			if want := []string{test.path + ": " + test.want}; !reflect.DeepEqual(got, want) || len(inputs) > 0 {
				t.Errorf("%d inputs, problems %q, want %q", len(inputs), got, want)
			}
		})
	}
}

func TestGzipIsKnownByItsFirstBytes(t *testing.T) {
	whole := zipped(t, strings.Repeat("{\"a\":1}\n", 1000))
	tests := []struct {
		name, text string
		want       int    // bytes that can be read
		wantErr    string // what ends them
	}{
		{"plain text", "{}", 2, ""},
		{"no text", "", 0, ""},
		{"one byte of it", "\x1f", 1, ""},
		{"gzip", zipped(t, "{}"), 2, ""},
		{"two gzip files in one", zipped(t, "{}") + zipped(t, "{}"), 4, ""},
		{"gzip that is cut off in its header", "\x1f\x8b\x08", 0, "not gzip although it begins so: the file is cut off"},
		{"gzip with another header", "\x1f\x8bnonsense...", 0, "not gzip although it begins so: what follows is no gzip"},
		{"gzip without its checksum", whole[:len(whole)-4], 8000, "gzip: the file is cut off"},
		{"gzip with a wrong checksum", whole[:len(whole)-8] + "abcdefgh", 8000, "gzip: the checksum is wrong"},
		{"gzip with something behind", zipped(t, "{}") + "trailing garbage", 2, "gzip: what follows is no gzip"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fromDisk := 0
			path := write(t, t.TempDir(), "x", test.text)
			c, err := openInput(input{path: path}, nil, func(n int) { fromDisk += n })
			var got []byte
			if err == nil {
				got, err = io.ReadAll(c)
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}
			if len(got) != test.want {
				t.Errorf("read %d bytes, want %d", len(got), test.want)
			}
			if fromDisk != len(test.text) {
				t.Errorf("counted %d bytes from the disk, want %d", fromDisk, len(test.text))
			}
			if (err == nil) != (test.wantErr == "") || (err != nil && err.Error() != test.wantErr) {
				t.Errorf("error %v, want %q", err, test.wantErr)
			}
		})
	}
}

func TestAFileThatCannotBeOpenedSaysWhyWithoutItsName(t *testing.T) {
	_, err := openInput(input{path: filepath.Join(t.TempDir(), "no.json")}, nil, func(int) {})
	if !errors.Is(err, os.ErrNotExist) || err.Error() != "no such file or directory" {
		t.Errorf("error %v", err)
	}
}
