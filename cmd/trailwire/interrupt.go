package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
)

// untilInterrupted returns a context that ends with Ctrl-C and SIGTERM. A second signal
// ends the program at once, as it would without the context.
func untilInterrupted() (ctx context.Context, stop context.CancelFunc) {
	ctx, stop = signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// errInterrupted ends a command that a signal has ended.
var errInterrupted = exit{exitInterrupted, logfile.ErrInterrupted}
