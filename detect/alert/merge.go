package alert

import (
	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
)

// claim is a place in a document that a verdict takes. It is a value, or a set
// of fields that the document may have others in beside ours: event has both
// event.kind, which is a verdict, and event.action, which is not.
//
// A document spells a place as nested maps ({"event":{"kind":…}}), as a dotted
// key ({"event.kind":…}) or as a mixture; Elasticsearch reads them alike. A
// claim is to all of them, and what is written is always nested.
type claim struct {
	key   string
	value packed // what goes there, whole; empty for a set of fields
	below []claim
}

// taken is a value that was in the place of a claim.
type taken struct {
	path   string // with dots
	dotted bool   // a key on the way had a dot
	value  []byte
}

// without returns the map m without what is in the places of the claims, and
// adds that to gone. A value that is not a map, where fields must be, has to go
// too: Elasticsearch refuses a document in which event is a text. The map nests
// as deep as the claims do at most.
func without(m []byte, claims []claim, path string, gone *[]taken) []byte {
	pairs := uint32(0)
	walk := document.OverMap(m)
	most, _, _ := document.ReadMapHeader(m)
	kept, head := openMap(make([]byte, 0, len(m)), most)
	for walk.Next() {
		key, _ := walk.Name()
		value := walk.Value
		if c, rest, found := claimed(claims, key); found {
			if value = c.take(value, rest, taken{path: path + string(key)}, gone); value == nil {
				continue
			}
		}
		kept = append(append(kept, walk.Key...), value...)
		pairs++
	}
	return head.close(kept, pairs)
}

// take returns what is left of a value under the claim's key, nil for nothing.
// rest is what the value's key goes on with after the claim's and a dot.
func (c *claim) take(value, rest []byte, at taken, gone *[]taken) []byte {
	at.dotted = at.dotted || len(rest) > 0
	switch {
	case len(c.value) > 0, len(rest) == 0 && !document.IsMap(value):
		at.value = value
		*gone = append(*gone, at)
		return nil
	case len(rest) == 0:
		below := len(*gone)
		left := without(value, c.below, at.path+".", gone)
		for i := range (*gone)[below:] {
			(*gone)[below+i].dotted = (*gone)[below+i].dotted || at.dotted
		}
		return left
	}
	if inner, rest, found := claimed(c.below, rest); found {
		return inner.take(value, rest, at, gone)
	}
	return value
}

// claimed returns the claim that a key falls under, and what the key goes on
// with.
func claimed(claims []claim, key []byte) (c *claim, rest []byte, found bool) {
	for i := range claims {
		c := &claims[i]
		n := len(c.key)
		switch {
		case len(key) < n || string(key[:n]) != c.key:
		case len(key) == n:
			return c, nil, true
		case len(key) > n+1 && key[n] == '.':
			return c, key[n+1:], true
		}
	}
	return nil, nil, false
}

// merge returns the map m, in which the places of the claims are free, with their
// values. Of a key that m has twice it is the last that is merged into, since that
// is the one that counts.
func merge(dst, m []byte, claims []claim) []byte {
	into := make([]int, len(claims)) // by claim: the number of its pair, from 1
	pairs, n := 0, 0
	walk := document.OverMap(m)
	for ; walk.Next(); pairs++ {
		key, _ := walk.Name()
		if c := indexOfKey(claims, key); c >= 0 {
			into[c] = pairs + 1
		}
	}
	for _, at := range into {
		if at == 0 {
			n++
		}
	}
	dst = msgp.AppendMapHeader(dst, uint32(pairs+n))
	walk = document.OverMap(m)
	for at := 1; walk.Next(); at++ {
		key, _ := walk.Name()
		dst = append(dst, walk.Key...)
		if c := indexOfKey(claims, key); c >= 0 && into[c] == at {
			dst = merge(dst, walk.Value, claims[c].below)
		} else {
			dst = append(dst, walk.Value...)
		}
	}
	for i, c := range claims {
		if into[i] > 0 {
			continue
		}
		dst = msgp.AppendString(dst, c.key)
		if len(c.value) > 0 {
			dst = append(dst, c.value...)
		} else {
			dst = merge(dst, emptyMap, c.below)
		}
	}
	return dst
}

var emptyMap = msgp.AppendMapHeader(nil, 0)

func indexOfKey(claims []claim, key []byte) int {
	for i := range claims {
		if claims[i].key == string(key) {
			return i
		}
	}
	return -1
}

// countValues is how many values are claimed.
func countValues(claims []claim) (n int) {
	for i := range claims {
		if len(claims[i].value) > 0 {
			n++
		} else {
			n += countValues(claims[i].below)
		}
	}
	return n
}

// eachValue calls f with every value that is claimed, and its path.
func eachValue(claims []claim, path string, f func(path string, value packed)) {
	for _, c := range claims {
		if len(c.value) > 0 {
			f(path+c.key, c.value)
		} else {
			eachValue(c.below, path+c.key+".", f)
		}
	}
}
