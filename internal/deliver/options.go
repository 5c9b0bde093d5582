package deliver

import (
	"crypto/tls"
	"time"

	"github.com/trailwire/trailwire/internal/address"
)

// Options says where alerts go and how. [DefaultOptions] has the defaults of
// the plugin properties.
type Options struct {
	// Addresses are the destinations, at least one.
	Addresses []address.Address

	// AlertKey is the key under which a record has its alert.
	AlertKey string

	// OnlyFields leaves out of an alert all of the event but its ID.
	OnlyFields bool

	// TLS is for the addresses with tls=on; nil means the system's roots.
	TLS *tls.Config

	// SharedKey is what a receiver must have too; empty for none.
	SharedKey address.Secret

	// ConnectTimeout is how long a connection may take, handshakes included.
	ConnectTimeout time.Duration

	// SendTimeout is how long a message and its acknowledgement may take.
	SendTimeout time.Duration

	// Evaluated is called with the time that each chunk's evaluation took; nil
	// for none.
	Evaluated func(took time.Duration)
}

// DefaultOptions returns options with timeouts and without a destination.
func DefaultOptions() Options {
	return Options{
		AlertKey:       "alert",
		ConnectTimeout: 5 * time.Second,
		SendTimeout:    10 * time.Second,
	}
}
