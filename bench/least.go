package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// leastCPU returns the least user and system time that each job takes in so many runs, in seconds. What else
// the machine does adds to a run and never takes from it: the least of several is what the job itself takes.
//
// The runs of a job are spread over the whole time. On each processor one job runs at a time.
func (p *pipelines) leastCPU(jobs []job, times int) ([]float64, error) {
	next := make(chan int)
	runs := make([][]*running, len(jobs))
	var mu sync.Mutex
	var all sync.WaitGroup
	for processor := range runtime.NumCPU() {
		all.Go(func() {
			for i := range next {
				r := p.start(jobs[i], processor)
				mu.Lock()
				runs[i] = append(runs[i], r)
				mu.Unlock()
			}
		})
	}
	for range times {
		for i := range jobs {
			next <- i
		}
	}
	close(next)
	all.Wait()
	least := make([]float64, len(jobs))
	var failed error
	for i := range jobs {
		least[i] = math.Inf(1)
		for _, r := range runs[i] {
			took, err := r.wait()
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", jobs[i].setup, err))
			}
			least[i] = min(least[i], took)
		}
	}
	return least, failed
}

// running is a Fluent Bit that has nothing more to do. It ends a second later, which it waits before it does: what
// runs next need not wait for that.
type running struct {
	command *exec.Cmd
	output  bytes.Buffer
	failed  error
}

// start starts a job, and returns when it has nothing more to do.
func (p *pipelines) start(j job, processor int) *running {
	r := &running{command: p.command(j, "taskset", "-c", strconv.Itoa(processor))}
	r.command.Stdout, r.command.Stderr = &r.output, &r.output
	if r.failed = r.command.Start(); r.failed == nil {
		untilIdle(r.command)
	}
	return r
}

// wait waits for the end, and returns the CPU that was taken until then.
func (r *running) wait() (seconds float64, err error) {
	if r.failed != nil {
		return 0, r.failed
	}
	if err := r.command.Wait(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, r.output.Bytes())
	}
	return (r.command.ProcessState.UserTime() + r.command.ProcessState.SystemTime()).Seconds(), nil
}

// A Fluent Bit with nothing to do has no more than its timers for longer than it waits between two flushes.
const (
	lookAfter  = 25 * time.Millisecond
	idleLooks  = 12
	timersTake = 1.0 // milliseconds of CPU between two looks, at most
)

// untilIdle waits until a command has nothing more to do, or has ended.
func untilIdle(command *exec.Cmd) {
	before := 0.0
	for looks := 0; looks < idleLooks; {
		time.Sleep(lookAfter)
		now, _ := cpuOf(command.Process.Pid) // zero of what has ended
		if looks++; now-before > timersTake {
			looks = 0
		}
		before = now
	}
}
