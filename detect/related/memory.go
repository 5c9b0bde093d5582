package related

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant/call"
)

const (
	// Actors is how many actors are remembered, and how many access keys.
	Actors = 4096
	// PerActor is how many calls of each are.
	PerActor = alert.MaxRelated
	// Window is how far back the calls of an actor are told.
	Window = time.Hour
)

// Memory is the last calls of each actor. Any goroutine may use it.
type Memory struct {
	seeds    [2]maphash.Seed
	segments [handleKinds][segments]segment
	buffers  sync.Pool // of *buffer
}

// The kinds of handles that an actor has.
const (
	byActor = iota
	byAccessKey
	handleKinds
)

// segments share the places of a kind. The hash decides which one a handle is in: a flood
// waits for the lock of one segment at a time.
const segments = 16

// New returns an empty memory.
func New() *Memory {
	m := &Memory{
		seeds:   [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		buffers: sync.Pool{New: func() any { return new(buffer) }},
	}
	for kind := range m.segments {
		for i := range m.segments[kind] {
			m.segments[kind][i].init(Actors / segments)
		}
	}
	return m
}

// Evicted is how many actors and access keys were given up, since the memory was made,
// while their last call was within the window.
func (m *Memory) Evicted() uint64 {
	n := uint64(0)
	for kind := range m.segments {
		for i := range m.segments[kind] {
			n += m.segments[kind][i].evicted.Load()
		}
	}
	return n
}

// Note keeps the call of an event that happened at this time, if it is on the list and
// somebody made it. A second delivery of an event is kept once.
func (m *Memory) Note(event *cloudtrail.Event, at time.Time) {
	source, name := event.Text(cloudtrail.FieldProvider), event.Text(cloudtrail.FieldAction)
	c := find(source, name)
	if c == nil {
		return
	}
	handles := m.handles(event)
	if handles[byActor] == (key{}) && handles[byAccessKey] == (key{}) {
		return
	}
	b := m.buffers.Get().(*buffer)
	defer m.release(b)
	l := m.line(event, c, at, b)
	family := m.family(event)
	for kind, handle := range handles {
		if handle != (key{}) {
			m.segment(kind, handle).note(handle, family, l)
		}
	}
}

// NoteIssued keeps a call that handed out an access key, under that key: who uses the key is
// not the actor of the call, and may be an outsider. target says in words for what and to
// whom the key was given.
func (m *Memory) NoteIssued(event *cloudtrail.Event, accessKey, target string, at time.Time) {
	if !isAccessKey([]byte(accessKey)) {
		return
	}
	b := m.buffers.Get().(*buffer)
	defer m.release(b)
	l := line{at: at.UTC(), id: m.identity(event, b), provider: string(event.Text(cloudtrail.FieldProvider))}
	b.bytes = append(b.bytes[:0], target...)
	m.write(&l, event, b)
	handle := m.key([]byte(accessKey))
	m.segment(byAccessKey, handle).note(handle, 0, l)
}

// Of returns the calls of the event's actor, and those with its access key, in the hour
// before this time: each once, without the event itself, the newest first and at most
// [alert.MaxRelated].
func (m *Memory) Of(event *cloudtrail.Event, at time.Time) []alert.Related {
	b := m.buffers.Get().(*buffer)
	defer m.release(b)
	b.found = b.found[:0]
	for kind, handle := range m.handles(event) {
		if handle != (key{}) {
			b.found = m.segment(kind, handle).of(handle, b.found)
		}
	}
	if len(b.found) == 0 {
		return nil
	}
	own := m.identity(event, b)
	slices.SortStableFunc(b.found, func(x, y line) int { return y.at.Compare(x.at) })
	calls := make([]alert.Related, 0, min(len(b.found), alert.MaxRelated))
	for i := range b.found {
		l := &b.found[i]
		isTwice := slices.ContainsFunc(b.found[:i], func(earlier line) bool { return earlier.id == l.id })
		if l.id == own || isTwice || l.at.After(at) || at.Sub(l.at) > Window {
			continue
		}
		if calls = append(calls, l.related()); len(calls) == alert.MaxRelated {
			break
		}
	}
	if len(calls) == 0 {
		return nil
	}
	return calls
}

func (m *Memory) segment(kind int, handle key) *segment {
	return &m.segments[kind][handle[0]%segments]
}

// key is two hashes with seeds that only this process knows: nobody can choose texts whose keys
// collide, or fill one segment. It is not kept beyond the process, so it need not be
// cryptographic: SHA-256 took most of the time of an event that is noted.
type key [16]byte

// buffer is what a call of Note or Of needs for a while.
type buffer struct {
	bytes []byte
	found []line
}

// keptBuffer is how large a buffer may be that is kept: a huge event must not stay in
// memory.
const keptBuffer = 64 << 10

// release gives a buffer back.
func (m *Memory) release(b *buffer) {
	clear(b.found[:cap(b.found)])
	if cap(b.bytes) <= keptBuffer {
		m.buffers.Put(b)
	}
}

// key returns the key of a text, which is compared with those of texts of its kind alone.
func (m *Memory) key(text []byte) (k key) {
	binary.LittleEndian.PutUint64(k[:8], maphash.Bytes(m.seeds[0], text))
	binary.LittleEndian.PutUint64(k[8:], maphash.Bytes(m.seeds[1], text))
	return k
}

// handles returns what the actor is known by. A handle is zero if there is none.
func (m *Memory) handles(event *cloudtrail.Event) (handles [handleKinds]key) {
	who := event.Text(cloudtrail.FieldActor)
	if len(who) == 0 {
		if who = event.Text(cloudtrail.FieldActorID); isAnonymous(who) {
			who = nil
		}
	}
	if len(who) > 0 {
		handles[byActor] = m.key(who)
	}
	if accessKey := event.Text(cloudtrail.FieldAccessKeyID); isAccessKey(accessKey) {
		handles[byAccessKey] = m.key(accessKey)
	}
	return handles
}

// isAnonymous reports whether a principal id is what all unsigned callers have in common.
func isAnonymous(id []byte) bool {
	return bytes.EqualFold(id, []byte("anonymous")) || bytes.EqualFold(id, []byte("ANONYMOUS_PRINCIPAL"))
}

// isAccessKey reports whether a text can be an access key: 16 to 128 letters and digits
// (IAM API model, accessKeyIdType, and the letters of those that AWS gives out). What
// CloudTrail writes in place of one that it hides is not.
func isAccessKey(text []byte) bool {
	if len(text) < 16 || len(text) > 128 {
		return false
	}
	for _, c := range text {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// family is what an actor has in common with others who may be the same person: the role
// of a session, the account of a user. Its hash is 0 for an actor without an ARN.
func (m *Memory) family(event *cloudtrail.Event) uint64 {
	arn := event.Text(cloudtrail.FieldActor)
	end := bytes.LastIndexByte(arn, '/')
	if end < 0 {
		end = bytes.LastIndexByte(arn, ':')
	}
	if end < 0 {
		return 0
	}
	return maphash.Bytes(m.seeds[0], arn[:end]) | 1
}

// identity tells an event from others: by its id and what it says. A forged event with a
// real one's id is not that event.
func (m *Memory) identity(event *cloudtrail.Event, b *buffer) key {
	b.bytes = append(b.bytes[:0], event.Text(cloudtrail.FieldEventID)...)
	b.bytes = alert.AppendEvent(append(b.bytes, 0), event)
	return m.key(b.bytes)
}

// line makes the line of a call. Its text is the one thing that is allocated.
func (m *Memory) line(event *cloudtrail.Event, c *call.Call, at time.Time, b *buffer) line {
	l := line{
		at: at.UTC(), id: m.identity(event, b), provider: c.Source,
		failed: string(event.Text(cloudtrail.FieldOutcome)) == "failure",
	}
	b.bytes = c.AppendTarget(b.bytes[:0], event)
	m.write(&l, event, b)
	return l
}

// write writes the text of a line, of which the buffer has the target.
func (m *Memory) write(l *line, event *cloudtrail.Event, b *buffer) {
	target := bounded(b.bytes, maxTarget)
	b.bytes = append(b.bytes[:0], target...)
	l.target = uint16(len(b.bytes))
	b.bytes = append(b.bytes, bounded(event.Text(cloudtrail.FieldAction), maxShort)...)
	l.action = uint16(len(b.bytes))
	b.bytes = append(b.bytes, bounded(event.Text(cloudtrail.FieldEventID), maxShort)...)
	l.eventID = uint16(len(b.bytes))
	b.bytes = append(b.bytes, bounded(event.Text(cloudtrail.FieldAddress), maxShort)...)
	l.text = string(b.bytes)
}
