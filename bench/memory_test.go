package main

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func TestBothGetEveryByte(t *testing.T) {
	var a, b bytes.Buffer
	if n, err := (toBoth{&a, &b}).Write([]byte("event\n")); n != 6 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if a.String() != "event\n" || b.String() != "event\n" {
		t.Errorf("%q and %q", a.String(), b.String())
	}
}

func TestAProcessThatEndedStopsTheFeed(t *testing.T) {
	ended, w := io.Pipe()
	ended.Close()
	for _, both := range []toBoth{{w, io.Discard}, {io.Discard, w}} {
		if _, err := both.Write([]byte("event\n")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%v, want a closed pipe", err)
		}
	}
}
