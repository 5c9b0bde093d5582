// Package delivertest is a receiver of the Forward protocol for tests. A
// [Receiver] acknowledges as a Fluent Bit does, or does on purpose what one
// does rarely: it is slow, it refuses, it dies before it acknowledges.
package delivertest

import (
	"crypto/rand"
	"crypto/sha512"
	"crypto/tls"
	"encoding/hex"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
)

// Behavior says what a receiver does with a message that it has read.
type Behavior uint8

// What a receiver can do.
const (
	Acknowledge     Behavior = iota // keep it, and say so
	Hang                            // keep it and say nothing
	Vanish                          // lose it and close the connection
	KeepAndVanish                   // keep it and close the connection
	AcknowledgeLies                 // keep it and acknowledge another one
)

// Entry is a record that arrived.
type Entry struct {
	Tag       string
	Timestamp []byte // MessagePack
	Metadata  []byte // MessagePack; nil if the entry has none
	Body      []byte // MessagePack
}

// Receiver is a Forward server. Set its fields before [Receiver.Listen].
type Receiver struct {
	TLS       *tls.Config
	SharedKey string
	// BinaryHandshake writes nonce and salt as fluentd does, not as Fluent
	// Bit.
	BinaryHandshake bool

	mu          sync.Mutex
	listener    net.Listener
	connections map[net.Conn]bool
	opened      int
	behavior    func(message int) Behavior
	messages    int
	entries     []Entry
	problems    []string
}

// Listen starts the receiver on network and address until the test ends, and
// returns the address that it listens on.
func (r *Receiver) Listen(t testing.TB, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	for deadline := time.Now().Add(5 * time.Second); err != nil && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond) // the one before may still listen
		l, err = net.Listen(network, address)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.TLS != nil {
		l = tls.NewListener(l, r.TLS)
	}
	r.mu.Lock()
	r.listener, r.connections = l, make(map[net.Conn]bool)
	r.mu.Unlock()
	t.Cleanup(r.Kill)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(l, c)
		}
	}()
	return l.Addr().String()
}

// Kill ends the receiver as a crash does. It may listen again.
func (r *Receiver) Kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener == nil {
		return
	}
	r.listener.Close()
	r.listener = nil
	for c := range r.connections {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		c.Close()
	}
}

// Behave sets what the receiver does with its n-th message, counted from 0.
func (r *Receiver) Behave(f func(message int) Behavior) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behavior = f
}

// Entries returns what has arrived.
func (r *Receiver) Entries() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Entry(nil), r.entries...)
}

// Connections returns how many connections there have been.
func (r *Receiver) Connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opened
}

// Messages returns how many messages have arrived.
func (r *Receiver) Messages() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.messages
}

// Problems returns what was wrong with what arrived.
func (r *Receiver) Problems() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.problems...)
}

func (r *Receiver) problem(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, text)
}

func (r *Receiver) serve(l net.Listener, c net.Conn) {
	defer c.Close()
	r.mu.Lock()
	if r.listener != l {
		r.mu.Unlock()
		return
	}
	r.connections[c] = true
	r.opened++
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.connections, c)
		r.mu.Unlock()
	}()
	in := msgp.NewReader(c)
	if r.SharedKey != "" && !r.shakeHands(c, in) {
		return
	}
	for {
		var raw msgp.Raw
		if raw.DecodeMsg(in) != nil {
			return
		}
		if !r.take(c, raw) {
			return
		}
	}
}

// take keeps a message in the packed form and answers it. It returns false
// if the connection is to be closed.
func (r *Receiver) take(c net.Conn, raw []byte) bool {
	n, rest, err := document.ReadArrayHeader(raw)
	if err != nil || n < 2 {
		r.problem("not a message")
		return false
	}
	tag, rest, _ := document.Next(rest)
	stream, rest, _ := document.Next(rest)
	name, ok := document.Text(tag)
	packed, _, err := msgp.ReadBytesZC(stream)
	if !ok || err != nil {
		r.problem("not a packed message")
		return false
	}
	chunk, size := "", -1
	if n == 3 {
		if id, ok := document.GetText(rest, "chunk"); ok {
			chunk = string(id)
		}
		if v, ok := document.Get(rest, "size"); ok {
			s, _ := document.Int(v)
			size = int(s)
		}
	}
	entries := split(string(name), packed)
	if size >= 0 && size != len(entries) {
		r.problem("the size is wrong")
	}
	r.mu.Lock()
	behavior := Acknowledge
	if r.behavior != nil {
		behavior = r.behavior(r.messages)
	}
	r.messages++
	if behavior != Vanish {
		r.entries = append(r.entries, entries...)
	}
	r.mu.Unlock()
	switch behavior {
	case Vanish, KeepAndVanish:
		return false
	case Hang:
		return true
	case AcknowledgeLies:
		chunk = "something else"
	}
	if chunk == "" {
		return true
	}
	answer := msgp.AppendMapHeader(nil, 1)
	answer = msgp.AppendString(answer, "ack")
	_, err = c.Write(msgp.AppendString(answer, chunk))
	return err == nil
}

func split(tag string, packed []byte) (entries []Entry) {
	for rest := append([]byte(nil), packed...); len(rest) > 0; {
		var raw []byte
		var err error
		if raw, rest, err = document.Next(rest); err != nil {
			return append(entries, Entry{Tag: "unreadable"})
		}
		_, inner, _ := document.ReadArrayHeader(raw)
		head, body, _ := document.Next(inner)
		e := Entry{Tag: tag, Timestamp: head, Body: body}
		if document.IsArray(head) {
			_, pair, _ := document.ReadArrayHeader(head)
			e.Timestamp, e.Metadata, _ = document.Next(pair)
		}
		entries = append(entries, e)
	}
	return entries
}

func (r *Receiver) shakeHands(c net.Conn, in *msgp.Reader) bool {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce)
	appendBytes := func(b, v []byte) []byte { return msgp.AppendString(b, string(v)) }
	if r.BinaryHandshake {
		appendBytes = msgp.AppendBytes
	}
	helo := msgp.AppendString(msgp.AppendArrayHeader(nil, 2), "HELO")
	helo = msgp.AppendMapHeader(helo, 3)
	helo = appendBytes(msgp.AppendString(helo, "nonce"), nonce)
	helo = appendBytes(msgp.AppendString(helo, "auth"), nil)
	helo = msgp.AppendBool(msgp.AppendString(helo, "keepalive"), true)
	if _, err := c.Write(helo); err != nil {
		return false
	}
	var ping msgp.Raw
	if ping.DecodeMsg(in) != nil {
		return false
	}
	var fields []string
	items := document.OverArray(ping)
	for items.Next() {
		text, ok := document.Text(items.Value)
		if !ok {
			r.problem("a field of PING is not text, which Fluent Bit refuses")
			return false
		}
		fields = append(fields, string(text))
	}
	if len(fields) != 6 || fields[0] != "PING" || fields[2] == "" {
		r.problem("PING is wrong")
		return false
	}
	host, salt := fields[1], fields[2]
	if fields[3] != digest(salt, host, string(nonce), r.SharedKey) {
		return false // as Fluent Bit does: without a word
	}
	server, err := os.Hostname()
	if err != nil {
		server = "receiver"
	}
	pong := msgp.AppendString(msgp.AppendArrayHeader(nil, 5), "PONG")
	pong = msgp.AppendString(msgp.AppendBool(pong, true), "")
	pong = msgp.AppendString(pong, server)
	pong = msgp.AppendString(pong, digest(salt, server, string(nonce), r.SharedKey))
	_, err = c.Write(pong)
	return err == nil
}

func digest(parts ...string) string {
	h := sha512.New()
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}
