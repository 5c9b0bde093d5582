package logfile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
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
		{"gzip with another header", "\x1f\x8bnonsense...", 0, "not gzip although it begins so: what follows is not gzip"},
		{"gzip without its checksum", whole[:len(whole)-4], 8000, "gzip: the file is cut off"},
		{"gzip with a wrong checksum", whole[:len(whole)-8] + "abcdefgh", 8000, "gzip: the checksum is wrong"},
		{"two gzip files with NUL bytes after each", zipped(t, "{}") + "\x00\x00" + zipped(t, "{}") + "\x00", 4, ""},
		{"gzip of gzip, as Firehose makes of what CloudWatch Logs gives it", zipped(t, zipped(t, "{}")+zipped(t, "{}")), 4, ""},
		{"gzip with something after it", zipped(t, "{}") + "trailing garbage", 2, "gzip: what follows is not gzip"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fromDisk := 0
			path := write(t, t.TempDir(), "x", test.text)
			c, err := openInput(t.Context(), input{path: path}, nil, func(n int) { fromDisk += n })
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

func TestTextIsReadInEveryEncodingOfUnicode(t *testing.T) {
	const text = "{\"a\":\"é😀\"}\r\n{\"b\":\"\u2028\"}"
	utf16 := func(order binary.ByteOrder, mark bool) string {
		units := utf16.Encode([]rune(text))
		if mark {
			units = append([]uint16{0xfeff}, units...)
		}
		var b bytes.Buffer
		if err := binary.Write(&b, order, units); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, test := range []struct{ name, text, want string }{
		{"UTF-8", text, text},
		{"UTF-8 with a byte order mark, which is the reader's to pass over", byteOrderMark + text, byteOrderMark + text},
		{"UTF-16, little end first", utf16(binary.LittleEndian, true), text},
		{"UTF-16, big end first", utf16(binary.BigEndian, true), text},
		{"UTF-16 without a mark, little end first", utf16(binary.LittleEndian, false), text},
		{"UTF-16 without a mark, big end first", utf16(binary.BigEndian, false), text},
		{"UTF-16 in gzip", zipped(t, utf16(binary.LittleEndian, true)), text},
		{"UTF-16 that is cut off in a character", utf16(binary.LittleEndian, true) + "{", text + "\ufffd"},
		{"UTF-16 with half of a pair", "\xff\xfe{\x00\x3d\xd8}\x00", "{\ufffd}"},
		{"nothing but a mark", "\xff\xfe", ""},
		{"NUL bytes before UTF-8", "\x00\x00\x00{}", "\x00\x00\x00{}"},
		{"one NUL byte before UTF-8", "\x00{\"a\":1}", "\x00{\"a\":1}"},
		{"one character", "1", "1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			reader, err := Decode(iotest.OneByteReader(strings.NewReader(test.text)))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(reader); err != nil || string(got) != test.want {
				t.Errorf("read %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestWhatIsNotReadIsCalledByItsName(t *testing.T) {
	for begin, want := range map[string]string{
		"\x28\xb5\x2f\xfd": "zstd", "BZh91AY&SY": "bzip2", "\xfd7zXZ\x00\x00": "xz", "PAR1\x15\x04": "Parquet", "PK\x03\x04...": "zip",
		"\x04\x22\x4d\x18": "lz4", "Obj\x01\x04": "Avro", "BZhello": "", "PAR10": "", "PAR1": "", "{}": "", "": "",
	} {
		_, err := Decode(strings.NewReader(begin))
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != "this is "+want+": only JSON is read, as it is or with gzip") {
			t.Errorf("%q: %v, want %q", begin, err, want)
		}
	}
}

func TestGzipIsNotOpenedForEver(t *testing.T) {
	text := zipped(t, "{}")
	for range maxZips {
		text = zipped(t, text)
	}
	reader, err := Decode(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(reader); err != nil || string(got) != zipped(t, "{}") {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestAFileThatCannotBeOpenedSaysWhyWithoutItsName(t *testing.T) {
	_, err := openInput(t.Context(), input{path: filepath.Join(t.TempDir(), "no.json")}, nil, func(int) {})
	if !errors.Is(err, os.ErrNotExist) || err.Error() != "no such file or directory" {
		t.Errorf("error %v", err)
	}
}

// The size at the end of a gzip file is a claim, which decides how much room is made at once.
func TestAClaimedSizeIsOnlyAClaim(t *testing.T) {
	text := strings.Repeat(`{"eventID":"1"}`+"\n", 1000)
	packed := zipped(t, text)
	lies := func(claim uint32) string {
		return packed[:len(packed)-4] + string(binary.LittleEndian.AppendUint32(nil, claim))
	}
	for _, test := range []struct {
		name, content string
		want          int
	}{
		{"a file that is not compressed", text, 16_000},
		{"a gzip file", packed, 16_000},
		{"one that claims 4 GiB", lies(1<<32 - 1), maxKept},
		{"one that claims nothing", lies(0), 0},
		{"fewer bytes than a size has", "\x1f\x8b", 0},
		{"an empty file", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "events.json")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			file, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if got := sizeOf(file, int64(len(test.content))); got != test.want {
				t.Errorf("the size is %d, want %d", got, test.want)
			}
		})
	}
}

// What a file was read with is used for the next one, also where the file was broken.
func TestAFileAfterABrokenOneIsReadWhole(t *testing.T) {
	text := strings.Repeat(`{"eventID":"1"}`+"\n", 1000)
	packed := zipped(t, text)
	folder := t.TempDir()
	for i, content := range []string{packed[:len(packed)/2], packed, "\x1f\x8b\x08 no header", packed, text, zipped(t, packed), packed} {
		path := filepath.Join(folder, "events.json.gz")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := openInput(t.Context(), input{path: path, size: int64(len(content))}, nil, func(int) {})
		if err != nil {
			continue
		}
		read, err := io.ReadAll(c)
		if isCut := i == 0; (err != nil) != isCut || !isCut && string(read) != text {
			t.Errorf("file %d: %d bytes, %v", i, len(read), err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
