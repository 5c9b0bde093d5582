package logfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/document"
)

// transcript is all that comes of reading some paths.
func transcript(paths []string, processors int, setting func(*Reading)) string {
	return transcriptOf(paths, processors, nil, setting)
}

func transcriptOf(paths []string, processors int, remote Lister, setting func(*Reading)) string {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	var out strings.Builder
	r := NewReading(context.Background(), paths, strings.NewReader(`{"stdin":1}`), &out, false, remote)
	r.OverLimit = writerFunc(func(text []byte) { fmt.Fprintf(&out, "over %s\n", text) })
	if setting != nil {
		setting(r)
	}
	n := 0
	err := r.Each(func(record Record, from string) error {
		text, err := document.AppendJSON(nil, record.Body)
		fmt.Fprintf(&out, "%s %v %s %v\n", from, record.Text, text, err)
		if n++; n%5 == 0 {
			return &RecordError{errors.New("every fifth is bad")}
		}
		return nil
	})
	r.Finish()
	fmt.Fprintf(&out, "%v, %d problems, %d plain\n", err, r.Problems(), r.Plain())
	return joinedOver(out.String())
}

// joinedOver is a transcript in which pieces of text over the limit are joined, however
// they were cut.
func joinedOver(text string) string {
	var b strings.Builder
	over := false
	for line := range strings.Lines(text) {
		piece, isOver := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "over ")
		switch {
		case isOver:
			b.WriteString(piece)
		case over:
			b.WriteString("\n" + line)
		default:
			b.WriteString(line)
		}
		over = isOver
	}
	return b.String()
}

// manyFiles are files of every kind, most of them broken somewhere.
func manyFiles(t *testing.T) string {
	folder := t.TempDir()
	record := func(i int) string { return fmt.Sprintf(`{"i":%d,"a":"%s"}`, i, strings.Repeat("x", i%300)) }
	for i := range 12 {
		var lines []string
		for j := range 50 * (i % 4) {
			lines = append(lines, record(i+j))
		}
		name := func(ending string) string { return fmt.Sprintf("%02d%s", i, ending) }
		text := strings.Join(lines, "\n")
		write(t, folder, name("-a.ndjson"), text)
		write(t, folder, name("-b.json"), `{"Records":[`+strings.Join(lines, ",")+`]}`)
		write(t, folder, name("-c.json.gz"), zipped(t, text+"\n"+`{"a":[}`+"\n"+text))
		write(t, folder, name("-d.json.gz"), zipped(t, text)[:20])
		write(t, folder, name("-e.json"), "["+strings.Join(lines, ",\n")+"\n")
		write(t, folder, name("-f.log"), "starting\n2026 {\"a\":1}\nready\n"+text+"\nwords\n")
		write(t, folder, name("-g.ndjson"), strings.Repeat("oops\n", 9)+text+"\n]\n[\n"+text+`{"a":`)
		write(t, folder, name("-h.json"), "\x28\xb5\x2f\xfd")
		write(t, folder, name("-i.ndjson"), "")
	}
	write(t, folder, "05-large.json", `{"a":"`+strings.Repeat("y", 3<<20)+`"}`+"\n"+record(1))
	write(t, folder, "06-large.ndjson", record(2)+"\n"+`{"a":"`+strings.Repeat("z", 3<<20)+`"}`+"\n"+record(3))
	return folder
}

func TestWhatIsReadAheadIsWhatIsReadOneFileAfterTheOther(t *testing.T) {
	folder := manyFiles(t)
	paths := []string{folder, folder + "/none.json", StandardInput, folder + "/03-a.ndjson"}
	for _, test := range []struct {
		name    string
		setting func(*Reading)
		has     string
	}{
		{"as it is", nil, "the record is cut off"},
		{"with no room to read ahead", func(r *Reading) { r.room = 0 }, "the record is cut off"},
		{"with records over the limit", func(r *Reading) { r.limit = 2 << 20 }, "the record is larger than 2097152 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := transcript(paths, 1, test.setting)
			if !strings.Contains(want, test.has) || !strings.Contains(want, " problems more") || strings.Count(want, "\n") < 5_000 {
				t.Fatalf("the files show little: %d lines", strings.Count(want, "\n"))
			}
			for _, processors := range []int{2, 5} {
				if got := transcript(paths, processors, test.setting); got != want {
					t.Errorf("with %d processors it differs: %s", processors, firstDifference(got, want))
				}
			}
		})
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d is\n%.300s\nwant\n%.300s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// remoteFiles are inputs that tell how many of them are open, and how much of them was read.
type remoteFiles struct {
	open, most, read atomic.Int64
	size             int64
}

type remoteFile struct {
	of *remoteFiles
	io.Reader
}

func (f remoteFile) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	f.of.read.Add(int64(n))
	return n, err
}

func (f remoteFile) Close() error {
	f.of.open.Add(-1)
	return nil
}

func (s *remoteFiles) list(n int) Lister {
	return func(context.Context, string) ([]Remote, error) {
		var all []Remote
		for i := range n {
			all = append(all, Remote{Name: fmt.Sprintf("%d.json", i), Size: s.size, Open: func() (io.ReadCloser, error) {
				s.most.Store(max(s.most.Load(), s.open.Add(1)))
				return remoteFile{s, io.LimitReader(&repeated{text: "{\"a\":\"" + strings.Repeat("x", 1000) + "\"}\n"}, s.size)}, nil
			}})
		}
		return all, nil
	}
}

// repeated is a text without an end.
type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(b []byte) (n int, err error) {
	for n < len(b) {
		c := copy(b[n:], r.text[r.at:])
		n, r.at = n+c, (r.at+c)%len(r.text)
	}
	return n, nil
}

func TestAFewFilesAreReadAheadAndOfEachALittle(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	files := remoteFiles{size: 100 << 20}
	r := NewReading(context.Background(), []string{"s3://bucket/"}, nil, io.Discard, true, files.list(100))
	enough := errors.New("enough")
	err := r.Each(func(Record, string) error {
		// The others read what they may meanwhile.
		for last := int64(-1); last != files.read.Load(); time.Sleep(50 * time.Millisecond) {
			last = files.read.Load()
		}
		return enough
	})
	if err != enough {
		t.Fatal(err)
	}
	// 8 files, each with a few batches and buffers.
	if most, read := files.most.Load(), files.read.Load(); most > 8 || most < 2 || read > 8*(2*maxBatches*batchSize+4*readSize) {
		t.Errorf("%d files were open, and %d bytes were read of them", most, read)
	}
	for until := time.Now().Add(10 * time.Second); files.open.Load() > 0 && time.Now().Before(until); time.Sleep(time.Millisecond) {
	}
	if open := files.open.Load(); open > 0 {
		t.Errorf("%d files stay open after the end", open)
	}
}

// Records that take megabytes wait for their turn once there is no room.
func TestLargeRecordsWaitForTheirTurn(t *testing.T) {
	b := newBudget(100)
	if !b.take(1, 60) || !b.take(0, 60) {
		t.Fatal("there is no room")
	}
	took := make(chan int, 3)
	next := func() int {
		select {
		case file := <-took:
			return file
		case <-time.After(10 * time.Second):
			return 0
		}
	}
	go func() { b.take(2, 60); took <- 2 }()
	go func() { b.take(1, 60); took <- 1 }()
	b.next()
	if file := next(); file != 1 {
		t.Errorf("file %d goes on, at the turn of 1", file)
	}
	b.give(160)
	if file := next(); file != 2 {
		t.Errorf("file %d goes on", file)
	}
	go func() { took <- map[bool]int{true: 1, false: -1}[b.take(9, 1000)] }()
	b.stop()
	if file := next(); file != -1 {
		t.Error("it goes on after the end")
	}
}

// The end of a file comes with the last of its records, where these fill a batch.
func TestWhatEndsAFileAfterALargeRecordIsTold(t *testing.T) {
	folder := t.TempDir()
	large := `{"a":"` + strings.Repeat("x", 2*batchSize) + `"}`
	whole := zipped(t, large)
	for name, text := range map[string]string{
		"0 with a wrong checksum.json.gz": whole[:len(whole)-8] + "abcdefgh",
		"1 with a bracket.json.gz":        zipped(t, large+"]"),
		"2 whole.json.gz":                 whole,
		"3 before another.json.gz":        zipped(t, large+"\n"+`{"b":1}`),
	} {
		write(t, folder, name, text)
	}
	got := transcript([]string{folder}, 2, nil)
	if want := transcript([]string{folder}, 1, nil); got != want {
		t.Errorf("with two processors: %s", firstDifference(got, want))
	}
	for _, want := range []string{"the checksum is wrong", "a ] without a list before it", `{"b":1}`, "3 problems"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not said", want)
		}
	}
}
