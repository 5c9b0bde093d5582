package main_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/chunk"
)

// callback is the filter callback of the shared object in a process of its own,
// which takes chunk after chunk.
type callback struct {
	in  io.Writer
	out *bufio.Reader
	log *bytes.Buffer // complete when it has ended
	end func()
}

// start starts a test host that reads frames, until the test ends.
func start(t testing.TB, host *exec.Cmd) *callback {
	t.Helper()
	c := &callback{log: new(bytes.Buffer)}
	host.Stderr = c.log
	in, err := host.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	c.end = sync.OnceFunc(func() {
		in.Close()
		_ = host.Wait()
	})
	t.Cleanup(c.end)
	return c
}

// filter returns the chunk that goes on. An error is the end of the process.
func (c *callback) filter(in []byte) (out []byte, modified bool, err error) {
	_, errHead := c.in.Write(binary.BigEndian.AppendUint32(nil, uint32(len(in))))
	_, errBody := c.in.Write(in)
	var head struct {
		Verdict byte
		Size    uint32
	}
	if err := errors.Join(errHead, errBody, binary.Read(c.out, binary.BigEndian, &head)); err != nil {
		return nil, false, err
	}
	out = make([]byte, head.Size)
	_, err = io.ReadFull(c.out, out)
	return out, head.Verdict == 'm', err
}

// FuzzFilterCallback hands any chunk to the real shared object, through the
// interface that Fluent Bit calls it by: the process lives, and what goes on is
// what package chunk makes of the chunk in Go alone.
func FuzzFilterCallback(f *testing.F) {
	for _, text := range []string{match, nearMiss, lambdaCall("1", "Invoke", "null")} {
		f.Add(event(f, text))
		f.Add(event(f, `{"Records":[`+text+`,`+match+`],"host":"h"}`))
		f.Add(event(f, `{"log":`+strconv.Quote(text)+`}`))
	}
	f.Add([]byte{})
	f.Add([]byte("\x92\x92\xd7\x00"))
	name, err := os.Hostname()
	if err != nil {
		f.Fatal(err)
	}
	o := detect.DefaultOptions()
	rules, err := rule.BuiltIn()
	if err != nil {
		f.Fatal(err)
	}
	o.Rules, o.DedupWindow, o.MaxSignals, o.Collector = rules, -1, 1_000_000, name
	engine, err := detect.New(o)
	if err != nil {
		f.Fatal(err)
	}
	host, err := currentHost()
	if err != nil {
		f.Fatal(err)
	}
	object, err := builtPlugin()
	if err != nil {
		f.Fatal(err)
	}
	c := start(f, exec.Command(host, "-F", "-p", "dedup_window=0", "-p", "max_signals=1000000", object))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, modified, err := c.filter(in)
		if err != nil {
			t.Fatalf("the host ended: %v\n%s", err, c.log)
		}
		want, changed := chunk.Filter(nil, in, engine)
		if !changed {
			want = in
		}
		if modified != changed || !bytes.Equal(settled(got), settled(want)) {
			t.Errorf("%q\nmodified %v, want %v\ngoes on as %q\nwant       %q", in, modified, changed, got, want)
		}
	})
}
