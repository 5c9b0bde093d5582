package document

import (
	"bytes"
	"math"
)

// Pairs walks the pairs of a map:
//
//	for p := document.OverMap(m); p.Next(); {
//		use(p.Key, p.Value)
//	}
//	if p.Err() != nil { … }
//
// It allocates nothing and stops at the first malformed pair.
type Pairs struct {
	// Key and Value are the raw MessagePack of the current pair.
	Key, Value []byte

	all   []byte // the pairs, and what follows the map
	at    int    // where in it the next pair begins
	left  int
	short bool // the key is text of up to 31 bytes
	err   error
}

// OverMap starts a walk over the pairs of the map at the start of m.
func OverMap(m []byte) Pairs {
	left, rest, err := ReadMapHeader(m)
	return Pairs{all: rest, left: left, err: err}
}

// Next moves on to the next pair. It returns false after the last one, and on
// an error.
func (p *Pairs) Next() bool {
	if p.left == 0 {
		return false
	}
	b, at := p.all, p.at
	key := shortTextEnd(b, at)
	p.short = key > 0
	if key == 0 {
		var err error
		if key, err = endOf(b, at); err != nil {
			return p.fail(nil, err)
		}
	}
	value := shortTextEnd(b, key)
	if value == 0 {
		var err error
		if value, err = endOf(b, key); err != nil {
			return p.fail(b[at:key], err)
		}
	}
	p.left--
	p.Key, p.Value, p.at = b[at:key], b[key:value], value
	return true
}

// fail ends the walk at a pair of which at most the key can be read.
func (p *Pairs) fail(key []byte, err error) bool {
	*p = Pairs{Key: key, err: err}
	return false
}

// Name returns the current key's text, as [Text] does.
func (p *Pairs) Name() (text []byte, ok bool) {
	if p.short {
		return p.Key[1:], true
	}
	return Text(p.Key)
}

// NextOver is [Pairs.Next] where one of the values was walked over before: it is not walked over
// again. known is that value, or nil.
func (p *Pairs) NextOver(known []byte) bool {
	if len(known) == 0 {
		return p.Next()
	}
	return p.nextOver(known)
}

func (p *Pairs) nextOver(known []byte) bool {
	if p.left == 0 {
		return false
	}
	b, at := p.all, p.at
	key, err := endOf(b, at)
	if err != nil || key+len(known) > len(b) || &b[key] != &known[0] {
		return p.Next()
	}
	p.left--
	p.short = shortTextEnd(b, at) > 0
	p.at = key + len(known)
	p.Key, p.Value = b[at:key], b[key:p.at]
	return true
}

// Err returns what ended the walk early, or nil.
func (p *Pairs) Err() error { return p.err }

// Rest returns the bytes after the last pair that was read: what follows the
// map once Next has returned false without an error.
func (p *Pairs) Rest() []byte { return p.all[p.at:] }

// Items walks the elements of an array the way [Pairs] walks a map.
type Items struct {
	// Value is the raw MessagePack of the current element.
	Value []byte

	rest []byte
	left int
	err  error

	all  []byte   // what is walked over
	at   int      // where in it the current element ends
	ends []uint32 // of the elements, if they are known
}

// OverArray starts a walk over the elements of the array at the start of a.
func OverArray(a []byte) Items {
	left, rest, err := ReadArrayHeader(a)
	return Items{rest: rest, left: left, err: err, all: a, at: len(a) - len(rest)}
}

// List says where the elements of a list in a record end, or the keys and values of the record itself, so
// that they need not be walked over again.
type List struct {
	At   int      // where in the record the list begins; zero for the record itself
	Ends []uint32 // where each element, or each key and each value ends, counted from At; empty for no list
}

// Pairs returns where the first pair of the record begins, and where each key and each value ends, if that
// is noted. It reads no further than the record's header.
func (l *List) Pairs(record []byte) (first int, ends []uint32) {
	if l.At != 0 || len(l.Ends) == 0 {
		return 0, nil
	}
	n, rest, err := ReadMapHeader(record)
	if err != nil || 2*n != len(l.Ends) || int(l.Ends[len(l.Ends)-1]) > len(record) {
		return 0, nil
	}
	return len(record) - len(rest), l.Ends
}

// In returns the list in its record, nil if there is none. It reads no further than the list's header.
func (l *List) In(record []byte) []byte {
	if len(l.Ends) == 0 || uint(l.At) >= uint(len(record)) {
		return nil
	}
	list := record[l.At:]
	end := int(l.Ends[len(l.Ends)-1])
	if n, _, err := ReadArrayHeader(list); err != nil || n != len(l.Ends) || end > len(list) {
		return nil
	}
	return list[:end]
}

// Over starts a walk over the elements of the list, which is what In returned.
func (l *List) Over(list []byte) Items {
	i := OverArray(list)
	i.ends = l.Ends
	return i
}

// Next moves on to the next element. It returns false after the last one, and
// on an error.
func (i *Items) Next() bool {
	if i.err != nil || i.left == 0 {
		return false
	}
	i.left--
	if i.left < len(i.ends) {
		end := int(i.ends[len(i.ends)-1-i.left])
		i.Value, i.at = i.all[i.at:end], end
		return true
	}
	i.Value, i.rest, i.err = Next(i.rest)
	i.at = len(i.all) - len(i.rest)
	return i.err == nil
}

// Place returns where in the array the current element begins and ends.
func (i *Items) Place() (start, end int) { return i.at - len(i.Value), i.at }

// Err returns what ended the walk early, or nil.
func (i *Items) Err() error { return i.err }

// Each calls f with the raw key and value of each pair of the map m, in order,
// until f returns false.
func Each(m []byte, f func(key, value []byte) bool) error {
	p := OverMap(m)
	for p.Next() {
		if !f(p.Key, p.Value) {
			return nil
		}
	}
	return p.Err()
}

// Elements calls f with each raw element of the array a, in order, until f
// returns false.
func Elements(a []byte, f func(value []byte) bool) error {
	i := OverArray(a)
	for i.Next() {
		if !f(i.Value) {
			return nil
		}
	}
	return i.Err()
}

// Get returns the raw value under key in the map m: the last one where the key
// is repeated. It returns false if m is not a map, is malformed, or has no
// such key.
func Get(m []byte, key string) (value []byte, ok bool) {
	p := OverMap(m)
	for p.Next() {
		if k, isText := p.Name(); isText && string(k) == key {
			value, ok = p.Value, true
		}
	}
	if p.Err() != nil {
		return nil, false
	}
	return value, ok
}

// GetFold is [Get] with a key that is compared without regard to case.
func GetFold(m []byte, key string) (value []byte, ok bool) {
	p := OverMap(m)
	for p.Next() {
		if k, isText := p.Name(); isText && len(k) == len(key) && bytes.EqualFold(k, []byte(key)) {
			value, ok = p.Value, true
		}
	}
	if p.Err() != nil {
		return nil, false
	}
	return value, ok
}

// GetFolds sets each of values to what [GetFold] returns for the key in its place, nil for nothing, in
// one walk. values has as many elements as keys.
func GetFolds(m []byte, keys []string, values [][]byte) {
	clear(values)
	p := OverMap(m)
	for p.Next() {
		k, isText := p.Name()
		if !isText {
			continue
		}
		for i, key := range keys {
			if len(k) == len(key) && (string(k) == key || bytes.EqualFold(k, []byte(key))) {
				values[i] = p.Value
			}
		}
	}
	if p.Err() != nil {
		clear(values)
	}
}

// GetText returns the text under key in the map m. It returns false as [Get]
// does, and if the value is not text.
func GetText(m []byte, key string) (text []byte, ok bool) {
	value, ok := Get(m, key)
	if !ok {
		return nil, false
	}
	return Text(value)
}

// Path returns the value at a dotted path in m, however the document spells
// it: as nested maps ({"event":{"action":…}}), as dotted keys
// ({"event.action":…}), or mixed ({"aws.cloudtrail":{"error_code":…}}).
// If several spellings are there the last one in the document counts.
func Path(m []byte, path string) (value []byte, ok bool) {
	return find(m, path, 0)
}

func find(m []byte, path string, depth int) (value []byte, ok bool) {
	if depth > MaxDepth {
		return nil, false
	}
	var few [8]Spelling
	spellings, err := Spellings(few[:0], m, path)
	if err != nil {
		return nil, false
	}
	for i := len(spellings) - 1; i >= 0; i-- {
		s := spellings[i]
		if s.Rest == "" {
			return s.Value, true
		}
		if value, ok = find(s.Value, s.Rest, depth+1); ok {
			return value, true
		}
	}
	return nil, false
}

// Spelling is a pair of a map whose key is a dotted path or the beginning of
// one.
type Spelling struct {
	Value []byte
	Rest  string // what the key leaves of the path
}

// Spellings appends to dst the pairs of the map m on the way to path, in
// order: for a.b.c those with the keys a.b.c, a.b and a. Of a key that is
// repeated it is the last.
func Spellings(dst []Spelling, m []byte, path string) ([]Spelling, error) {
	start := len(dst)
	p := OverMap(m)
	for p.Next() {
		k, isText := p.Name()
		if !isText || len(k) > len(path) || string(k) != path[:len(k)] {
			continue
		}
		s := Spelling{Value: p.Value}
		if len(k) < len(path) {
			if path[len(k)] != '.' || len(k)+1 == len(path) {
				continue
			}
			s.Rest = path[len(k)+1:]
		}
		for i, before := range dst[start:] {
			if len(before.Rest) == len(s.Rest) {
				dst = append(dst[:start+i], dst[start+i+1:]...)
				break
			}
		}
		dst = append(dst, s)
	}
	return dst, p.Err()
}

// Equal reports whether two values are the same document: the same texts,
// numbers and structure in the same order, in any encoding that MessagePack
// allows for them.
func Equal(a, b []byte) bool { return equal(a, b, 0) }

func equal(a, b []byte, depth int) bool {
	ha, errA := readHead(a)
	hb, errB := readHead(b)
	if errA != nil || errB != nil || depth > MaxDepth {
		return false
	}
	if ha.children != hb.children || kindClass(ha.kind) != kindClass(hb.kind) {
		return false
	}
	switch ha.kind {
	case KindInt, KindUint:
		x, okA := Int(a)
		y, okB := Int(b)
		if okA && okB {
			return x == y
		}
		u, okA := Uint(a)
		w, okB := Uint(b)
		return okA && okB && u == w
	case KindFloat:
		x, okA := Float(a)
		y, okB := Float(b)
		return okA && okB && math.Float64bits(x) == math.Float64bits(y)
	case KindArray:
		x, y := OverArray(a), OverArray(b)
		for x.Next() && y.Next() {
			if !equal(x.Value, y.Value, depth+1) {
				return false
			}
		}
		return x.Err() == nil && y.Err() == nil
	case KindMap:
		x, y := OverMap(a), OverMap(b)
		for x.Next() && y.Next() {
			if !equal(x.Key, y.Key, depth+1) || !equal(x.Value, y.Value, depth+1) {
				return false
			}
		}
		return x.Err() == nil && y.Err() == nil
	}
	return ha.payload == hb.payload &&
		ha.payload <= len(a)-ha.size && hb.payload <= len(b)-hb.size &&
		(ha.size > 1 || ha.payload > 0 || ha.kind == KindText || a[0] == b[0]) &&
		bytes.Equal(a[ha.size:ha.size+ha.payload], b[hb.size:hb.size+hb.payload])
}

// kindClass makes one of the two kinds that an integer can have.
func kindClass(k Kind) Kind {
	if k == KindUint {
		return KindInt
	}
	return k
}

// Leaves calls visit with every value at a dotted path below value that is
// neither a list nor on the way to one: through maps and lists, in any mixture
// of nested and dotted keys. What nests deeper than [MaxDepth] is left out.
func Leaves(value []byte, path string, visit func(leaf []byte)) { leaves(value, path, visit, 0) }

// leaves returns what follows the value at the start of b, nil if that cannot
// be said: lists in lists are gone through once.
func leaves(b []byte, path string, visit func(leaf []byte), depth int) (rest []byte) {
	if depth > MaxDepth {
		rest, _ = Skip(b)
		return rest
	}
	if n, rest, err := ReadArrayHeader(b); err == nil {
		for ; n > 0 && len(rest) > 0; n-- {
			rest = leaves(rest, path, visit, depth+1)
		}
		return rest
	}
	value, rest, err := Next(b)
	if err != nil {
		return nil
	}
	if path == "" {
		visit(value)
		return rest
	}
	var few [8]Spelling
	spellings, _ := Spellings(few[:0], value, path)
	for _, s := range spellings {
		leaves(s.Value, s.Rest, visit, depth+1)
	}
	return rest
}

// LeavesBelow calls visit with every value below a dotted path that is neither a map
// nor a list, whatever keys are on the way to it. The path may be nested, dotted or
// mixed, as for [Leaves]; a key may also go on after its end. What nests deeper than
// [MaxDepth] is left out.
func LeavesBelow(value []byte, path string, visit func(leaf []byte)) {
	if path == "" {
		allLeaves(value, visit, 0)
		return
	}
	for pairs := OverMap(value); pairs.Next(); {
		key, isText := pairs.Name()
		switch {
		case !isText:
		case string(key) == path, len(key) > len(path) && key[len(path)] == '.' && string(key[:len(path)]) == path:
			allLeaves(pairs.Value, visit, 0)
		case len(key) < len(path) && path[len(key)] == '.' && path[:len(key)] == string(key):
			LeavesBelow(pairs.Value, path[len(key)+1:], visit)
		}
	}
}

// allLeaves returns what follows the value at the start of b, nil where that cannot
// be said. It goes through each part once.
func allLeaves(b []byte, visit func(leaf []byte), depth int) (rest []byte) {
	if depth > MaxDepth {
		rest, _ = Skip(b)
		return rest
	}
	if n, rest, err := ReadArrayHeader(b); err == nil {
		for ; n > 0 && len(rest) > 0; n-- {
			rest = allLeaves(rest, visit, depth+1)
		}
		return rest
	}
	if n, rest, err := ReadMapHeader(b); err == nil {
		for ; n > 0 && len(rest) > 0; n-- {
			if _, rest, err = Next(rest); err != nil {
				return nil
			}
			rest = allLeaves(rest, visit, depth+1)
		}
		return rest
	}
	value, rest, err := Next(b)
	if err != nil {
		return nil
	}
	visit(value)
	return rest
}
