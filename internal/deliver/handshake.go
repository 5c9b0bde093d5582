package deliver

import (
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/internal/address"
)

// shakeHands shows the receiver that we have the shared key, and makes it show
// that it has it too: HELO, PING and PONG of the Forward protocol's
// specification.
//
// Each side sends a digest of salt, nonce, key and its own name. Only the name
// differs: a receiver without the key could send our name and digest back. So
// our name is random and new for each connection, and a PONG that carries it is
// refused: no receiver has that name, not even one on the same machine. The salt
// is new too, so that no digest of another connection fits.
//
// Fluent Bit does not accept the client library's own handshake. The library
// reads and writes nonce and salt as MessagePack bin, Fluent Bit as str, and it
// ignores the receiver's verdict. This handshake reads both and writes str, as
// Fluent Bit's own output does.
func shakeHands(c net.Conn, key address.Secret) error {
	if err := exchange(c, key); err != nil {
		return fmt.Errorf("handshake: %w", plain(err))
	}
	return nil
}

func exchange(c net.Conn, key address.Secret) error {
	r := boundedReader(c, maxHandshake)
	nonce, err := readHelo(r)
	if err != nil {
		return err
	}
	// Text, since Fluent Bit takes nothing else. Its input takes a salt of any
	// length, as fluentd's does.
	host, salt := "trailwire-"+rand.Text(), rand.Text()
	b := msgp.AppendArrayHeader(nil, 6)
	for _, s := range []string{"PING", host, salt, digest(salt, host, nonce, key), "", ""} {
		b = msgp.AppendString(b, s)
	}
	if _, err := c.Write(b); err != nil {
		return err
	}
	server, theirs, err := readPong(r)
	switch {
	case err != nil && plain(err) == errClosed:
		return errKey // Fluent Bit's way of saying so
	case err != nil:
		return err
	case server == host:
		return errMirror
	case subtle.ConstantTimeCompare([]byte(theirs), []byte(digest(salt, server, nonce, key))) != 1:
		return errProof
	}
	return nil
}

// maxHandshake bounds what is read before the receiver is known.
const maxHandshake = 64 << 10

var (
	errKey       = errors.New("the receiver does not take our shared_key")
	errRefusal   = errors.New("the receiver does not take our shared_key, or asks for a user name, which is never sent")
	errMirror    = errors.New("the receiver sends our own name back instead of showing that it has the shared_key")
	errProof     = errors.New("the receiver does not show that it has the shared_key")
	errNoHelo    = errors.New("the receiver says no HELO: it may have no shared_key")
	errHandshake = errors.New("the receiver's answer cannot be read")
)

func digest(salt, host, nonce string, key address.Secret) string {
	h := sha512.New()
	for _, s := range []string{salt, host, nonce, key.Reveal()} {
		h.Write([]byte(s))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// readHelo reads ["HELO", {"nonce": ..., ...}].
func readHelo(r *msgp.Reader) (nonce string, err error) {
	if err := readStart(r, 2, "HELO"); err != nil {
		if plain(err) == errTimeout {
			err = errNoHelo
		}
		return "", err
	}
	pairs, err := r.ReadMapHeader()
	if err != nil {
		return "", err
	}
	for range pairs {
		name, err := readText(r)
		if err != nil {
			return "", err
		}
		if name == "nonce" {
			nonce, err = readText(r)
		} else {
			err = r.Skip()
		}
		if err != nil {
			return "", err
		}
	}
	return nonce, nil
}

// readPong reads ["PONG", verdict, reason, host, digest].
func readPong(r *msgp.Reader) (host, digest string, err error) {
	if err := readStart(r, 5, "PONG"); err != nil {
		return "", "", err
	}
	welcome, err := r.ReadBool()
	if err != nil {
		return "", "", err
	}
	if _, err := readText(r); err != nil { // the reason may quote anything
		return "", "", err
	}
	if !welcome {
		return "", "", errRefusal
	}
	if host, err = readText(r); err != nil {
		return "", "", err
	}
	digest, err = readText(r)
	return host, digest, err
}

func readStart(r *msgp.Reader, elements uint32, kind string) error {
	n, err := r.ReadArrayHeader()
	if err != nil {
		return err
	}
	text, err := readText(r)
	if err != nil {
		return err
	}
	if n != elements || text != kind {
		return errHandshake
	}
	return nil
}

// readText reads a str or a bin: Fluent Bit writes one, fluentd the other.
func readText(r *msgp.Reader) (string, error) {
	kind, err := r.NextType()
	if err != nil {
		return "", err
	}
	if kind == msgp.BinType {
		b, err := r.ReadBytes(nil)
		return string(b), err
	}
	return r.ReadString()
}

// boundedReader reads at most so many bytes, and refuses values that announce
// more.
func boundedReader(c net.Conn, most int) *msgp.Reader {
	r := msgp.NewReaderSize(&limited{c, most}, 512)
	r.SetMaxStringLength(uint64(most))
	r.SetMaxElements(uint32(most))
	return r
}

// limited reads so many bytes and no more.
type limited struct {
	conn net.Conn
	left int
}

func (l *limited) Read(b []byte) (n int, err error) {
	if l.left <= 0 {
		return 0, errHandshake
	}
	n, err = l.conn.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}
