package main_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// wholeLines are settings of in_tail. It reads one byte less than its buffer has.
const wholeLines = "buffer_chunk_size: 32769, buffer_max_size: 32769"

// load appends events to a file that is read, until it is stopped.
type load struct {
	end         func()
	ended       chan struct{}
	all, grants []string // IDs
}

// startLoad appends 500 events a second to dir/in/a.json. One in so many
// matches.
//
// A line is 1 KB, and wholeLines makes in_tail read so many of them at a time:
// a Fluent Bit before 5.0.3 that ends when it has read half a line takes that
// for read, and the line is lost (fixed by its commit 22f8800ff).
func startLoad(t *testing.T, dir string, grantEach int) *load {
	t.Helper()
	const length = 1024
	quit := make(chan struct{})
	l := &load{end: sync.OnceFunc(func() { close(quit) }), ended: make(chan struct{})}
	t.Cleanup(l.end)
	path := write(t, filepath.Join(dir, "in", "a.json"), "")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(l.ended)
		defer f.Close()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var text bytes.Buffer
			for range 10 {
				id := fmt.Sprint("e", len(l.all))
				l.all = append(l.all, id)
				event := lambdaCall(id, "Invoke", `{"functionName":"billing-export"}`)
				if len(l.all)%grantEach == 0 {
					l.grants = append(l.grants, id)
					event = grant(id, "444455556666")
				}
				text.WriteString(event + strings.Repeat(" ", length-1-len(event)) + "\n")
			}
			if _, err := f.Write(text.Bytes()); err != nil {
				t.Errorf("the load ended: %v", err)
				return
			}
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	}()
	return l
}

// stop ends the load and returns the IDs of all events and of those that match.
func (l *load) stop() (all, grants []string) {
	l.end()
	<-l.ended
	return l.all, l.grants
}
