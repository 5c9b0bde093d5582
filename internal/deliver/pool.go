package deliver

import (
	"net"
	"sync"
)

// maxIdle is how many idle connections a destination keeps. With more
// deliveries at the same time, some open new connections.
const maxIdle = 64

// pool keeps connections that are open and not in use.
type pool struct {
	most int

	mu     sync.Mutex
	idle   []net.Conn
	closed bool
}

// get returns the connection that was used last, nil if there is none.
func (p *pool) get() net.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	c := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return c
}

func (p *pool) put(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) == p.most {
		c.Close()
		return
	}
	p.idle = append(p.idle, c)
}

// drain closes the idle connections.
func (p *pool) drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.Close()
	}
	p.idle = nil
}

// close closes the idle connections, and those in use when they come back.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.drain()
}
