package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"time"
)

// pair is two setups that run at the same time, each on a processor of its own, and once more
// with the processors swapped. The one on the first processor starts first: what that costs
// is swapped too. With one processor they run one after another.
type pair struct {
	names  [2]string
	turns  [2][2]*exec.Cmd // by turn and setup
	output [2][2]bytes.Buffer
	failed error
}

// pair runs two setups until they have nothing more to do. They end a second later, which Fluent Bit waits before it
// does: what runs next need not wait for that.
func (p *pipelines) pair(first, second string, f feed) *pair {
	processors := min(2, runtime.NumCPU())
	pair := &pair{names: [2]string{first, second}}
	for turn := range pair.turns {
		for at := range pair.turns[turn] {
			i := (at + turn) % 2
			cmd := p.command(job{pair.names[i], f}, "taskset", "-c", strconv.Itoa(at%processors))
			cmd.Stdout, cmd.Stderr = &pair.output[turn][i], &pair.output[turn][i]
			pair.turns[turn][i] = cmd
			if err := cmd.Start(); err != nil {
				pair.failed = errors.Join(pair.failed, err)
			} else if processors == 1 {
				untilIdle(cmd)
			}
		}
		untilIdle(pair.turns[turn][:]...)
	}
	return pair
}

// times waits for the end, and returns the CPU that each has taken until then.
func (p *pair) times() (t times, err error) {
	for turn := range p.turns {
		for i, cmd := range p.turns[turn] {
			if cmd.Process == nil {
				continue
			}
			p.failed = errors.Join(p.failed, cmd.Wait())
			t[turn][i] = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
		}
	}
	if p.failed != nil {
		err = fmt.Errorf("%s beside %s: %w: %s", p.names[0], p.names[1], p.failed,
			bytes.Join([][]byte{p.output[0][0].Bytes(), p.output[0][1].Bytes(), p.output[1][0].Bytes(), p.output[1][1].Bytes()}, nil))
	}
	return t, err
}

// A Fluent Bit with nothing to do has no more than its timers for longer than it waits between two flushes.
const (
	lookAfter  = 25 * time.Millisecond
	idleLooks  = 12
	timersTake = 1.0 // milliseconds of CPU between two looks, at most
)

// untilIdle waits until commands have nothing more to do, or have ended.
func untilIdle(commands ...*exec.Cmd) {
	before := 0.0
	for looks := 0; looks < idleLooks; {
		time.Sleep(lookAfter)
		now := 0.0
		for _, cmd := range commands {
			if cmd.Process != nil {
				milliseconds, _ := cpuOf(cmd.Process.Pid) // zero of what has ended
				now += milliseconds
			}
		}
		if looks++; now-before > timersTake {
			looks = 0
		}
		before = now
	}
}
