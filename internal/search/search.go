// Package search looks for the needles of rules in a chunk before anything is
// parsed. It does what [detect.Engine.Suspects] does, in C, with vector
// instructions, because nearly every chunk ends there. detect/needle says what
// it finds and what it may miss; a fuzz target compares the two.
//
// [For] makes the [Search] for an engine's options. The filter calls its C
// function directly, before it enters Go.
package search

/*
#cgo CFLAGS: -O3 -fvisibility=hidden
#cgo noescape trailwire_search_next
#cgo nocallback trailwire_search_next
#cgo noescape trailwire_search_event
#cgo nocallback trailwire_search_event
#cgo noescape trailwire_walk
#cgo nocallback trailwire_walk
#cgo noescape trailwire_search_which
#cgo nocallback trailwire_search_which
#include <stdlib.h>
#include "search.h"
#include "walk.h"
*/
import "C"

import (
	"errors"
	"runtime"
	"unsafe"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/needle"
)

// Search is a set of needles, ready to be looked for. It does not change, and
// any goroutine may use it until it is freed. To a nil Search everything is
// suspect: Over, C and Free take it.
type Search struct {
	c     *C.struct_trailwire_search
	texts *Search // for what rules about any call ask for, or nil
}

// New returns the search for these needles. It lives outside of Go's memory:
// free it when done.
func New(needles []needle.Needle) (*Search, error) {
	s := &Search{c: C.trailwire_search_new()}
	if s.c == nil {
		return nil, errNoMemory
	}
	for _, n := range needles {
		text := C.CString(n.Text)
		failed := s.add(n, text)
		C.free(unsafe.Pointer(text))
		if failed != 0 {
			s.Free()
			return nil, errNoMemory
		}
	}
	sample := needle.Vocabulary()
	if C.trailwire_search_ready(s.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(sample))), C.size_t(len(sample))) != 0 {
		s.Free()
		return nil, errNoMemory
	}
	return s, nil
}

func (s *Search) add(n needle.Needle, text *C.char) C.int {
	if !n.Call {
		return C.trailwire_search_add(s.c, text, C.size_t(len(n.Text)), flag(n.Fold), flag(n.Whole))
	}
	part := uint32(C.ANYWHERE)
	switch {
	case n.Whole:
		part = C.WHOLE
	case n.Begins:
		part = C.BEGIN
	}
	return C.trailwire_search_add_call(s.c, text, C.size_t(len(n.Text)), flag(n.Fold), part)
}

// For returns the search for an engine with these options, or nil if everything is
// suspect. It sets it in the options too: the engine searches the elements of a
// list one by one. Do not use the engine after the search is freed.
func For(o *detect.Options) (*Search, error) {
	needles, ok := o.Needles()
	if !ok {
		return nil, nil
	}
	s, err := New(needles)
	if err != nil {
		return nil, err
	}
	if texts := o.TextNeedles(); len(texts) > 0 {
		if s.texts, err = New(texts); err != nil {
			s.Free()
			return nil, err
		}
		o.SearchTexts = s.texts.Which
	}
	o.Search = func(data []byte) bool { return s.Next(data, 0) < len(data) }
	o.SearchFrom = s.Next
	if o.FollowGrants {
		accounts, err := NewAccounts()
		if err != nil {
			s.Free()
			return nil, err
		}
		if err := s.Watch(accounts); err != nil {
			s.Free()
			return nil, err
		}
		o.WatchAccounts = accounts
	}
	return s, nil
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

var errNoMemory = errors.New("no memory for the search")

// Next returns the first offset at or after from that is inside of something
// suspicious, len(data) if there is nothing.
func (s *Search) Next(data []byte, from int) int {
	if from >= len(data) {
		return len(data)
	}
	return int(C.trailwire_search_next(s.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(data))),
		C.size_t(len(data)), C.size_t(from)))
}

// Which returns which needles are in data: a bit for each, that of needle i being i
// modulo 64. All bits are set if there is a JSON escape.
func (s *Search) Which(data []byte) uint64 {
	return uint64(C.trailwire_search_which(s.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(data))), C.size_t(len(data))))
}

// Walk steps over whole events of a chunk, from the one at from on, while they end
// at or before hit. It returns the offset of the first event that does not, where its
// body begins, and where it ends. The end is zero if the walk cannot read what is there.
//
// If the body has few keys, and there are lists under some of them, Walk notes in list where the elements
// of the longest end, but for one with more than 65,536 elements. If it has from 9 to 64 keys, Walk notes
// where each key and each value ends. Ends grows for that, which is rare where it is kept from one walk to
// the next: then the event is walked over again.
func Walk(chunk []byte, from, hit int, list *document.List) (event, body, end int) {
	e := walk(chunk, from, hit, list)
	if grows(list, &e) {
		e = walk(chunk, int(e.at), hit, list)
	}
	note(list, &e)
	return int(e.at), int(e.body), int(e.end)
}

func walk(chunk []byte, from, hit int, list *document.List) C.struct_trailwire_event {
	return C.trailwire_walk((*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(chunk))), C.size_t(len(chunk)), C.size_t(from), C.size_t(hit),
		(*C.uint32_t)(unsafe.Pointer(unsafe.SliceData(list.Ends))), C.size_t(cap(list.Ends)))
}

// grows makes room for the longest list of an event. It returns false if there was.
func grows(list *document.List, e *C.struct_trailwire_event) bool {
	wanted := int(e.list.wanted)
	if wanted <= cap(list.Ends) || wanted > maxNoted {
		return false
	}
	list.Ends = make([]uint32, 0, min(wanted+wanted/4, maxNoted))
	return true
}

// note makes list what was noted about an event.
func note(list *document.List, e *C.struct_trailwire_event) {
	list.At, list.Ends = int(e.list.at)-int(e.body), list.Ends[:e.list.count]
}

// maxNoted is of how many elements in a list the ends are noted. CloudTrail's files have some thousand
// events at most. With more elements the list is walked through again.
const maxNoted = 1 << 16

// Over returns a function that searches a chunk whose first hit is known; nil for a
// nil Search. From the offset of an event it returns the first hit at or after it,
// and the event that the hit is in, as [Walk] does. onlyCalls says that there are no needles in that event but
// names of calls, and no escapes.
func (s *Search) Over(chunk []byte, first int) func(from int, list *document.List) (event, body, end, hit int, onlyCalls bool) {
	if s == nil {
		return nil
	}
	return func(from int, list *document.List) (event, body, end, hit int, onlyCalls bool) {
		if from >= len(chunk) {
			list.Ends = list.Ends[:0]
			return from, 0, 0, len(chunk), false
		}
		found := s.event(chunk, from, first, list)
		if grows(list, &found.event) {
			found = s.event(chunk, int(found.event.at), int(found.hit), list)
		}
		note(list, &found.event)
		return int(found.event.at), int(found.event.body), int(found.event.end), int(found.hit), found.only_calls != 0
	}
}

// Watch makes s look for the texts and numbers of these accounts too from now on, in place of
// those of any accounts before: Next, Over and the C functions do. It fails if there is no
// memory. One goroutine at a time calls it, while others may search. A nil Search takes it.
func (s *Search) Watch(a *Accounts) error {
	if s == nil {
		return nil
	}
	defer runtime.KeepAlive(a)
	if C.trailwire_search_watch(s.c, a.c) != 0 {
		return errNoMemory
	}
	return nil
}

func (s *Search) event(chunk []byte, from, known int, list *document.List) C.struct_trailwire_found {
	return C.trailwire_search_event(s.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(chunk))),
		C.size_t(len(chunk)), C.size_t(from), C.size_t(known),
		(*C.uint32_t)(unsafe.Pointer(unsafe.SliceData(list.Ends))), C.size_t(cap(list.Ends)), flag(s.texts != nil))
}

// slow makes s look for accounts as a processor does that lacks the n fastest ways of this one. It
// returns false if there are not so many. It is for tests.
func (s *Search) slow(n int) bool {
	return C.trailwire_search_slow(s.c, C.size_t(n)) == 0
}

// C returns the C struct, for code that calls the C function itself.
func (s *Search) C() unsafe.Pointer {
	if s == nil {
		return nil
	}
	return unsafe.Pointer(s.c)
}

// Free gives the memory back.
func (s *Search) Free() {
	if s != nil {
		s.texts.Free()
		C.trailwire_search_free(s.c)
	}
}
