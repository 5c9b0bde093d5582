package state

import (
	"crypto/sha256"
	"encoding/binary"
)

// Key identifies values that are remembered. It is the beginning of a SHA-256 of them and
// of a secret of the memory.
type Key [16]byte

// Hash returns the first 64 bits of the key, to tell values apart within another key.
func (k Key) Hash() uint64 { return binary.BigEndian.Uint64(k[:8]) }

// Begin appends to dst what a key of the set begins with. Append the values with
// [AppendValue], and then call [KeyOf].
func (s *Set) Begin(dst []byte) []byte { return append(dst, s.prefix[:]...) }

// AppendValue appends a value after its length, so that no two lists of values are the
// same bytes.
func AppendValue[T string | []byte](dst []byte, value T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	return append(dst, value...)
}

// KeyOf returns the key of what was written after [Set.Begin].
func KeyOf(written []byte) Key {
	sum := sha256.Sum256(written)
	return Key(sum[:16])
}
