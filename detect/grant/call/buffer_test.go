package call

import (
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/cloudtrail"
)

// bucketPolicy is an event that writes a policy for a bucket of this name, with so many
// other parameters.
func bucketPolicy(name string, others int) *cloudtrail.Event {
	b := msgp.AppendMapHeader(nil, 3)
	b = msgp.AppendString(msgp.AppendString(b, "eventSource"), "s3.amazonaws.com")
	b = msgp.AppendString(msgp.AppendString(b, "eventName"), "PutBucketPolicy")
	b = msgp.AppendMapHeader(msgp.AppendString(b, "requestParameters"), uint32(1+others))
	b = msgp.AppendString(msgp.AppendString(b, "bucketName"), name)
	for range others {
		b = append(b, 0xa0, 0xc0) // "": nil
	}
	e := new(cloudtrail.Event)
	e.Reset(b, cloudtrail.Raw)
	return e
}

// manyWrapped is a call whose parameters are wrapped many times.
func manyWrapped(times int) *cloudtrail.Event {
	b := msgp.AppendMapHeader(nil, 3)
	b = msgp.AppendString(msgp.AppendString(b, "eventSource"), "s3.amazonaws.com")
	b = msgp.AppendString(msgp.AppendString(b, "eventName"), "PutBucketPolicy")
	b = msgp.AppendMapHeader(msgp.AppendString(b, "requestParameters"), uint32(times))
	for range times {
		b = msgp.AppendMapHeader(msgp.AppendString(b, "PutBucketPolicyRequest"), 2)
		b = append(b, 0xa0, 0xc0, 0xa0, 0xc0)
	}
	e := new(cloudtrail.Event)
	e.Reset(b, cloudtrail.Raw)
	return e
}

func TestAReaderKeepsNoHugeBuffers(t *testing.T) {
	var r reader
	r.read(bucketPolicy(strings.Repeat("x", 1<<20), 100_000), nil)
	if n := cap(r.parameters.listed); n > 4*maxMembers {
		t.Errorf("%d members are listed", n)
	}
	r.read(bucketPolicy("orders", 1), nil)
	if n := cap(r.arn) + cap(r.name); n > keptBuffer {
		t.Errorf("%d bytes are kept of a name", n)
	}
	r.read(manyWrapped(10_000), nil)
	r.read(bucketPolicy("orders", 1), nil)
	if n, m := cap(r.parameters.listed), cap(r.parameters.request); n > 4*maxMembers || m > maxMembers {
		t.Errorf("%d members and %d objects are kept", n, m)
	}
	if len(r.parameters.listed) != 2 {
		t.Errorf("%d members of two parameters", len(r.parameters.listed))
	}
}
