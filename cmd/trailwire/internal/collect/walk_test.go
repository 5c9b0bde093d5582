package collect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// listOf lists keys, each written a day after the one before.
func listOf(keys ...string) Lister {
	return func(_ context.Context, after string, visit func(o Object, modified time.Time) bool) error {
		for i, key := range keys {
			if key > after && !visit(Object{Bucket: "trail", Key: key}, day(i)) {
				break
			}
		}
		return nil
	}
}

func day(i int) time.Time { return time.Date(2026, 11, 1+i, 0, 0, 0, 0, time.UTC) }

func TestAWalkGoesOnWhereTheLastOneEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mark")
	store := memoryStore{"a": logFile(1), "b": logFile(1), "c": fmt.Errorf("%w (AccessDenied)", ErrDenied), "d": logFile(1), "e": "\x01"}
	walk := func(keys ...string) (events, problems int) {
		mark, err := OpenMark(path, "s3://trail/")
		if err != nil {
			t.Fatal(err)
		}
		to := &receiver{}
		problems, err = New(Options{Store: store, Destination: to}).Walk(t.Context(), listOf(keys...), time.Time{}, mark, 3)
		if err != nil {
			t.Fatal(err)
		}
		return len(to.got), problems
	}
	for i, step := range []struct {
		keys             []string
		events, problems int
		before           func()
	}{
		{[]string{"a", "b"}, 2, 0, nil},
		{[]string{"a", "b"}, 0, 0, nil},
		{[]string{"a", "b", "c", "d"}, 1, 1, nil},                                // c is denied
		{[]string{"a", "b", "c", "d"}, 2, 0, func() { store["c"] = logFile(1) }}, // and read again with all after it
		{[]string{"a", "b", "c", "d", "e", "f"}, 0, 2, nil},                      // unreadable, gone: settled
		{[]string{"a", "b", "c", "d", "e", "f"}, 0, 0, nil},
	} {
		if step.before != nil {
			step.before()
		}
		if events, problems := walk(step.keys...); events != step.events || problems != step.problems {
			t.Errorf("step %d: %d events, %d problems", i, events, problems)
		}
	}
}

func TestAWalkTakesWhatWasWrittenSince(t *testing.T) {
	store, to := memoryStore{"a": `{"k":"a"}`, "b": `{"k":"b"}`, "c": `{"k":"c"}`}, &receiver{}
	mark, err := OpenMark("", "s3://trail/")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Store: store, Destination: to}).Walk(t.Context(), listOf("a", "b", "c"), day(1), mark, 2); err != nil {
		t.Fatal(err)
	}
	slices.Sort(to.got)
	if want := []string{`{"k":"b"}`, `{"k":"c"}`}; !slices.Equal(to.got, want) {
		t.Errorf("got %q", to.got)
	}
}

func TestAWalkThatIsEndedDoesNotPassWhatItHasNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mark")
	mark, err := OpenMark(path, "s3://trail/")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	to := &receiver{block: true}
	time.AfterFunc(50*time.Millisecond, cancel)
	c := New(Options{Store: memoryStore{"a": logFile(1), "b": logFile(1)}, Destination: to})
	if _, err := c.Walk(ctx, listOf("a", "b"), time.Time{}, mark, 1); err != nil {
		t.Fatal(err)
	}
	if mark.Key() != "" || len(to.got) > 0 {
		t.Errorf("the mark is at %q", mark.Key())
	}
}

func TestAListThatFailsIsAnError(t *testing.T) {
	mark, _ := OpenMark("", "s3://trail/")
	want := errors.New("NoSuchBucket")
	_, err := New(Options{}).Walk(t.Context(), func(context.Context, string, func(Object, time.Time) bool) error { return want }, time.Time{}, mark, 1)
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}

func TestAMarkOfAnotherWalkIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mark")
	mark, err := OpenMark(path, "s3://trail/a")
	if err != nil {
		t.Fatal(err)
	}
	if err := mark.Move("a/1"); err != nil {
		t.Fatal(err)
	}
	if again, err := OpenMark(path, "s3://trail/a"); err != nil || again.Key() != "a/1" {
		t.Errorf("%v, %v", again, err)
	}
	if _, err := OpenMark(path, "s3://trail/b"); err == nil {
		t.Error("it is taken")
	}
	for _, text := range []string{"", "hello", "{}", "[1]"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenMark(path, "s3://trail/a"); err == nil {
			t.Errorf("a mark of %q is taken", text)
		}
	}
}
