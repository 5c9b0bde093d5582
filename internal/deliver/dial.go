package deliver

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/trailwire/trailwire/internal/address"
)

// dialer makes connections on which messages can be sent at once: TLS and the
// handshake of the shared key are done.
type dialer struct {
	network, target string
	tls             *tls.Config // nil for none
	key             address.Secret
	timeout         time.Duration // for all of it
}

func newDialer(a address.Address, o Options) dialer {
	d := dialer{network: a.Network, target: a.Target, key: o.SharedKey, timeout: o.ConnectTimeout}
	if a.TLS {
		d.tls = o.TLS.Clone()
		if d.tls == nil {
			d.tls = new(tls.Config)
		}
		if d.tls.ServerName == "" {
			d.tls.ServerName, _, _ = net.SplitHostPort(a.Target)
		}
	}
	return d
}

func (d dialer) dial(ctx context.Context) (c net.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	var bare net.Dialer
	opened, err := bare.DialContext(ctx, d.network, d.target)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			opened.Close()
		}
	}()
	c = opened
	if d.tls != nil {
		encrypted := tls.Client(opened, d.tls)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		c = encrypted
	}
	if d.key != "" {
		deadline, _ := ctx.Deadline()
		if err := c.SetDeadline(deadline); err != nil {
			return nil, err
		}
		if err := shakeHands(c, d.key); err != nil {
			return nil, err
		}
	}
	return c, nil
}
