package deliver

import (
	"context"

	"github.com/trailwire/trailwire/internal/address"
)

// Destination is a place that alerts are delivered to. It may be used from
// several goroutines at once.
type Destination interface {
	// Deliver delivers alerts in order and returns how many of them have
	// arrived: all of them if err is nil. The others may have arrived too.
	Deliver(ctx context.Context, alerts []Alert) (delivered int, err error)

	// String names the destination in log lines. It holds no secret.
	String() string

	// Close gives back what the destination holds. Nothing is delivered
	// after it.
	Close() error
}

// Destinations returns a destination for each address of the options. None of them
// connects before it delivers.
func Destinations(o Options) []Destination {
	var all []Destination
	for _, a := range o.Addresses {
		switch a.Kind {
		case address.Stdout:
			all = append(all, stdout{})
		case address.File:
			all = append(all, &file{path: a.Target})
		case address.Forward:
			all = append(all, newForward(a, o))
		}
	}
	return all
}
