package logfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// linesTranscript is what comes of a text with a record on each line, on so many processors.
// failing says that the source fails at its end.
func linesTranscript(text string, failing bool, processors, chunk, most int) string {
	remote := func(context.Context, string) ([]Remote, error) {
		return []Remote{{Name: "a.ndjson", Size: int64(len(text)), Open: func() (io.ReadCloser, error) {
			var src io.Reader = strings.NewReader(text)
			if failing {
				src = io.MultiReader(src, iotest.ErrReader(errors.New("disk on fire")))
			}
			return io.NopCloser(src), nil
		}}}, nil
	}
	return transcriptOf([]string{"s3://bucket/"}, processors, remote, func(r *Reading) { r.chunk, r.maxChunk = chunk, most })
}

// linePieces are what lines are made of in tests: whole, broken, and what is known across
// the ends of lines.
var linePieces = []string{
	`{"a":1}`, `{"b":"x"}`, `{"c":[{"d":{}}]}`, "\n", "\n", "\n", "\r\n", " ", "\t", ",", "[", "]", "[[", "{", "}", `"`, `\`, `{"a":`, `{"a":"`, "words",
	"\x00", "\x1e", "\ufeff", "\xef", "17", "null", `{"a":}`, `[{"a":1},{"b":2}]`, `[{"a":1},`, `"text"`, "{ \n", "[ \n", "[\n\n", `x {"a":1}`, `{\"a\":1}`,
}

func TestLinesAreReadInChunksAsOneAfterTheOther(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	problems := 0
	for range 1_500 {
		var b strings.Builder
		for range r.IntN(40) {
			n := len(linePieces)
			if r.IntN(2) == 0 {
				n = 6 // mostly whole
			}
			b.WriteString(linePieces[r.IntN(n)])
		}
		text, failing, chunk := b.String(), r.IntN(4) == 0, 1+r.IntN(50)
		want := linesTranscript(text, failing, 1, chunk, 0)
		got := linesTranscript(text, failing, 2, chunk, chunk*(1+r.IntN(4)))
		if got != want {
			t.Fatalf("%q in chunks of %d: %s", text, chunk, firstDifference(got, want))
		}
		problems += strings.Count(want, "trailwire: ")
	}
	if problems < 500 {
		t.Errorf("%d problems: the test shows little", problems)
	}
}

func FuzzLines(f *testing.F) {
	for i := range linePieces {
		f.Add(strings.Join(linePieces[i:], ""), uint8(i))
		f.Add("{}\n"+strings.Join(linePieces[:i], "\n")+"\n{}", uint8(5))
	}
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		chunk := int(size) + 1
		want := linesTranscript(text, false, 1, chunk, 0)
		if got := linesTranscript(text, false, 2, chunk, 2*chunk); got != want {
			t.Fatalf("%q in chunks of %d: %s", text, chunk, firstDifference(got, want))
		}
	})
}

func TestLinesOfManyChunksAreReadInOrder(t *testing.T) {
	var b strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&b, `{"i":%d,"a":"%s"}`+"\n", i, strings.Repeat("x", i%90))
		switch i {
		case 9_000:
			b.WriteString("oops\n")
		case 20_000: // a line that is longer than any chunk
			fmt.Fprintf(&b, `{"long":"%s"}`+"\n", strings.Repeat("y", maxChunk))
		}
	}
	want := linesTranscript(b.String(), false, 1, chunkSize, maxChunk)
	if got := linesTranscript(b.String(), false, 4, chunkSize, maxChunk); got != want {
		t.Error(firstDifference(got, want))
	}
	if strings.Count(want, "\n") < 30_000 {
		t.Errorf("%d lines", strings.Count(want, "\n"))
	}
}
