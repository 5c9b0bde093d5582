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

	// AlertKey is the key of a record that its alert stands under.
	AlertKey string

	// OnlyFields leaves out of an alert what the event had, but its ID.
	OnlyFields bool

	// TLS is for the addresses with tls=on; nil is the system's roots.
	TLS *tls.Config

	// SharedKey is what a receiver must have too; empty for none.
	SharedKey address.Secret

	// ConnectTimeout is how long a connection may take, handshakes included.
	ConnectTimeout time.Duration

	// SendTimeout is how long a message and its acknowledgement may take.
	SendTimeout time.Duration

	// Evaluated is told how long the evaluation of each chunk took; nil for
	// nobody.
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
