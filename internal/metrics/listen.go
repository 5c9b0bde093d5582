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
)

// listeners are the addresses at which this process serves metrics.
var listeners = struct {
	sync.Mutex
	byAddress map[string]*listener
}{byAddress: make(map[string]*listener)}

// listener serves the metrics of some instances at an address. It is closed
// with the last of them.
type listener struct {
	address string
	bound   net.Addr
	server  *http.Server
	scrapes chan struct{} // has an entry for each that goes on

	// Guarded by listeners.
	instances []*Instance
	leaving   map[*Instance]bool // those whose lease has ended
}

// Linger is how long an instance is served after its lease has ended, unless
// another one of its name comes first. A hot reload of Fluent Bit 5.1 ends the
// old instances some milliseconds before it starts the new ones.
const Linger = 2 * time.Second

// Lease is an instance's share in a listener.
type Lease struct {
	listener *listener
	instance *Instance
	once     sync.Once
}

// Serve serves an instance's metrics at an address, HOST:PORT, until the lease
// is released. An error is one line that says why it cannot listen there.
func Serve(address string, i *Instance) (*Lease, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, reason(err))
	}
	address = resolved.String() // one form for all spellings
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

// Observe counts how long it took to evaluate a chunk. On a nil lease it does
// nothing.
func (l *Lease) Observe(took time.Duration) {
	if l != nil {
		l.instance.Evaluation.Observe(took)
	}
}

// Address returns the address at which the metrics are served.
func (l *Lease) Address() net.Addr { return l.listener.bound }

// Release ends the lease. On a nil lease it does nothing. It does not wait.
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

// remove stops serving an instance. After the last one it closes the listener
// and its connections.
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

// Limits of a request. A scrape is a few kilobytes and takes a millisecond; a
// slower client is cut off.
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
	l := &listener{address: address, bound: socket.Addr(), leaving: make(map[*Instance]bool), scrapes: make(chan struct{}, maxScrapes)}
	quiet := log.New(io.Discard, "", 0) // the host's standard error is not ours to write to
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", l)
	l.server = &http.Server{
		Handler: routes, ErrorLog: quiet, MaxHeaderBytes: maxHeader,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	}
	go func() { _ = l.server.Serve(socket) }()
	return l, nil
}

// ServeHTTP implements [http.Handler]. More scrapes at a time than maxScrapes are
// turned away.
func (l *listener) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	select {
	case l.scrapes <- struct{}{}:
		defer func() { <-l.scrapes }()
	default:
		http.Error(w, fmt.Sprintf("%d scrapes go on: try again later", maxScrapes), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = io.WriteString(w, scrape(l.current()).String())
}

// current returns the instances that are served now.
func (l *listener) current() []*Instance {
	listeners.Lock()
	defer listeners.Unlock()
	return slices.Clone(l.instances)
}

// reason returns an error without what package net puts around it.
func reason(err error) error {
	var inner *net.OpError
	for errors.As(err, &inner) {
		err = inner.Err
	}
	return err
}
