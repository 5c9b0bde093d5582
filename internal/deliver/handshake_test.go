package deliver

import (
	"crypto/sha512"
	"encoding/hex"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// shaken is what a test's receiver saw of one connection.
type shaken struct {
	nonce string
	ping  []string // six texts
	after int      // bytes that came after its answer
}

// stranger is a receiver that has its own way of answering. It serves one
// connection after the other, and an answer may use the earlier ones again.
type stranger struct {
	nonce  string
	answer func(now shaken, before []shaken) []byte

	listener net.Listener
	seen     []shaken
	done     chan struct{}
}

func (s *stranger) listen(t *testing.T) (at string) {
	t.Helper()
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		for {
			c, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.serve(t, c)
		}
	}()
	t.Cleanup(func() { s.end() })
	return s.listener.Addr().String()
}

// end waits until every connection is over, and returns what was seen of them.
func (s *stranger) end() []shaken {
	s.listener.Close()
	<-s.done
	return s.seen
}

func (s *stranger) serve(t *testing.T, c net.Conn) {
	defer c.Close()
	helo := msgp.AppendMapHeader(msgp.AppendString(msgp.AppendArrayHeader(nil, 2), "HELO"), 1)
	helo = msgp.AppendString(msgp.AppendString(helo, "nonce"), s.nonce)
	if _, err := c.Write(helo); err != nil {
		t.Error(err)
		return
	}
	r := msgp.NewReader(c)
	now := shaken{nonce: s.nonce}
	n, err := r.ReadArrayHeader()
	for range n {
		var text string
		if text, err = r.ReadString(); err != nil {
			break
		}
		now.ping = append(now.ping, text)
	}
	if err != nil || len(now.ping) != 6 {
		t.Errorf("PING is %q, %v", now.ping, err)
		return
	}
	_, _ = c.Write(s.answer(now, s.seen))
	rest, _ := io.Copy(io.Discard, r)
	now.after = int(rest)
	s.seen = append(s.seen, now)
}

// pong returns a PONG that welcomes us.
func pong(host, digest string) []byte {
	b := msgp.AppendString(msgp.AppendArrayHeader(nil, 5), "PONG")
	b = msgp.AppendString(msgp.AppendBool(b, true), "")
	return msgp.AppendString(msgp.AppendString(b, host), digest)
}

// digestOf is the digest of the protocol's specification: SHA-512 over the
// parts, in hexadecimal digits.
func digestOf(parts ...string) string {
	sum := sha512.Sum512([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

const (
	mirrored   = "sends our own name back instead of showing that it has the shared_key"
	unproven   = "does not show that it has the shared_key"
	unreadable = "answer cannot be read"
)

func TestAReceiverWithoutTheKeyIsNotTrusted(t *testing.T) {
	const name, salt, digest = 1, 2, 3 // in PING
	for _, c := range []struct {
		name   string
		nonce  string
		answer func(now shaken, before []shaken) []byte
		want   string
	}{
		{"it sends our name and our digest back", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			return pong(now.ping[name], now.ping[digest])
		}, mirrored},
		{"it does so after a HELO without a nonce", "", func(now shaken, _ []shaken) []byte {
			return pong(now.ping[name], now.ping[digest])
		}, mirrored},
		{"it does so with bytes in place of text", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			b := msgp.AppendString(msgp.AppendArrayHeader(nil, 5), "PONG")
			b = msgp.AppendString(msgp.AppendBool(b, true), "")
			return msgp.AppendBytes(msgp.AppendBytes(b, []byte(now.ping[name])), []byte(now.ping[digest]))
		}, mirrored},
		{"it sends our name and no digest", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			return pong(now.ping[name], "")
		}, mirrored},
		{"it sends our digest under a name of its own", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			return pong("collector", now.ping[digest])
		}, unproven},
		{"it sends our digest under no name", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			return pong("", now.ping[digest])
		}, unproven},
		{"it sends our digest under the start of our name", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			return pong(now.ping[name][:len(now.ping[name])-1], now.ping[digest])
		}, unproven},
		{"it takes its nonce for the end of our name", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			return pong(now.ping[name]+now.nonce, now.ping[digest])
		}, unproven},
		{"it sends the name and the digest of the connection before", "0123456789abcdef", func(now shaken, before []shaken) []byte {
			if len(before) > 0 {
				now = before[0]
			}
			return pong(now.ping[name], now.ping[digest])
		}, unproven},
		{"it sends the digest of the connection before under our name", "0123456789abcdef", func(now shaken, before []shaken) []byte {
			if len(before) > 0 {
				return pong(now.ping[name], before[0].ping[digest])
			}
			return pong(now.ping[name], now.ping[digest])
		}, mirrored},
		{"it sends our salt for a digest", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			return pong("collector", now.ping[salt])
		}, unproven},
		{"it sends its nonce for a digest", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			return pong("collector", now.nonce)
		}, unproven},
		{"it sends an empty digest", "0123456789abcdef", func(shaken, []shaken) []byte { return pong("collector", "") }, unproven},
		{"it sends nothing at all in PONG", "0123456789abcdef", func(shaken, []shaken) []byte { return pong("", "") }, unproven},
		{"it sends zeros", "0123456789abcdef", func(shaken, []shaken) []byte { return pong("collector", strings.Repeat("0", 128)) }, unproven},
		{"it makes a digest with no key", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			return pong("collector", digestOf(now.ping[salt], "collector", now.nonce))
		}, unproven},
		{"it makes a digest with a key of its own", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			return pong("collector", digestOf(now.ping[salt], "collector", now.nonce, "hunter2"))
		}, unproven},
		{"it sends our PING back", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			b := msgp.AppendArrayHeader(nil, 6)
			for _, text := range now.ping {
				b = msgp.AppendString(b, text)
			}
			return b
		}, unreadable},
		{"it leaves the digest out", "0123456789abcdef", func(now shaken, _ []shaken) []byte {
			b := msgp.AppendString(msgp.AppendArrayHeader(nil, 4), "PONG")
			return msgp.AppendString(msgp.AppendString(msgp.AppendBool(b, true), ""), now.ping[name])
		}, unreadable},
		{"it refuses us", "0123456789abcdef", func(shaken, []shaken) []byte {
			b := msgp.AppendString(msgp.AppendArrayHeader(nil, 5), "PONG")
			b = msgp.AppendString(msgp.AppendBool(b, false), "username/password mismatch")
			return msgp.AppendString(msgp.AppendString(b, ""), "")
		}, "does not take our shared_key, or asks for a user name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := stranger{nonce: c.nonce, answer: c.answer}
			f := sender(t, "forward://"+s.listen(t), func(o *Options) { o.SharedKey = "the key" })
			o := newTestOutlet(t, f)
			// The first answer has no connection before it to use again.
			_, _ = f.Deliver(t.Context(), alertsOf(1))
			result := o.hand(t, chunkOf(t, grant("e1")), true)
			if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], ": handshake: the receiver") ||
				!strings.Contains(result.Warnings[0], c.want) || strings.Contains(result.Warnings[0], "\n") ||
				strings.Contains(result.Warnings[0], "the key") {
				t.Errorf("the warnings are %q, want one line with %q", result.Warnings, c.want)
			}
			for i, seen := range s.end() {
				if seen.after != 0 {
					t.Errorf("connection %d: %d bytes were sent to a receiver without the key", i, seen.after)
				}
			}
		})
	}
}

// The name is not this machine's: a receiver here may have that one.
func TestNameAndSaltAreNewForEachConnection(t *testing.T) {
	s := stranger{nonce: "0123456789abcdef", answer: func(shaken, []shaken) []byte { return pong("", "") }}
	f := sender(t, "forward://"+s.listen(t), func(o *Options) { o.SharedKey = "the key" })
	const connections = 3
	for range connections {
		if _, err := f.Deliver(t.Context(), alertsOf(1)); err == nil {
			t.Fatal("no error")
		}
	}
	own, _ := os.Hostname()
	names, salts := map[string]bool{}, map[string]bool{}
	for _, seen := range s.end() {
		name, salt, digest := seen.ping[1], seen.ping[2], seen.ping[3]
		names[name], salts[salt] = true, true
		if name == own || !strings.HasPrefix(name, "trailwire-") || len(name) < len("trailwire-")+26 || len(salt) < 26 {
			t.Errorf("the name is %q, the salt %q", name, salt)
		}
		if want := digestOf(salt, name, seen.nonce, "the key"); digest != want {
			t.Errorf("the digest is %s, want %s", digest, want)
		}
	}
	if len(names) != connections || len(salts) != connections {
		t.Errorf("%d connections have %d names and %d salts", connections, len(names), len(salts))
	}
}

func TestAReceiverWithTheKeyMayHaveAnyNameButOurs(t *testing.T) {
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{own, "localhost", "", "trailwire-", "collector.example"} {
		t.Run("the name "+name, func(t *testing.T) {
			t.Parallel()
			s := stranger{nonce: "0123456789abcdef", answer: func(now shaken, _ []shaken) []byte {
				return pong(name, digestOf(now.ping[2], name, now.nonce, "the key"))
			}}
			f := sender(t, "forward://"+s.listen(t)+"?ack=off", func(o *Options) { o.SharedKey = "the key" })
			if n, err := f.Deliver(t.Context(), alertsOf(1)); n != 1 || err != nil {
				t.Errorf("delivered %d, %v", n, err)
			}
		})
	}
}
