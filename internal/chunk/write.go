package chunk

import (
	"encoding/binary"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// Append appends an event with this time, empty metadata and this body, in the
// form that Fluent Bit 2.1 and later use.
func Append(dst []byte, at time.Time, body []byte) []byte {
	dst = append(dst, 0x92, 0x92, 0xd7, 0x00)
	dst = binary.BigEndian.AppendUint32(dst, uint32(at.Unix()))
	dst = binary.BigEndian.AppendUint32(dst, uint32(at.Nanosecond()))
	dst = msgp.AppendMapHeader(dst, 0)
	return append(dst, body...)
}
