package collect

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Server serves metrics and health.
type Server struct {
	listener net.Listener
	server   *http.Server
}

// Addr returns where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close implements [io.Closer].
func (s *Server) Close() error { return s.server.Close() }

// Serve serves a collector's metrics under /metrics and its health under /healthz, until
// the server is closed. /healthz is 503 with a line of text where the collector does not
// do its work; see [Collector.Healthy].
func Serve(address string, c *Collector) (*Server, error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(c.counts); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if err := c.Healthy(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(listener) }() // until it is closed
	return &Server{listener, server}, nil
}
