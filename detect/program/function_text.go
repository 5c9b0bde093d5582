package program

import (
	"bytes"
	"unicode/utf8"
)

var textFunctions = []*Function{
	{name: "stringContains", tilde: true, params: twoTexts, result: BoolType, condition: buildSearch(contains, likeAnywhere)},
	{name: "startsWith", tilde: true, params: twoTexts, result: BoolType, condition: buildSearch(startsWith, (*Builder).HasPrefix)},
	{name: "endsWith", tilde: true, params: twoTexts, result: BoolType, condition: buildSearch(endsWith, likeAtEnd)},
	{name: "between", tilde: true, params: []Type{TextType, TextType, TextType, BoolType}, optional: 1, result: TextType,
		build: func(a []operand, fold bool) operand { return betweenOperand{a[0], a[1], a[2], a[3], fold} }},
	{name: "indexOf", tilde: true, params: []Type{TextType, TextType, NumberType}, optional: 1, result: NumberType,
		build: func(a []operand, fold bool) operand { return indexOfOperand{a[0], a[1], a[2], fold} }},
	{name: "substring", params: []Type{TextType, NumberType, NumberType}, optional: 1, result: TextType,
		build: func(a []operand, _ bool) operand { return substringOperand{a[0], a[1], a[2]} }},
	{name: "length", params: []Type{TextType}, result: NumberType,
		build: func(a []operand, _ bool) operand { return lengthOperand{a[0]} }},
	{name: "concat", params: []Type{AnyType}, variadic: true, result: TextType,
		build: func(a []operand, _ bool) operand { return concatOperand(a) }},
	{name: "string", params: []Type{AnyType}, result: TextType,
		build: func(a []operand, _ bool) operand { return concatOperand(a) }},
}

var twoTexts = []Type{TextType, TextType}

// searchText says whether the text contains, starts with or ends with another. It is the literal
// form of the three functions; the one that reads the other as a wildcard is a patternTest.
type searchText func(s, other []byte, fold bool) bool

func contains(s, other []byte, fold bool) bool {
	switch {
	case len(s) == 0 || len(other) == 0:
		return false // not even the empty text: so says Elasticsearch's reference
	case fold:
		i, _ := foldIndex(s, foldText(other))
		return i >= 0
	}
	return bytes.Contains(s, other)
}

func startsWith(s, other []byte, fold bool) bool {
	if fold {
		return foldPrefix(s, foldText(other)) >= 0
	}
	return bytes.HasPrefix(s, other)
}

func endsWith(s, other []byte, fold bool) bool {
	if !fold {
		return bytes.HasSuffix(s, other)
	}
	g := segment{pieces: []piece{{foldText(other)}}}
	g.measure(true)
	return len(other) == 0 || g.suffix(s, true)
}

// fieldQuery is what Elasticsearch runs for a search in a field for a constant.
type fieldQuery func(b *Builder, at Span, field Operand, text string, fold bool) (Condition, error)

// likeAnywhere is the wildcard query of stringContains. Elasticsearch puts the stars around the text
// before it looks at the text's own stars and backslashes, and so does this: a text that ends in a
// backslash takes the meaning from the star after it.
func likeAnywhere(b *Builder, at Span, field Operand, text string, fold bool) (Condition, error) {
	return b.Like(at, field, []string{"*" + text + "*"}, fold)
}

// likeAtEnd is the wildcard query of endsWith.
func likeAtEnd(b *Builder, at Span, field Operand, text string, fold bool) (Condition, error) {
	return b.Like(at, field, []string{"*" + text}, fold)
}

// buildSearch makes a search. If the text to search for is a constant and the other a field, the
// search is prepared once: this is where most rules spend their time.
func buildSearch(search searchText, query fieldQuery) func(*Builder, Span, []Operand, bool) (Condition, error) {
	return func(b *Builder, at Span, args []Operand, fold bool) (Condition, error) {
		other, fixed := args[1].Constant()
		switch {
		case fixed && other.kind == KindNull:
			return b.Always(at, Unknown), nil
		case fixed && args[0].IsField():
			return query(b, at, args[0], string(other.text), fold)
		}
		found := searchOperand{search, args[0].operand(), args[1].operand(), fold}
		return b.Truth(calculated(at, found, BoolType, args...))
	}
}

type searchOperand struct {
	search      searchText
	text, other operand
	fold        bool
}

func (o searchOperand) value(d Document) Value {
	s, other := o.text.value(d), o.other.value(d)
	if s.kind != KindText || other.kind != KindText {
		return Null()
	}
	return Bool(o.search(s.text, other.text, o.fold))
}

func isText(s, other []byte, fold bool) bool {
	if fold {
		return foldEqual(s, foldText(other))
	}
	return bytes.Equal(s, other)
}

// sameTextOperand is a search of one field in another, of which numbers and booleans are their text.
type sameTextOperand struct {
	search      searchText
	text, other operand
	fold        bool
}

func (o sameTextOperand) value(d Document) Value {
	s, other := o.text.value(d), o.other.value(d)
	if s.kind == KindNull || other.kind == KindNull {
		return Null()
	}
	for _, v := range []*Value{&s, &other} {
		if v.kind != KindText {
			*v = textOf(*v)
		}
	}
	return Bool(o.search(s.text, other.text, o.fold))
}

type betweenOperand struct {
	text, left, right, greedy operand
	fold                      bool
}

// value returns what is between left and the first right after it, or if greedy the last. It is the
// empty text if there is no left or no right, and the whole text if one of them is empty.
func (o betweenOperand) value(d Document) Value {
	s, left, right := o.text.value(d), o.left.value(d), o.right.value(d)
	if s.kind != KindText || left.kind != KindText || right.kind != KindText {
		return Null()
	}
	greedy := false
	if o.greedy != nil {
		g := o.greedy.value(d)
		if g.kind != KindBool {
			return Null()
		}
		greedy = g.Bool()
	}
	if len(s.text) == 0 || len(left.text) == 0 || len(right.text) == 0 {
		return s
	}
	l, r := left.text, right.text
	if o.fold {
		l, r = foldText(l), foldText(r)
	}
	_, start := findText(s.text, l, o.fold)
	if start < 0 {
		return Text(nil)
	}
	rest := s.text[start:]
	end, _ := findText(rest, r, o.fold)
	if end < 0 {
		return Text(nil)
	}
	if greedy {
		end = lastText(rest, r, end, o.fold)
	}
	return Text(rest[:end])
}

// findText finds other in s. For the form that ignores case it is folded.
func findText(s, other []byte, fold bool) (start, end int) {
	if fold {
		return foldIndex(s, other)
	}
	if i := bytes.Index(s, other); i >= 0 {
		return i, i + len(other)
	}
	return -1, -1
}

// lastText finds the last occurrence of other in s. One is known to be at from.
func lastText(s, other []byte, from int, fold bool) int {
	for {
		_, n := utf8.DecodeRune(s[from:])
		i, _ := findText(s[from+n:], other, fold)
		if i < 0 {
			return from
		}
		from += n + i
	}
}

type indexOfOperand struct {
	text, other, start operand
	fold               bool
}

// value returns the position of the first occurrence at or after start, counted in characters, or
// null if there is none.
func (o indexOfOperand) value(d Document) Value {
	s, other := o.text.value(d), o.other.value(d)
	if s.kind != KindText || other.kind != KindText {
		return Null()
	}
	from := int64(0)
	if o.start != nil {
		v := o.start.value(d)
		if v.kind != KindInt {
			return Null()
		}
		from = max(0, v.Int())
	}
	at, ok := offsetOf(s.text, from)
	if !ok {
		return Null()
	}
	t := other.text
	if o.fold {
		t = foldText(t)
	}
	i, _ := findText(s.text[at:], t, o.fold)
	if i < 0 {
		return Null()
	}
	return Int(from + int64(utf8.RuneCount(s.text[at:at+i])))
}

// offsetOf turns a position in characters into one in bytes. It reports false past the end.
func offsetOf(s []byte, position int64) (int, bool) {
	at := 0
	for ; position > 0; position-- {
		if at == len(s) {
			return 0, false
		}
		_, n := utf8.DecodeRune(s[at:])
		at += n
	}
	return at, true
}

type substringOperand struct{ text, start, end operand }

// value cuts out the characters from start to before end. Negative positions count from the end;
// positions outside the text are moved to its ends.
func (o substringOperand) value(d Document) Value {
	s, start := o.text.value(d), o.start.value(d)
	if s.kind != KindText || start.kind != KindInt {
		return Null()
	}
	length := int64(utf8.RuneCount(s.text))
	from, to := inside(start.Int(), length), length
	if o.end != nil {
		end := o.end.value(d)
		if end.kind != KindInt {
			return Null()
		}
		to = inside(end.Int(), length)
	}
	if from >= to {
		return Text(nil)
	}
	i, _ := offsetOf(s.text, from)
	n, _ := offsetOf(s.text[i:], to-from)
	return Text(s.text[i : i+n])
}

func inside(position, length int64) int64 {
	if position < 0 {
		position += length
	}
	return min(max(position, 0), length)
}

type lengthOperand struct{ text operand }

// value counts characters.
func (o lengthOperand) value(d Document) Value {
	s := o.text.value(d)
	if s.kind != KindText {
		return Null()
	}
	return Int(int64(utf8.RuneCount(s.text)))
}

// concatOperand is concat, and with one argument also string.
type concatOperand []operand

func (o concatOperand) value(d Document) Value {
	var b []byte
	for _, x := range o {
		v := x.value(d)
		switch {
		case v.kind == KindNull || v.kind == KindList:
			return Null()
		case v.kind == KindText && len(o) == 1:
			return v
		}
		b = v.appendPlain(b)
	}
	return Text(b)
}
