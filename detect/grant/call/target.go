package call

import (
	"sync"

	"github.com/trailwire/trailwire/detect/cloudtrail"
)

// AppendTarget appends what the call of an event was about: the ARN of the resource, or
// the name that the event has for it where an ARN cannot be made of that, or nothing. Of
// the row it reads Resource and Owner alone, and the event need not be of the row's call.
// It is as long as the event makes it, and no text is checked.
func (c *Call) AppendTarget(dst []byte, event *cloudtrail.Event) []byte {
	r := readers.Get().(*reader)
	r.reset(c, event, nil)
	r.readResource()
	if len(r.arn) > 0 {
		dst = append(dst, r.arn...)
	} else {
		dst = append(dst, r.name...)
	}
	r.forget()
	readers.Put(r)
	return dst
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// forget lets go of the event that was read, and keeps the buffers.
func (r *reader) forget() {
	p := &r.parameters
	clear(p.listed[:cap(p.listed)])
	clear(p.request[:cap(p.request)])
	*p = parameters{request: p.request[:0], listed: p.listed[:0]}
	r.event, r.covers, r.opening = nil, nil, Opening{Account: r.opening.Account}
	r.arn, r.name = r.arn[:0], r.name[:0]
}
