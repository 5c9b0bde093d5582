package metrics

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// listeners are the addresses at which this process serves metrics.
var listeners = struct {
	sync.Mutex
	byAddress map[string]*listener
}{byAddress: make(map[string]*listener)}

// listener is an address with the instances that are seen there. It is closed
// with the last of them.
type listener struct {
	address string
	bound   net.Addr
	server  *http.Server

	// Guarded by listeners.
	instances []*Instance
	leaving   map[*Instance]bool // those whose lease has ended
}

// Linger is how long an instance is seen after its lease has ended, unless one
// of its name comes before. A hot reload of Fluent Bit 5.1 ends the old
// instances some milliseconds before it starts the new ones.
const Linger = 2 * time.Second

// Lease is an instance's share in a listener.
type Lease struct {
	listener *listener
	instance *Instance
	once     sync.Once
}

// Serve makes an instance be seen at an address, HOST:PORT, until the lease is
// released. An error is one line that says why nobody can listen there.
func Serve(address string, i *Instance) (*Lease, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, reason(err))
	}
	address = resolved.String() // however it was written
	listeners.Lock()
	defer listeners.Unlock()
	l := listeners.byAddress[address]
	if l == nil {
		if l, err = listen(address); err != nil {
			return nil, err
		}
		listeners.byAddress[address] = l
	}
	l.instances = append(l.instances, i)
	for _, old := range l.named(i) {
		if l.leaving[old] {
			l.remove(old)
		}
	}
	return &Lease{listener: l, instance: i}, nil
}

// Open is [Serve] for the value of the property metrics_listen, of an instance
// whose evaluations are counted by [Lease.Observe]. Without an address there is no
// lease, and nothing is counted.
func Open(address string, i Instance) (*Lease, error) {
	if address == "" {
		return nil, nil
	}
	i.Evaluation = new(Histogram)
	lease, err := Serve(address, &i)
	if err != nil {
		return nil, fmt.Errorf("property %q: %w", "metrics_listen", err)
	}
	return lease, nil
}

// Observe counts how long it took to evaluate a chunk; of no lease it does
// nothing.
func (l *Lease) Observe(took time.Duration) {
	if l != nil {
		l.instance.Evaluation.Observe(took)
	}
}

// Address returns where the metrics are served.
func (l *Lease) Address() net.Addr { return l.listener.bound }

// Release ends the lease; of no lease it does nothing. It waits for nothing and
// nobody.
func (l *Lease) Release() {
	if l == nil {
		return
	}
	l.once.Do(func() {
		listeners.Lock()
		defer listeners.Unlock()
		if len(l.listener.named(l.instance)) > 0 {
			l.listener.remove(l.instance)
			return
		}
		l.listener.leaving[l.instance] = true
		time.AfterFunc(Linger, func() {
			listeners.Lock()
			defer listeners.Unlock()
			l.listener.remove(l.instance)
		})
	})
}

// named returns the other instances with the name of i.
func (l *listener) named(i *Instance) []*Instance {
	var others []*Instance
	for _, other := range l.instances {
		if other != i && other.Plugin == i.Plugin && other.Name == i.Name {
			others = append(others, other)
		}
	}
	return others
}

// remove makes an instance be seen no longer. After the last one the listener
// is closed, and what connections there are cut.
func (l *listener) remove(i *Instance) {
	at := slices.Index(l.instances, i)
	if at < 0 {
		return
	}
	delete(l.leaving, i)
	if l.instances = slices.Delete(l.instances, at, at+1); len(l.instances) == 0 {
		delete(listeners.byAddress, l.address)
		_ = l.server.Close()
	}
}

// How much a client may ask for. A scrape is a few kilobytes and takes a
// millisecond; whoever is slower than this is cut off.
const (
	readTimeout  = 5 * time.Second
	writeTimeout = 10 * time.Second
	idleTimeout  = 2 * time.Minute
	maxHeader    = 16 << 10
	maxScrapes   = 4
)

func listen(address string) (*listener, error) {
	socket, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, reason(err))
	}
	l := &listener{address: address, bound: socket.Addr(), leaving: make(map[*Instance]bool)}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{l.current})
	quiet := log.New(io.Discard, "", 0) // the host's standard error is not ours to write to
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: quiet, MaxRequestsInFlight: maxScrapes, DisableCompression: true,
	}))
	l.server = &http.Server{
		Handler: routes, ErrorLog: quiet, MaxHeaderBytes: maxHeader,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	}
	go func() { _ = l.server.Serve(socket) }()
	return l, nil
}

// current returns the instances that are seen now.
func (l *listener) current() []*Instance {
	listeners.Lock()
	defer listeners.Unlock()
	return slices.Clone(l.instances)
}

// reason is what is wrong, without the words of package net around it.
func reason(err error) error {
	var inner *net.OpError
	for errors.As(err, &inner) {
		err = inner.Err
	}
	return err
}
