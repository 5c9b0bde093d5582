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
// when none is left.
type listener struct {
	address   string
	bound     net.Addr
	server    *http.Server
	instances []*Instance // guarded by listeners
}

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
	return &Lease{listener: l, instance: i}, nil
}

// Address returns where the metrics are served.
func (l *Lease) Address() net.Addr { return l.listener.bound }

// Release ends the lease; of no lease it does nothing. It does not wait for a
// scrape: after the last lease the connections are cut.
func (l *Lease) Release() {
	if l == nil {
		return
	}
	l.once.Do(func() {
		listeners.Lock()
		defer listeners.Unlock()
		on := l.listener
		on.instances = slices.DeleteFunc(on.instances, func(i *Instance) bool { return i == l.instance })
		if len(on.instances) == 0 {
			delete(listeners.byAddress, on.address)
			_ = on.server.Close()
		}
	})
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
	l := &listener{address: address, bound: socket.Addr()}
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
