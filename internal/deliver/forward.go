package deliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/IBM/fluent-forward-go/fluent/protocol"
	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/internal/address"
)

// maxMessage is how many bytes of records go into one Forward message. A
// receiving Fluent Bit refuses messages over its buffer_max_size, 6 MB by
// default, each time they come. A record that is larger than maxMessage goes
// alone.
const maxMessage = 1 << 20

// forward delivers to a Fluent Bit. It keeps one connection, and one more for
// each delivery that goes on in the background.
type forward struct {
	address address.Address
	dialer  dialer
	timeout time.Duration // for sending a message and for its acknowledgement
	idle    pool
}

// newForward returns a destination that connects when it first delivers.
func newForward(a address.Address, o Options) *forward {
	return &forward{
		address: a,
		dialer:  newDialer(a, o),
		timeout: o.SendTimeout,
		idle:    pool{most: maxIdle},
	}
}

// Deliver implements [Destination]. Consecutive alerts with the same tag go out
// in one message. Each message is acknowledged.
func (f *forward) Deliver(ctx context.Context, alerts []Alert) (delivered int, err error) {
	var stream []byte
	for delivered < len(alerts) {
		tag := f.tag(&alerts[delivered])
		stream = stream[:0]
		n := 0
		for _, a := range alerts[delivered:] {
			if n > 0 && (len(stream)+len(a.Body)+len(a.Metadata) > maxMessage || f.tag(&a) != tag) {
				break
			}
			stream = appendEntry(stream, &a)
			n++
		}
		if err := f.send(ctx, tag, stream, n); err != nil {
			return delivered, err
		}
		delivered += n
	}
	return delivered, nil
}

func (f *forward) tag(a *Alert) string { return f.address.Tag.Tag(a.Severity, a.RuleID, a.Tag) }

// appendEntry writes an alert in the form in which the receiver stores it. An
// alert with metadata has the form of Fluent Bit 2.1 and later; any other has
// the older form, which every receiver reads.
func appendEntry(b []byte, a *Alert) []byte {
	b = msgp.AppendArrayHeader(b, 2)
	if a.Metadata != nil {
		b = msgp.AppendArrayHeader(b, 2)
	}
	b = append(b, a.Timestamp...)
	b = append(b, a.Metadata...)
	return append(b, a.Body...)
}

// send sends one message. The receiver may have closed an idle connection
// without our noticing. So a failure on one is tried again, once, on a new
// connection.
func (f *forward) send(ctx context.Context, tag string, stream []byte, entries int) error {
	if c := f.idle.get(); c != nil {
		err := f.sendOn(ctx, c, tag, stream, entries)
		if err == nil {
			return nil
		}
		f.idle.drain() // they are as old as this one
	}
	c, err := f.dialer.dial(ctx)
	if err != nil {
		return plain(err)
	}
	return f.sendOn(ctx, c, tag, stream, entries)
}

// sendOn sends one message on a connection, which it keeps or closes.
func (f *forward) sendOn(ctx context.Context, c net.Conn, tag string, stream []byte, entries int) (err error) {
	defer func() {
		if err != nil {
			c.Close()
			return
		}
		f.idle.put(c)
	}()
	if err := ctx.Err(); err != nil {
		return plain(err)
	}
	deadline := time.Now().Add(f.timeout)
	if end, ok := ctx.Deadline(); ok && end.Before(deadline) {
		deadline = end
	}
	if err := c.SetDeadline(deadline); err != nil {
		return plain(err)
	}
	message := protocol.NewPackedForwardMessageFromBytes(tag, stream)
	message.Options = &protocol.MessageOptions{Size: &entries}
	chunk := ""
	if f.address.Ack {
		if chunk, err = message.Chunk(); err != nil {
			return err
		}
	}
	if err := msgp.Encode(c, message); err != nil {
		return plain(err)
	}
	if !f.address.Ack {
		return nil
	}
	return awaitAck(c, chunk)
}

// awaitAck waits until the receiver says that it has the message with this ID.
// Only one message is under way at a time: what comes is its acknowledgement or
// cannot be understood.
func awaitAck(c net.Conn, chunk string) error {
	var ack protocol.AckMessage
	if err := ack.DecodeMsg(boundedReader(c, maxAck)); err != nil {
		return plain(err)
	}
	if ack.Ack != chunk {
		return errAck
	}
	return nil
}

// maxAck bounds what is read of an acknowledgement.
const maxAck = 4 << 10

// String implements [Destination].
func (f *forward) String() string { return f.address.String() }

// Close implements [Destination].
func (f *forward) Close() error {
	f.idle.close()
	return nil
}

// plain shortens a connection's error: a network error repeats addresses and
// ports that the log line has already.
func plain(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return errTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return errRefused
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errClosed
	case errors.As(err, &op):
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	return err
}

var (
	errTimeout = errors.New("timed out")
	errRefused = errors.New("connection refused")
	errAck     = errors.New("the receiver acknowledged something else")
	errClosed  = errors.New("the receiver closed the connection without an acknowledgement")
)
