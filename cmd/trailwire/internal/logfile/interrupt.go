package logfile

import (
	"context"
	"errors"
	"io"
)

// ErrInterrupted says that the context of a [Reading] ended before its inputs did.
var ErrInterrupted = errors.New("interrupted")

// untilDone reads a source that may let its reader wait, such as a pipe, until a context
// ends. A read that is under way then goes on in a goroutine of its own, and what it
// brings is lost.
type untilDone struct {
	ctx    context.Context
	source io.Reader
	buffer []byte // for the source alone
	result chan readResult
}

type readResult struct {
	n   int
	err error
}

func newUntilDone(ctx context.Context, source io.Reader) *untilDone {
	return &untilDone{ctx: ctx, source: source, result: make(chan readResult, 1)}
}

func (u *untilDone) Read(b []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, ErrInterrupted
	}
	if u.buffer == nil {
		u.buffer = make([]byte, readSize)
	}
	into := u.buffer[:min(len(b), len(u.buffer))]
	go func() {
		n, err := u.source.Read(into)
		u.result <- readResult{n, err}
	}()
	select {
	case r := <-u.result:
		return copy(b, into[:r.n]), r.err
	case <-u.ctx.Done():
		return 0, ErrInterrupted
	}
}
